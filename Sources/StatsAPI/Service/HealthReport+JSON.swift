import JSON

extension HealthReport {
  /// `{"status":…,"timestamp":…,"version":…,"database":{…},"broker":{…},"processor":{…},"streams":[{…}]}`, and with reference data `"references":[{…}]`
  ///
  /// - Parameters:
  ///   - time: microseconds since 1970-01-01T00:00:00Z.
  ///   - namesServers: whether the reader may learn where the database and the brokers are, and who uses them, and what has
  ///     become of the definitions that somebody works on.
  func json(at time: Int64, version: String, namesServers: Bool) -> [UInt8] {
    var members = [
      JSONMember("status", .string(status.rawValue)),
      JSONMember("timestamp", .string(timestamp(microseconds: time))),
      JSONMember("version", .string(version)),
      JSONMember("database", database.json(namesServers: namesServers)),
      JSONMember("broker", broker.json(namesServers: namesServers)),
      JSONMember("processor", .object(processor.members)),
      JSONMember("streams", .array(streams.map(\.json))),
    ]
    if namesServers, let definitions { members.append(JSONMember("definitions", definitions)) }
    if !references.isEmpty {
      members.append(JSONMember("references", .array(references.map { $0.json(namesServers: namesServers) })))
    }
    var bytes: [UInt8] = []
    JSONValue.object(members).append(to: &bytes)
    return bytes
  }
}

extension HealthReport.Dependency {
  fileprivate func json(namesServers: Bool) -> JSONValue {
    // The text may hold addresses and names of users, also where it says what is wrong.
    let told = namesServers ? detail : isUp ? nil : "it cannot be used; the server's log says why"
    return .object([
      JSONMember("status", .string(isUp ? "up" : "down")),
      JSONMember("detail", told.map { .string($0) } ?? .null),
    ])
  }
}

extension HealthReport.Reference {
  fileprivate func json(namesServers: Bool) -> JSONValue {
    var members = [
      JSONMember("table", .string(table)), JSONMember("rows", .number(String(rows))),
      JSONMember("age_seconds", HealthReport.Processor.seconds(ageSeconds)),
    ]
    if let problem {
      members.append(
        JSONMember("detail", .string(namesServers ? problem : "it cannot be read; the server's log says why")))
    }
    return .object(members)
  }
}

extension HealthReport.Stream {
  fileprivate var json: JSONValue {
    .object([JSONMember("name", .string(name)), JSONMember("topic", .string(topic))] + processor.members)
  }
}

extension HealthReport.Processor {
  fileprivate var members: [JSONMember] {
    let problems = problems
    return [
      JSONMember("status", .string(word)),
      JSONMember("lag_records", lagRecords.map { .number(String($0)) } ?? .null),
      JSONMember("last_commit_age_seconds", Self.seconds(lastCommitAgeSeconds)),
      JSONMember("newest_event_age_seconds", Self.seconds(newestEventAgeSeconds)),
    ] + (problems.isEmpty ? [] : [JSONMember("detail", .string(problems.joined(separator: "; ")))])
  }

  /// In milliseconds' steps. JSON has no infinity, and a probe that divides may produce one.
  fileprivate static func seconds(_ age: Double?) -> JSONValue {
    guard let age, age.isFinite else { return .null }
    return .number("\((age * 1000).rounded() / 1000)")
  }

  private var word: String { state.rawValue }
}

extension HealthReport.Processor {
  /// What it is, in one word: the gravest that holds.
  public enum State: String, Sendable, CaseIterable {
    case ended, absent, waiting, held, stalled, rejecting, silent, running
  }

  public var state: State {
    if ending != nil { return .ended }
    if absence != nil { return .absent }
    if topicFault != nil { return .waiting }
    if !held.isEmpty { return .held }
    if !waiting.isEmpty { return .waiting }
    if isStalled { return .stalled }
    if deadShare != nil { return .rejecting }
    return silence == nil ? .running : .silent
  }
}

import JSON

extension HealthReport {
  /// `{"status":…,"timestamp":…,"version":…,"database":{…},"broker":{…},"processor":{…},"streams":[{…}]}`
  ///
  /// - Parameters:
  ///   - time: microseconds since 1970-01-01T00:00:00Z.
  ///   - namesServers: whether the reader may learn where the database and the brokers are, and who uses them.
  func json(at time: Int64, version: String, namesServers: Bool) -> [UInt8] {
    let value = JSONValue.object([
      JSONMember("status", .string(status.rawValue)),
      JSONMember("timestamp", .string(timestamp(microseconds: time))),
      JSONMember("version", .string(version)),
      JSONMember("database", database.json(namesServers: namesServers)),
      JSONMember("broker", broker.json(namesServers: namesServers)),
      JSONMember("processor", .object(processor.members)),
      JSONMember("streams", .array(streams.map(\.json))),
    ])
    var bytes: [UInt8] = []
    value.append(to: &bytes)
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

extension HealthReport.Stream {
  fileprivate var json: JSONValue {
    .object([JSONMember("name", .string(name)), JSONMember("topic", .string(topic))] + processor.members)
  }
}

extension HealthReport.Processor {
  fileprivate var members: [JSONMember] {
    // JSON has no infinity, and a probe that divides may produce one.
    let age = lastCommitAgeSeconds.flatMap { $0.isFinite ? $0 : nil }
    let problems = problems
    return [
      JSONMember("status", .string(word)),
      JSONMember("lag_records", lagRecords.map { .number(String($0)) } ?? .null),
      JSONMember("last_commit_age_seconds", age.map { .number("\(($0 * 1000).rounded() / 1000)") } ?? .null),
    ] + (problems.isEmpty ? [] : [JSONMember("detail", .string(problems.joined(separator: "; ")))])
  }

  private var word: String {
    if ending != nil { return "ended" }
    if topicFault != nil { return "waiting" }
    if !held.isEmpty { return "held" }
    if !waiting.isEmpty { return "waiting" }
    if isStalled { return "stalled" }
    return deadShare == nil ? "running" : "rejecting"
  }
}

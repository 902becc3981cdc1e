import Events

/// Schemas that become known while records are decoded: ids in Confluent framing that no file of the project maps.
extension AvroDecoder {
  /// Schemas that are learnt at most: each has a plan in memory.
  public static let maximumLearntSchemas = 5_000
  /// Ids without a schema that are remembered from one batch to the next.
  static let maximumRefusals = 10_000

  /// A record whose writer's schema has to be asked for.
  public struct UnknownSchema: Equatable, Sendable {
    /// The first such record of its run.
    public var row: Int
    public var id: UInt32
  }

  /// Whether a record can be of a schema that is not known.
  public var canLearn: Bool { framing == .confluent || framing == .auto }

  /// The first record of each run that names a schema of which nothing is known yet: neither a file, nor was it learnt
  /// or refused.
  ///
  /// Where the framing is `.auto`, a zero byte and a likely id are taken for Confluent framing. A look at five bytes of
  /// each record; next to nothing as long as all are of one schema.
  public func unknownSchemas(
    in records: UnsafeMutableBufferPointer<Record>, runs: some Sequence<Range<Int>>
  ) -> [UnknownSchema] {
    guard canLearn else { return [] }
    var found: [UnknownSchema] = []
    for run in runs {
      for row in run {
        guard let id = FrameHeader.confluentID(in: records[row].payloadBytes) else { continue }
        if let last = lastConfluentID, last.value == id { continue }
        if let route = index(confluentID: id) {
          lastConfluentID = (id, route)
        } else if refused[id] == nil, framing == .confluent || FrameHeader.isLikely(id: id) {
          found.append(UnknownSchema(row: row, id: id))
          break
        }
      }
    }
    return found
  }

  /// Takes up a writer's schema. Between batches.
  ///
  /// - Parameter name: names the schema in reasons for dead letters.
  public func learn(_ schema: AvroSchema, id: UInt32, name: String) {
    guard index(confluentID: id) == nil else { return }
    guard learnt.count < Self.maximumLearntSchemas else {
      refuse(id, .unresolvable, "\(name): more than \(Self.maximumLearntSchemas) schemas were met since the start")
      return
    }
    do {
      plans.append(try PlanCompiler.compile(writer: schema, reader: reader, specs: columns))
      learnt[id] = plans.count - 1
      refused[id] = nil
    } catch {
      refuse(id, .unresolvable, "written with \(name): \(error)")
    }
  }

  /// Makes the records of that id dead letters, from now on. Between batches.
  ///
  /// - Parameter code: `.unknownSchema`, when nobody knows the id: then a record may still be bare, where the framing is
  ///   `.auto`. `.unresolvable`, when its schema is of no use.
  public func refuse(_ id: UInt32, _ code: EventErrorCode, _ reason: String) {
    refused[id] = RowFailure(code: code, message: reason)
  }

  /// Lets the ids be asked for again that nobody knew.
  public func forgetUnknownSchemas() {
    refused = refused.filter { $0.value.code != .unknownSchema }
  }

  /// What is of no use is found out again.
  func forgetRefusals() {
    forgetUnknownSchemas()
    if refused.count > Self.maximumRefusals { refused = [:] }
  }
}

import Dataflow
import Events
import Formats
import Registry

/// Records whose writer's schema is not among the project's: a worker asks for it and never waits. A partition that needs
/// one which is not known yet stops before that record; all others go on.
///
/// Belongs to the worker's thread.
struct SchemaWait {
  private let schemas: any SchemaAnswers
  private let decoder: RecordDecoder
  /// When ids may be asked for again that nobody knew (monotonic microseconds); nil: there are none.
  private var forgetsAt: Int64?

  /// nil: no record can need a schema that is not known.
  init?(_ schemas: (any SchemaAnswers)?, for decoder: RecordDecoder) {
    guard let schemas, decoder.canLearn else { return nil }
    self.schemas = schemas
    self.decoder = decoder
  }

  /// Takes up the schemas of admitted records that are known by now, and stops the partitions whose next one is not.
  ///
  /// - Parameter last: of the record that was processed before this batch; nil when unknown.
  mutating func examine<Source>(
    _ records: UnsafeMutableBufferPointer<Record>, _ admitted: inout PartitionAdmission<Source>.Admitted,
    in admission: inout PartitionAdmission<Source>, topic: String, now: Int64,
    last: (TopicPartition) -> RecordFingerprint?
  ) {
    var unknown = decoder.unknownSchemas(in: records, runs: admitted.runs.lazy.map(\.rows))
    guard !unknown.isEmpty else { return }
    // Each round takes up one at least.
    while learn(Set(unknown.map(\.id)), now: now) {
      unknown = decoder.unknownSchemas(in: records, runs: admitted.runs.lazy.map(\.rows))
    }
    guard !unknown.isEmpty else { return }
    var awaited: [TopicPartition: (row: Int, id: UInt32)] = [:]
    for schema in unknown {
      let partition = TopicPartition(topic: topic, partition: records[schema.row].partition)
      // A partition may have several runs: the first such record counts.
      if awaited[partition] == nil { awaited[partition] = (schema.row, schema.id) }
    }
    admission.wait(for: awaited, in: &admitted, records, last: last)
    admission.report(problem: schemas.problem)
  }

  /// Returns whether any of them is known.
  private mutating func learn(_ ids: Set<UInt32>, now: Int64) -> Bool {
    var isAnyKnown = false
    for id in ids.sorted() {
      guard let answer = schemas.answer(id) else { continue }
      isAnyKnown = true
      decoder.learn(answer, id: id)
      if case .unknown = answer, forgetsAt == nil { forgetsAt = now + WriterSchemas.unknownValidity }
    }
    return isAnyKnown
  }

  /// Lets the partitions go on whose schema has come. The others are not silent: what they bring must not be late.
  mutating func serve<Source>(
    _ admission: inout PartitionAdmission<Source>, _ watermarks: inout WatermarkTracker, now: Int64
  ) {
    if let time = forgetsAt, now >= time {
      decoder.forgetUnknownSchemas()
      forgetsAt = nil
    }
    guard !admission.waiting.isEmpty else { return }
    for (partition, awaited) in admission.waiting.sorted(by: { $0.key < $1.key }) {
      watermarks.stayActive(partition.partition, now: now)
      if schemas.answer(awaited.id) != nil { admission.resume(partition) }
    }
    admission.report(problem: schemas.problem)
  }
}

import Events
import Kafka
import Observability
import Testing
import Threads

@testable import Processing
@testable import ProcessingTestSupport

/// A source whose logs are what the test says, and which notes what it is asked for.
private final class ScriptedSource: RecordSource {
  let topic = Bench.topic
  var logs: [TopicPartition: Range<Offset>] = [:]
  var policy = "delete"
  /// A rebalance waits for its answer: nothing can be read again or taken out.
  var isRebalancing = false
  /// The broker does not answer.
  var isAway = false
  private(set) var asked: [String] = []

  func take() -> [String] {
    defer { asked = [] }
    return asked
  }

  private func text(_ starts: [TopicPartition: Offset]) -> String {
    starts.sorted { $0.key < $1.key }.map { "\($0.key.partition)@\($0.value)" }.joined(separator: " ")
  }

  func subscribe() throws(KafkaError) {}
  func pollGroup() -> [GroupEvent] { [] }
  func assign(_ starts: [TopicPartition: Offset]) throws(KafkaError) { asked.append("assign \(text(starts))") }
  func unassign(_ partitions: [TopicPartition]) throws(KafkaError) {
    asked.append("unassign \(partitions.map(\.partition))")
  }
  func reread(_ partition: TopicPartition, from offset: Offset) throws(KafkaError) -> Bool {
    if !isRebalancing { asked.append("reread \(text([partition: offset]))") }
    return !isRebalancing
  }
  func withdraw(_ partition: TopicPartition) throws(KafkaError) -> Bool {
    if !isRebalancing { asked.append("withdraw \(partition.partition)") }
    return !isRebalancing
  }
  func consume(timeoutMilliseconds: Int32) throws(KafkaError) -> RecordBatch? { nil }
  func commit(_ next: [TopicPartition: Offset]) throws(KafkaError) {}
  func watermarkOffsets(of partition: TopicPartition) throws(KafkaError) -> WatermarkOffsets {
    guard !isAway, let log = logs[partition] else {
      throw KafkaError(code: "_TRANSPORT", message: "no answer", isRetriable: true)
    }
    return WatermarkOffsets(low: log.lowerBound, high: log.upperBound)
  }
  func cleanupPolicy() throws(KafkaError) -> CleanupPolicy { .known(policy) }
  func hasTransactions(
    in partition: TopicPartition, from first: Offset, to next: Offset
  ) throws(KafkaError) -> Bool { false }
}

/// Records are drawn as partition and offset; two of the same offset are the same record.
@Suite struct PartitionAdmissionTests {
  private let source = ScriptedSource()
  private let status = ProcessorStatus()
  private let observations = Monitor<[Observation]>([])
  private var admission: PartitionAdmission<ScriptedSource>

  init() {
    let observations = observations
    admission = PartitionAdmission(source, status: status) { observation in
      observations.update { $0.append(observation) }
    }
    source.logs = [0: 0..<100, 1: 0..<100]
  }

  private func record(_ partition: Int32, _ offset: Offset) -> Record {
    Record(payload: nil, payloadCount: 0, offset: offset, timestampMilliseconds: offset, partition: partition)
  }

  private func claim(_ partition: TopicPartition, at next: Offset, last: RecordFingerprint? = nil) -> PartitionClaim {
    PartitionClaim(partition: partition, next: next, epoch: 1, watermark: nil, last: last)
  }

  /// Returns what is kept as well.
  private mutating func admit(
    _ drawn: (Int32, Offset)...
  ) throws -> (PartitionAdmission<ScriptedSource>.Admitted, kept: [String]) {
    let records = UnsafeMutableBufferPointer<Record>.allocate(capacity: drawn.count)
    defer { records.deallocate() }
    for (index, (partition, offset)) in drawn.enumerated() {
      records.initializeElement(at: index, to: record(partition, offset))
    }
    let admitted = try admission.admit(records, now: 0)
    return (admitted, records.prefix(admitted.count).map { "\($0.partition):\($0.offset)" })
  }

  private func contains(_ isWanted: (Observation) -> Bool) -> Bool {
    observations.read { $0.contains(where: isWanted) }
  }

  @Test("a claim is read from its position, with the record before it where that still exists")
  mutating func start() throws {
    source.logs[1] = 7..<100
    let last = RecordFingerprint(record(0, 4))
    let started = try admission.start([claim(0, at: 5, last: last), claim(1, at: 7, last: last)])
    #expect(started.map(\.partition) == [0, 1])
    #expect(source.take() == ["assign 0@4 1@7"])
    #expect(status.current.partitions == [0, 1])
    #expect(try admit((0, 4), (0, 5), (1, 7)).kept == ["0:5", "1:7"])
    #expect(admission.expected == [0: 6, 1: 8])
  }

  // MARK: Schemas

  /// Lets partitions wait at these rows of what was drawn.
  private mutating func admit(
    waitingAt awaited: [TopicPartition: (row: Int, id: UInt32)], _ drawn: (Int32, Offset)...
  ) throws -> (PartitionAdmission<ScriptedSource>.Admitted, kept: [String]) {
    let records = UnsafeMutableBufferPointer<Record>.allocate(capacity: drawn.count)
    defer { records.deallocate() }
    for (index, (partition, offset)) in drawn.enumerated() {
      records.initializeElement(at: index, to: record(partition, offset))
    }
    var admitted = try admission.admit(records, now: 0)
    let last = RecordFingerprint(record(9, 9))
    admission.wait(for: awaited, in: &admitted, records) { _ in last }
    return (admitted, records.prefix(admitted.count).map { "\($0.partition):\($0.offset)" })
  }

  @Test("a partition that waits for a schema stops before that record, and is read again from there")
  mutating func waitsForSchema() throws {
    _ = try admission.start([claim(0, at: 5), claim(1, at: 7)])
    _ = source.take()
    let (admitted, kept) = try admit(
      waitingAt: [0: (2, 77)], (0, 5), (1, 7), (0, 6), (0, 7), (1, 8), (0, 8))
    #expect(kept == ["0:5", "1:7", "1:8"])
    #expect(admitted.count == 3)
    #expect(admitted.runs.map(\.rows) == [0..<1, 1..<3])
    #expect(admission.expected == [0: 6, 1: 9])
    #expect(admission.last(0) == RecordFingerprint(record(0, 5)))
    #expect(admission.waiting == [0: AwaitedSchema(id: 77, offset: 6)])
    admission.report(problem: "nobody answers")
    #expect(
      status.current.waiting[0]?.hasSuffix("the schema 77, which the schema registry has not given yet: nobody answers")
        == true)
    // What was under way is no record of it.
    #expect(try admit((0, 9), (1, 9)).kept == ["1:9"])
    try admission.catchUp()
    #expect(source.take() == ["withdraw 0"])
    admission.resume(0)
    #expect(admission.waiting == [:] && status.current.waiting == [:])
    #expect(try admit((0, 10)).kept == [])
    try admission.catchUp()
    #expect(source.take() == ["reread 0@6"])
    #expect(try admit((0, 6), (0, 7)).kept == ["0:6", "0:7"])
  }

  @Test("the record before is known also where the first record of a batch has to wait")
  mutating func waitsAtOnce() throws {
    _ = try admission.start([claim(0, at: 5)])
    _ = try admit(waitingAt: [0: (0, 77)], (0, 5), (0, 6))
    #expect(admission.expected == [0: 5])
    #expect(admission.last(0) == RecordFingerprint(record(9, 9)))
  }

  @Test("a wait that ends before the partition was taken out is a re-read alone")
  mutating func resumedAtOnce() throws {
    _ = try admission.start([claim(0, at: 5)])
    source.isRebalancing = true
    _ = try admit(waitingAt: [0: (0, 77)], (0, 5))
    try admission.catchUp()
    admission.resume(0)
    source.isRebalancing = false
    _ = source.take()
    try admission.catchUp()
    #expect(source.take() == ["reread 0@5"])
  }

  @Test("gaps behind the record that waits are found again, and a re-read of them is not made now")
  mutating func waitsBeforeGap() throws {
    source.policy = "compact"
    _ = try admission.start([claim(0, at: 0)])
    _ = try admit((0, 2))
    try admission.catchUp()
    // The gap before it is real; behind it is another one, which would have been read again.
    let (admitted, kept) = try admit(waitingAt: [0: (1, 77)], (0, 2), (0, 3), (0, 6))
    #expect(kept == ["0:2"])
    #expect(admitted.gaps.map(\.gap) == [OffsetGap(partition: 0, first: 0, next: 2)])
    _ = source.take()
    try admission.catchUp()
    #expect(source.take() == ["withdraw 0"])
    #expect(admission.expected == [0: 3])
  }

  @Test("a partition that is given back waits no more")
  mutating func waitsUntilReleased() throws {
    _ = try admission.start([claim(0, at: 5), claim(1, at: 5)])
    _ = try admit(waitingAt: [0: (0, 77), 1: (1, 77)], (0, 5), (1, 5))
    admission.report(problem: nil)
    try admission.release([0])
    #expect(admission.waiting.keys.sorted() == [1] && status.current.waiting.keys.sorted() == [1])
    admission.resume(0)
    _ = source.take()
    try admission.catchUp()
    #expect(source.take() == ["withdraw 1"])
  }

  @Test("without the broker's answer nothing is read, and no claim begins")
  mutating func noAnswer() throws {
    source.isAway = true
    #expect(throws: KafkaError.self) { _ = try admission.logStarts([0]) }
    #expect(throws: KafkaError.self) { _ = try admission.start([claim(0, at: 5)]) }
    #expect(source.take() == [])
  }

  @Test("a log that ends before the position holds its partition, and the others are read")
  mutating func truncated() throws {
    source.logs[1] = 0..<3
    let started = try admission.start([claim(0, at: 5), claim(1, at: 5)])
    #expect(started.map(\.partition) == [0])
    #expect(admission.held == [1])
    #expect(status.current.partitions == [0, 1])
    #expect(status.current.held[1]?.contains("ends at offset 3, but everything up to 5") == true)
    #expect(source.take() == ["assign 0@5"])
    try admission.catchUp()
    #expect(source.take() == ["withdraw 1"])
  }

  @Test("another record before the position holds the partition: nothing of the batch counts for it")
  mutating func replaced() throws {
    _ = try admission.start([claim(0, at: 5, last: RecordFingerprint(rawValue: 1)), claim(1, at: 0)])
    let (admitted, kept) = try admit((0, 4), (0, 5), (1, 0))
    #expect(kept == ["1:0"])
    #expect(admitted.held == [0])
    #expect(admission.held == [0])
    #expect(admission.expected == [1: 1])
  }

  @Test("repeats of a log that is shorter than the position hold the partition; other repeats are dropped")
  mutating func repeats() throws {
    _ = try admission.start([claim(0, at: 5), claim(1, at: 5)])
    source.logs[1] = 0..<2
    let (admitted, kept) = try admit((0, 3), (0, 5), (1, 0), (1, 1))
    #expect(kept == ["0:5"])
    #expect(admitted.held == [1])
    #expect(contains { if case .repeatsDropped(Bench.topic, 0, 1) = $0 { true } else { false } })
  }

  @Test("a gap is read again first, and the re-read waits for a rebalance")
  mutating func reread() throws {
    _ = try admission.start([claim(0, at: 5)])
    _ = source.take()
    #expect(try admit((0, 5), (0, 9)).kept == ["0:5"])
    source.isRebalancing = true
    try admission.catchUp()
    // Still of the fetch before.
    #expect(try admit((0, 10)).kept == [])
    source.isRebalancing = false
    try admission.catchUp()
    #expect(source.take() == ["reread 0@6"])
    let (admitted, kept) = try admit((0, 6), (0, 7))
    #expect(kept == ["0:6", "0:7"])
    #expect(admitted.gaps == [])
  }

  @Test("a gap that stays and that the broker explains is named before the records after it")
  mutating func explainedGap() throws {
    _ = try admission.start([claim(0, at: 5)])
    _ = try admit((0, 9))
    try admission.catchUp()
    source.logs[0] = 7..<100
    source.policy = "compact"
    let (admitted, kept) = try admit((0, 9), (0, 10))
    #expect(kept == ["0:9", "0:10"])
    #expect(
      admitted.gaps == [
        ExplainedGap(gap: OffsetGap(partition: 0, first: 5, next: 7), reason: .expired),
        ExplainedGap(gap: OffsetGap(partition: 0, first: 7, next: 9), reason: .compacted),
      ])
    #expect(admitted.held == [])
    #expect(contains { if case .recordsExpired(Bench.topic, 0, 5, 6) = $0 { true } else { false } })
  }

  @Test("a gap that nothing explains holds the partition before it; what has expired of it is still named")
  mutating func unexplainedGap() throws {
    _ = try admission.start([claim(0, at: 5)])
    _ = try admit((0, 9))
    try admission.catchUp()
    source.logs[0] = 7..<100
    let (admitted, kept) = try admit((0, 9), (0, 10))
    #expect(kept == [])
    #expect(admitted.gaps.map(\.reason) == [.expired])
    #expect(admitted.held == [0])
    #expect(status.current.held[0]?.contains("offsets 7 to 8 of partition 0 of content-downloads are missing") == true)
  }

  @Test("what is given back is neither read nor held nor read again, and may be claimed anew")
  mutating func release() throws {
    source.logs[1] = 0..<3
    _ = try admission.start([claim(0, at: 5), claim(1, at: 5)])
    _ = try admit((0, 9))
    _ = source.take()
    try admission.release([0, 1])
    #expect(source.take() == ["unassign [0, 1]"])
    #expect(status.current.partitions == [])
    #expect(status.current.held == [:])
    #expect(contains { if case .partitionsRevoked(Bench.topic, [0, 1]) = $0 { true } else { false } })
    try admission.catchUp()
    #expect(source.take() == [])
    #expect(try admit((0, 5), (1, 5)).kept == [])
    _ = try admission.start([claim(0, at: 5)])
    #expect(try admit((0, 5)).kept == ["0:5"])
  }

  @Test("a partition that was revoked before its claim was answered is given back without a word")
  mutating func neverStarted() throws {
    try admission.release([0])
    #expect(source.take() == ["unassign [0]"])
    #expect(observations.read { $0.count } == 0)
  }
}

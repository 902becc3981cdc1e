import Dataflow
import Events
import Kafka
import Observability

/// Which partitions a worker reads and which of their records count: started at their claims, checked against the
/// expected offsets, read again, held for an operator, given back.
///
/// What the worker keeps for a partition beyond its positions (rows, watermark, the open checkpoint) is its own matter:
/// each call returns what that needs. Belongs to the worker's thread. An error ends the worker: what is read is unknown
/// then.
struct PartitionAdmission<Source: RecordSource> {
  /// What a batch of records came to.
  struct Admitted {
    /// How many records remain, at the front of the buffer.
    var count = 0
    /// The remaining records by partition, in order.
    var runs: [PartitionRun] = []
    /// Offsets that do not exist, as the broker explains them; they come before the runs of their partitions.
    var gaps: [ExplainedGap] = []
    /// Partitions that are held from now on.
    var held: [TopicPartition] = []
  }

  private let source: Source
  private let status: ProcessorStatus
  private let observe: @Sendable (Observation) -> Void
  private var tracker = OffsetTracker()
  private var examiner = GapExaminer()
  /// Partitions that are ours but wait for an operator.
  private(set) var held: Set<TopicPartition> = []
  /// Partitions that wait for a schema, and where they go on.
  private(set) var waiting: [TopicPartition: AwaitedSchema] = [:]
  /// Held or waiting ones whose fetching has not been ended yet, because a rebalance was waiting for its answer.
  private var pendingWithdrawals: Set<TopicPartition> = []
  /// As they were before the partitions were claimed.
  private var logs: [TopicPartition: WatermarkOffsets] = [:]
  /// Re-reads that could not start because a rebalance was waiting for its answer.
  private var pendingRereads: [TopicPartition: Offset] = [:]

  init(_ source: Source, status: ProcessorStatus, observe: @escaping @Sendable (Observation) -> Void) {
    self.source = source
    self.status = status
    self.observe = observe
  }

  /// The next offset expected of each partition that is read.
  var expected: [TopicPartition: Offset] { tracker.expected }

  /// Of the last record that was admitted of the partition; nil when unknown.
  func last(_ partition: TopicPartition) -> RecordFingerprint? { tracker.last(partition) }

  /// Read or held.
  private var assigned: [TopicPartition] { held.union(tracker.expected.keys).sorted() }

  // MARK: From the claim to the release

  /// Where the logs begin: there a claim begins that is the first of its partition.
  mutating func logStarts(_ partitions: [TopicPartition]) throws(KafkaError) -> [TopicPartition: Offset] {
    logs = try source.watermarkOffsets(of: partitions)
    return logs.mapValues(\.low)
  }

  /// Begins to read. Without an answer of the broker a partition is not read at all: a log that ends before our position
  /// is not the one that we have read.
  /// - Returns: the claims that are read; the others are held.
  mutating func start(_ claims: [PartitionClaim]) throws(KafkaError) -> [PartitionClaim] {
    var started: [PartitionClaim] = []
    var starts: [TopicPartition: Offset] = [:]
    defer { logs = [:] }
    for claim in claims {
      let log = try logNow(claim)
      guard log.high >= claim.next else {
        hold(claim.partition, .truncated(end: log.high, position: claim.next))
        continue
      }
      tracker.assign(claim.partition, next: claim.next, last: claim.last)
      // The last record that was counted comes along, where it still exists, to be compared: this is the log's identity.
      starts[claim.partition] = claim.last != nil && log.low < claim.next ? claim.next - 1 : claim.next
      started.append(claim)
    }
    try source.assign(starts)
    status.update { $0.partitions = assigned }
    claims.map(\.partition).observations(Observation.partitionsAssigned).forEach(observe)
    return started
  }

  /// While a partition stands still there is no time to ask again for what is known. The former owner may have read on
  /// until it was claimed: then the log is longer now, or not the one that was read.
  private func logNow(_ claim: PartitionClaim) throws(KafkaError) -> WatermarkOffsets {
    if let log = logs[claim.partition], log.high >= claim.next { return log }
    return try source.watermarkOffsets(of: claim.partition)
  }

  /// Stops reading a partition, which stays ours: what was read before is committed, and the others go on. The way on is
  /// a statement that raises its epoch; that fences this worker, and the next one begins at the new position.
  private mutating func hold(_ partition: TopicPartition, _ fault: PartitionFault) {
    held.insert(partition)
    pendingWithdrawals.insert(partition)
    tracker.release(partition)
    pendingRereads[partition] = nil
    let text = fault.text(status.books, cluster: status.current.cluster ?? "", partition)
    status.update { $0.held[partition] = text }
    observe(.partitionHeld(topic: partition.topic, partition: partition.partition, reason: text))
  }

  /// Gives partitions back, those also that were never started because they were revoked before their claim was answered.
  mutating func release(_ partitions: [TopicPartition]) throws(KafkaError) {
    let released = assigned.filter(partitions.contains)
    for partition in partitions {
      tracker.release(partition)
      pendingRereads[partition] = nil
      held.remove(partition)
      waiting[partition] = nil
      pendingWithdrawals.remove(partition)
    }
    try source.unassign(partitions)
    status.update { status in
      status.partitions = assigned
      status.held = status.held.filter { held.contains($0.key) }
      status.waiting = status.waiting.filter { waiting[$0.key] != nil }
    }
    released.observations(Observation.partitionsRevoked).forEach(observe)
  }

  // MARK: Records

  /// Does what the source has to be told before it is asked for records, as far as no rebalance waits for its answer.
  mutating func catchUp() throws(KafkaError) {
    for partition in pendingWithdrawals.sorted() where try source.withdraw(partition) {
      pendingWithdrawals.remove(partition)
    }
    for (partition, offset) in pendingRereads.sorted(by: { $0.key < $1.key }) {
      if try source.reread(partition, from: offset) {
        pendingRereads[partition] = nil
        tracker.rereadStarted(partition)
      }
    }
  }

  /// Keeps the records that continue their partitions, compacted to the front of `records`. Once admitted, they have to
  /// be counted: they are not read again.
  /// - Parameter now: monotonic, in microseconds.
  mutating func admit(
    _ records: UnsafeMutableBufferPointer<Record>, now: Int64
  ) throws(KafkaError) -> Admitted {
    var admission = tracker.admit(records, topic: source.topic)
    var admitted = Admitted()
    var faults = admission.replaced.mapValues { PartitionFault.replaced(position: $0 + 1) }
    for (partition, count) in admission.repeats.sorted(by: { $0.key < $1.key }) {
      observe(.repeatsDropped(topic: partition.topic, partition: partition.partition, count: count))
      // Repeats are what a log looks like, too, that was made anew and is shorter than our position.
      guard let position = tracker.expected[partition] else { continue }
      let log = try source.watermarkOffsets(of: partition)
      if log.high < position { faults[partition] = .truncated(end: log.high, position: position) }
    }
    for gap in admission.gaps where faults[gap.partition] == nil {
      let (explained, fault) = try examiner.examine(gap, source, now: now)
      explained.forEach(announce)
      admitted.gaps += explained
      faults[gap.partition] = fault
    }
    for (partition, fault) in faults.sorted(by: { $0.key < $1.key }) {
      hold(partition, fault)
      admitted.held.append(partition)
    }
    // A partition's gap comes before all that was admitted of it.
    if !faults.isEmpty { tracker.withdraw(Set(faults.keys), from: &admission, records) }
    pendingRereads.merge(admission.rereads) { $1 }
    for (partition, offset) in admission.rereads.sorted(by: { $0.key < $1.key }) {
      observe(.rereading(topic: partition.topic, partition: partition.partition, from: offset))
    }
    admitted.count = admission.count
    admitted.runs = admission.runs
    return admitted
  }

  // MARK: Schemas

  /// Stops reading partitions whose next record cannot be decoded yet, and takes that record and all behind it out of
  /// what was admitted. Nothing of them is lost or kept in memory: they are read again after `resume`.
  ///
  /// - Parameters:
  ///   - awaited: by partition, the row of the record and the id of its schema.
  ///   - last: of the record that was admitted before this batch; nil when unknown.
  mutating func wait(
    for awaited: [TopicPartition: (row: Int, id: UInt32)], in admitted: inout Admitted,
    _ records: UnsafeMutableBufferPointer<Record>, last: (TopicPartition) -> RecordFingerprint?
  ) {
    for (partition, (row, id)) in awaited.sorted(by: { $0.key < $1.key }) {
      let offset = records[row].offset
      let before = admitted.runs.last { $0.partition == partition.partition && $0.rows.lowerBound < row }
      let kept = before.map { RecordFingerprint(records[min($0.rows.upperBound, row) - 1]) }
      tracker.rewind(partition, to: offset, last: kept ?? last(partition))
      // Gaps behind it are found again.
      admitted.gaps.removeAll { $0.gap.partition == partition && $0.gap.first > offset }
      pendingRereads[partition] = nil
      pendingWithdrawals.insert(partition)
      waiting[partition] = AwaitedSchema(id: id, offset: offset)
      observe(
        .schemaAwaited(topic: partition.topic, partition: partition.partition, offset: offset, id: id))
    }
    let cuts = awaited.map { ($0.key.partition, $0.value.row) }
    admitted.count = admitted.runs.cut(Dictionary(uniqueKeysWithValues: cuts), records)
  }

  /// Reads a partition again that has waited, from the record on that it waited at.
  mutating func resume(_ partition: TopicPartition) {
    guard let awaited = waiting.removeValue(forKey: partition) else { return }
    pendingWithdrawals.remove(partition)
    pendingRereads[partition] = awaited.offset
    status.update { $0.waiting[partition] = nil }
  }

  /// Tells who waits, and why.
  func report(problem: String?) {
    guard !waiting.isEmpty else { return }
    var texts: [TopicPartition: String] = [:]
    for (partition, awaited) in waiting { texts[partition] = awaited.text(partition, problem: problem) }
    status.update { [texts] in $0.waiting = texts }
  }

  private func announce(_ explained: ExplainedGap) {
    let (partition, first, last) = (explained.gap.partition, explained.gap.first, explained.gap.next - 1)
    switch explained.reason {
    case .expired:
      observe(.recordsExpired(topic: partition.topic, partition: partition.partition, first: first, last: last))
    case .compacted, .transaction:
      observe(
        .gapFound(
          topic: partition.topic, partition: partition.partition, first: first, last: last,
          reason: explained.reason.rawValue))
    }
  }
}

extension Sequence<TopicPartition> {
  /// What is said of them: once for each topic.
  func observations(_ observation: (_ topic: String, _ partitions: [Int32]) -> Observation) -> [Observation] {
    byTopic(\.self).map { observation($0.topic, $0.elements.map(\.partition)) }
  }
}

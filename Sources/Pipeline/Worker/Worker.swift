import Avro
import Dataflow
import Events
import Kafka
import Observability
import Plan

/// How a worker ended.
package enum WorkerEnd: Sendable {
  case stopped
  /// Uncommitted work was given up; a new worker takes it up at the committed positions.
  case abandoned(CheckpointProtocol.AbandonReason)
  case failed(PipelineError)
}

/// Reads a stream's partitions, keeps its aggregates and hands checkpoints to the sink: one thread, one plain loop.
///
/// Everything in it belongs to that thread. What to do next is decided by `CheckpointProtocol`; this carries it out.
/// Generic, so that the simulation runs the same code and production pays nothing for it.
package final class Worker<Source: RecordSource, Sink: CheckpointSink, Time: TimeSource> {
  private let plan: StreamPlan
  private let consumer: Source
  private let decoder: AvroDecoder
  private let sink: Sink
  private let time: Time
  private let observe: @Sendable (Observation) -> Void
  private let shouldStop: @Sendable () -> Bool
  private let status: ProcessorStatus
  private let servers: String

  private let batch: EventBatch
  private let windows: WindowOperator
  private var tracker = OffsetTracker()
  private var watermarks: WatermarkTracker
  private var open: OpenEpoch
  private var checkpoints: CheckpointProtocol
  private var deadLetters: [DeadLetter] = []
  private var deadLetterBytes = 0
  private var gaps: [ExplainedGap] = []
  private var examiner = GapExaminer()
  /// Partitions that are ours but wait for an operator.
  private var held: Set<Int32> = []
  /// Of these, the ones whose fetching has not been ended yet, because a rebalance was waiting for its answer.
  private var pendingWithdrawals: Set<Int32> = []
  /// Re-reads that could not start because a rebalance was waiting for its answer.
  private var pendingRereads: [Int32: Offset] = [:]
  private var watermark: Int64?
  private var lastRecord: Int64
  private var isBrokerDown = false
  private var flushStarted: Int64 = 0
  /// After this much silence every window has closed, and the watermark need not be stored any more.
  private let quietAfter: Int64
  private var lastRound: Int64
  private var couldRead = true

  /// - Parameter seed: of the hash functions.
  package init(
    plan: StreamPlan, consumer: Source, decoder: AvroDecoder, sink: Sink, time: Time, settings: ProcessorSettings,
    status: ProcessorStatus, seed: UInt64, shouldStop: @escaping @Sendable () -> Bool,
    observe: @escaping @Sendable (Observation) -> Void
  ) {
    servers = settings.kafka.bootstrapServers
    self.plan = plan
    self.consumer = consumer
    self.decoder = decoder
    self.sink = sink
    self.time = time
    self.status = status
    self.shouldStop = shouldStop
    self.observe = observe
    batch = EventBatch(specs: plan.columns, capacity: min(settings.batchSize, settings.sliceSize))
    windows = WindowOperator(plan, batch: batch, seed: seed)
    let definition = plan.definition
    watermarks = WatermarkTracker(
      outOfOrdernessMicroseconds: definition.outOfOrdernessMicroseconds,
      idleTimeoutMicroseconds: definition.idleTimeoutMicroseconds)
    open = OpenEpoch(aggregateCount: plan.aggregates.count)
    let now = time.monotonic()
    checkpoints = CheckpointProtocol(limits: settings.limits, now: now)
    lastRecord = now
    lastRound = now
    let longestWindow = plan.aggregates.map(\.window.sizeMicroseconds).max() ?? 0
    quietAfter = definition.idleTimeoutMicroseconds + 2 * longestWindow + definition.outOfOrdernessMicroseconds
  }

  /// Runs until it is stopped or must be made anew. Blocks its thread.
  package func run() -> WorkerEnd {
    do throws(PipelineError) {
      try begin()
      while true {
        if let end = try step() { return end }
      }
    } catch {
      return .failed(error)
    }
  }

  /// Joins the group.
  package func begin() throws(PipelineError) {
    do throws(KafkaError) {
      try consumer.subscribe()
    } catch {
      throw .kafka(error)
    }
    lastRound = time.monotonic()
  }

  /// One round of the loop: hears what happened and does what is next. Returns how the worker ended, when it did.
  package func step() throws(PipelineError) -> WorkerEnd? {
    let now = time.monotonic()
    // Time in which nothing could arrive is no silence: windows must not close over a backlog.
    if !couldRead || isBrokerDown { watermarks.skip(now - lastRound) }
    lastRound = now
    couldRead = true
    if shouldStop() { checkpoints.stopRequested(now: now) }
    try serveGroup(now)
    try serveSink(now)
    watermark = watermarks.advance(now: now)
    let facts = facts(now)
    switch checkpoints.decide(facts) {
    case .read: try read(timeout: checkpoints.readTimeout(facts))
    case .wait:
      couldRead = false
      try finish(sink.outcome(timeoutMilliseconds: 10))
    case .claim(let partitions): try claim(partitions)
    case .flush: flush(now)
    case .release(let partitions): try release(partitions)
    case .stop: return .stopped
    case .abandon(let reason): return .abandoned(reason)
    }
    return nil
  }

  /// The offsets up to which records have been taken in, committed or not.
  package var positions: [Int32: Offset] { tracker.expected }

  private func facts(_ now: Int64) -> CheckpointProtocol.Facts {
    CheckpointProtocol.Facts(
      now: now, unsealedOffsets: open.unsealedOffsets,
      // A held partition asks now and then whether it has been set free.
      hasWatermarkNews: now - lastRecord < quietAfter && !open.assigned.isEmpty || !held.isEmpty,
      groupCount: windows.groupCount, byteCount: windows.memory + deadLetterBytes, silence: now - lastRecord)
  }

  // MARK: The group

  private func serveGroup(_ now: Int64) throws(PipelineError) {
    for event in consumer.pollGroup() {
      switch event {
      case .assign(let partitions):
        checkpoints.assigned(partitions)
      case .revoke(let partitions):
        checkpoints.revoked(partitions, now: now)
      case .lost(let partitions):
        observe(.partitionsLost(topic: consumer.topic, partitions: partitions))
        checkpoints.lost()
      case .brokersDown(let error):
        isBrokerDown = true
        status.update { $0.brokerProblem = error.description }
        observe(.brokerDown(reason: error.description))
      case .brokersUp:
        isBrokerDown = false
        status.update { $0.brokerProblem = nil }
        observe(.brokerUp(server: servers))
      case .failed(let error):
        if error.isFatal || error.isMisconfiguration { throw .kafka(error) }
        observe(.brokerFault(reason: error.description))
      }
    }
  }

  private func claim(_ partitions: [Int32]) throws(PipelineError) {
    var starts: [Int32: Offset] = [:]
    for partition in partitions {
      do {
        starts[partition] = try consumer.watermarkOffsets(partition: partition).low
      } catch {
        // The broker is away: the claim waits, and is tried again a little later.
        guard error.isRetriable else { throw .kafka(error) }
        checkpoints.claimFailed(now: time.monotonic())
        return
      }
    }
    checkpoints.submitted(.claim(partitions), now: time.monotonic())
    sink.submit(.claim(starts))
  }

  private func start(_ claims: [PartitionClaim]) throws(PipelineError) {
    let now = time.monotonic()
    // What was revoked while the claim was under way is not ours to read; the next owner claims it again.
    let claims = claims.filter { checkpoints.isWanted($0.partition) }
    // Then the group waits for the answer to the revocation, which `release` gives.
    guard !claims.isEmpty else { return }
    var starts: [Int32: Offset] = [:]
    for claim in claims {
      open.assign(claim, now: now)
      let log = try logRange(claim.partition)
      guard log.high >= claim.next else {
        hold(claim.partition, .truncated(end: log.high, position: claim.next))
        continue
      }
      tracker.assign(claim.partition, next: claim.next, last: claim.last)
      watermarks.assign(claim.partition, watermark: claim.watermark, now: now)
      // The last record that was counted comes along, where it still exists, to be compared: this is the log's identity.
      starts[claim.partition] = claim.last != nil && log.low < claim.next ? claim.next - 1 : claim.next
    }
    do {
      try consumer.assign(starts)
    } catch {
      throw .kafka(error)
    }
    lastRecord = now
    status.update { $0.partitions = open.assigned }
    observe(.partitionsAssigned(topic: consumer.topic, partitions: claims.map(\.partition)))
  }

  /// Without an answer of the broker a partition is not read at all: a log that ends before our position is not the one
  /// that we have read.
  private func logRange(_ partition: Int32) throws(PipelineError) -> WatermarkOffsets {
    do {
      return try consumer.watermarkOffsets(partition: partition)
    } catch {
      throw .kafka(error)
    }
  }

  /// Stops reading a partition, which stays ours: what was read before is committed, and the others go on. The way on is
  /// a statement that raises its epoch; that fences this worker, and the next one begins at the new position.
  private func hold(_ partition: Int32, _ fault: PartitionFault) {
    held.insert(partition)
    pendingWithdrawals.insert(partition)
    tracker.release(partition)
    watermarks.release(partition)
    pendingRereads[partition] = nil
    let text = fault.text(cluster: status.current.cluster ?? "", topic: consumer.topic, partition: partition)
    status.update { $0.held[partition] = text }
    observe(.partitionHeld(topic: consumer.topic, partition: partition, reason: text))
  }

  private func release(_ partitions: [Int32]) throws(PipelineError) {
    // Those that were revoked before their claim was answered have never been assigned.
    let assigned = open.assigned.filter(partitions.contains)
    for partition in partitions {
      open.release(partition)
      tracker.release(partition)
      watermarks.release(partition)
      pendingRereads[partition] = nil
      held.remove(partition)
      pendingWithdrawals.remove(partition)
    }
    do {
      try consumer.unassign(partitions)
    } catch {
      throw .kafka(error)
    }
    checkpoints.released()
    status.update { status in
      status.partitions = open.assigned
      status.held = status.held.filter { held.contains($0.key) }
    }
    if !assigned.isEmpty { observe(.partitionsRevoked(topic: consumer.topic, partitions: assigned)) }
  }

  // MARK: Reading

  private func read(timeout: Int64) throws(PipelineError) {
    do throws(KafkaError) {
      for partition in pendingWithdrawals.sorted() where try consumer.withdraw(partition: partition) {
        pendingWithdrawals.remove(partition)
      }
      for (partition, offset) in pendingRereads.sorted(by: { $0.key < $1.key }) {
        if try consumer.reread(partition: partition, from: offset) {
          pendingRereads[partition] = nil
          tracker.rereadStarted(partition)
        }
      }
    } catch {
      // Whether the partition is still read is unknown.
      throw .kafka(error)
    }
    let records: RecordBatch?
    do throws(KafkaError) {
      // Rounded up: to ask again and again within the last millisecond would keep a core busy.
      records = try consumer.consume(timeoutMilliseconds: Int32((timeout + 999) / 1000))
    } catch {
      if error.isFatal || !error.isRetriable { throw .kafka(error) }
      observe(.brokerFault(reason: error.description))
      return
    }
    // Once admitted, records are processed or everything uncommitted is given up: an error here ends the worker.
    if let records { try process(records) }
  }

  private func process(_ records: consuming RecordBatch) throws(PipelineError) {
    var admission = tracker.admit(records.records)
    var faults = admission.replaced.mapValues { PartitionFault.replaced(position: $0 + 1) }
    for partition in admission.repeats.keys.sorted() {
      let count = admission.repeats[partition] ?? 0
      observe(.repeatsDropped(topic: consumer.topic, partition: partition, count: count))
      // Repeats are what a log looks like, too, that was made anew and is shorter than our position.
      guard let position = tracker.expected[partition] else { continue }
      let log = try logRange(partition)
      if log.high < position { faults[partition] = .truncated(end: log.high, position: position) }
    }
    for gap in admission.gaps where faults[gap.partition] == nil {
      faults[gap.partition] = try examine(gap)
    }
    for (partition, fault) in faults.sorted(by: { $0.key < $1.key }) { hold(partition, fault) }
    // A partition's gap comes before all that was admitted of it.
    if !faults.isEmpty { tracker.withdraw(Set(faults.keys), from: &admission, records.records) }
    pendingRereads.merge(admission.rereads) { $1 }
    for (partition, offset) in admission.rereads.sorted(by: { $0.key < $1.key }) {
      observe(.rereading(topic: consumer.topic, partition: partition, from: offset))
    }
    guard admission.count > 0 else { return }
    let admitted = UnsafeMutableBufferPointer(rebasing: records.records[..<admission.count])
    lastRecord = time.monotonic()
    for slice in batch.slices(of: admitted.count) {
      decoder.decode(admitted, slice, into: batch)
      aggregate(admission.runs.compactMap { $0.clipped(to: slice) })
      putAside(records, from: slice.lowerBound)
    }
  }

  private func aggregate(_ runs: [PartitionRun]) {
    let counts = windows.process(batch, runs: runs, now: time.wall(), watermark: watermark)
    for (run, count) in zip(runs, counts) {
      open.record(run, count, last: tracker.last(run.partition))
      if let latest = count.maxEventTime { watermarks.observe(run.partition, maxEventTime: latest, now: lastRecord) }
    }
  }

  /// Keeps the dead letters of the batch, whose row 0 is the record at `first`.
  private func putAside(_ records: borrowing RecordBatch, from first: Int) {
    for failure in batch.failures {
      let record = records.records[first + failure.row]
      putAside(
        DeadLetter(
          record, headers: records.headers(of: record), schemaID: decoder.confluentID(of: record), code: failure.code,
          reason: failure.message))
    }
    for event in windows.lateEvents {
      let record = records.records[first + event.row]
      let aggregate = plan.aggregates[event.aggregate].name
      putAside(
        DeadLetter(
          record, headers: records.headers(of: record), schemaID: decoder.confluentID(of: record), code: .late,
          reason: event.reason(aggregate), late: (aggregate, event.windowStart)))
    }
  }

  private func putAside(_ letter: DeadLetter) {
    deadLetterBytes += letter.byteCount
    deadLetters.append(letter)
  }

  /// Records what the broker explains of a gap; the rest is returned as a fault.
  private func examine(_ gap: OffsetGap) throws(PipelineError) -> PartitionFault? {
    do {
      let (explained, fault) = try examiner.examine(gap, consumer, now: time.monotonic())
      explained.forEach(record)
      return fault
    } catch {
      throw .kafka(error)
    }
  }

  private func record(_ explained: ExplainedGap) {
    gaps.append(explained)
    open.record(explained.gap)
    let (partition, first, last) = (explained.gap.partition, explained.gap.first, explained.gap.next - 1)
    switch explained.reason {
    case .expired:
      observe(.recordsExpired(topic: consumer.topic, partition: partition, first: first, last: last))
    case .compacted, .transaction:
      observe(
        .gapFound(
          topic: consumer.topic, partition: partition, first: first, last: last, reason: explained.reason.rawValue))
    }
  }

  // MARK: The sink

  private func flush(_ now: Int64) {
    let advances = open.seal(
      now: now, watermark: { watermarks.stored($0) }, isIdle: { held.contains($0) || watermarks.isIdle($0) },
      isHeld: held.contains)
    checkpoints.submitted(.flush, now: now)
    guard !advances.isEmpty else {
      checkpoints.sinkFinished()
      return
    }
    let checkpoint = Checkpoint(
      advances: advances, deltas: windows.drain(), deadLetters: deadLetters, gaps: gaps)
    deadLetters = []
    deadLetterBytes = 0
    gaps = []
    flushStarted = now
    sink.submit(.commit(checkpoint))
  }

  private func seconds(since start: Int64) -> Double {
    Double(time.monotonic() - start) / 1_000_000
  }

  private func serveSink(_ now: Int64) throws(PipelineError) {
    if checkpoints.isSinkBusy { try finish(sink.outcome(timeoutMilliseconds: 0)) }
  }

  private func finish(_ outcome: SinkOutcome?) throws(PipelineError) {
    switch outcome {
    case nil: return
    case .claimed(let claims):
      checkpoints.sinkFinished()
      try start(claims)
    case .committed(let checkpoint):
      checkpoints.sinkFinished()
      // For lag tools only; a failure costs nothing, since nobody reads it back.
      try? consumer.commit(Dictionary(uniqueKeysWithValues: checkpoint.advances.map { ($0.partition, $0.next) }))
      status.committed(checkpoint, now: time.wall())
      observe(checkpoint.observation(stream: plan.definition.name, seconds: seconds(since: flushStarted)))
      if !checkpoint.deadLetters.isEmpty {
        let codes = checkpoint.deadLetters.reduce(into: [:]) { $0[$1.code.rawValue, default: 0] += 1 }
        observe(.deadLettersWritten(stream: plan.definition.name, codes: codes))
      }
    case .fenced(let message):
      checkpoints.fenced(message)
    case .redefined(let change):
      throw .definition(change)
    }
  }
}

extension WindowAssigner {
  var sizeMicroseconds: Int64 {
    switch self {
    case .tumble(let size): size
    }
  }
}

extension Checkpoint {
  /// What is said of it when it has been committed.
  func observation(stream: String, seconds: Double) -> Observation {
    var filtered = 0
    var late = 0
    for aggregate in advances.flatMap(\.counts.aggregates) {
      filtered += aggregate.filtered
      late += aggregate.late
    }
    return .flushCommitted(
      stream: stream, events: recordCount, rows: deltas.reduce(0) { $0 + $1.rowCount }, filtered: filtered, late: late,
      dead: deadLetters.count, seconds: seconds)
  }
}

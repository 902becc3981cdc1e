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
    batch = EventBatch(specs: plan.columns, capacity: settings.batchSize)
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
      hasWatermarkNews: now - lastRecord < quietAfter && !open.assigned.isEmpty,
      groupCount: windows.groupCount, byteCount: windows.memory + deadLetterBytes)
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
    for claim in claims {
      try checkLog(claim.partition, position: claim.next)
      open.assign(claim, now: now)
      tracker.assign(claim.partition, next: claim.next)
      watermarks.assign(claim.partition, watermark: claim.watermark, now: now)
    }
    do {
      try consumer.assign(Dictionary(uniqueKeysWithValues: claims.map { ($0.partition, $0.next) }))
    } catch {
      throw .kafka(error)
    }
    lastRecord = now
    status.update { $0.partitions = open.assigned }
    observe(.partitionsAssigned(topic: consumer.topic, partitions: claims.map(\.partition)))
  }

  /// A log that ends before our position is not the log that we have read: it was truncated or made anew. Reading on
  /// would drop its records as repeats, so without an answer of the broker it is not read at all.
  private func checkLog(_ partition: Int32, position: Offset) throws(PipelineError) {
    let end: Offset
    do {
      end = try consumer.watermarkOffsets(partition: partition).high
    } catch {
      throw .kafka(error)
    }
    guard end < position else { return }
    throw .logTruncated(
      cluster: status.current.cluster ?? "", topic: consumer.topic, partition: partition, end: end, position: position)
  }

  private func release(_ partitions: [Int32]) throws(PipelineError) {
    for partition in partitions {
      open.release(partition)
      tracker.release(partition)
      watermarks.release(partition)
      pendingRereads[partition] = nil
    }
    do {
      try consumer.unassign(partitions)
    } catch {
      throw .kafka(error)
    }
    checkpoints.released()
    status.update { $0.partitions = open.assigned }
    observe(.partitionsRevoked(topic: consumer.topic, partitions: partitions))
  }

  // MARK: Reading

  private func read(timeout: Int64) throws(PipelineError) {
    do throws(KafkaError) {
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
    let admission = tracker.admit(records.records)
    for partition in admission.repeats.keys.sorted() {
      let count = admission.repeats[partition] ?? 0
      observe(.repeatsDropped(topic: consumer.topic, partition: partition, count: count))
      // Repeats are what a log looks like, too, that was made anew and is shorter than our position.
      if let position = tracker.expected[partition] { try checkLog(partition, position: position) }
    }
    for gap in admission.gaps { try record(gap) }
    pendingRereads.merge(admission.rereads) { $1 }
    for (partition, offset) in admission.rereads.sorted(by: { $0.key < $1.key }) {
      observe(.rereading(topic: consumer.topic, partition: partition, from: offset))
    }
    guard admission.count > 0 else { return }
    let admitted = UnsafeMutableBufferPointer(rebasing: records.records[..<admission.count])
    let now = time.monotonic()
    decoder.decode(admitted, into: batch)
    let counts = windows.process(batch, runs: admission.runs, now: time.wall(), watermark: watermark)
    for (run, count) in zip(admission.runs, counts) {
      open.record(run, count)
      if let latest = count.maxEventTime { watermarks.observe(run.partition, maxEventTime: latest, now: now) }
    }
    lastRecord = now
    for failure in batch.failures {
      let record = admitted[failure.row]
      let letter = DeadLetter(
        partition: record.partition, offset: record.offset, timestampMilliseconds: record.timestampMilliseconds,
        key: record.keyBytes.map(Array.init), value: record.payload == nil ? nil : Array(record.payloadBytes),
        headers: records.headers(of: record), code: failure.code, reason: failure.message)
      deadLetterBytes += letter.byteCount
      deadLetters.append(letter)
    }
  }

  private func record(_ gap: OffsetGap) throws(PipelineError) {
    let low: Offset
    do {
      low = try consumer.watermarkOffsets(partition: gap.partition).low
    } catch {
      throw .kafka(error)
    }
    let explained = ExplainedGap(gap: gap, reason: low > gap.first ? .expired : .absent)
    gaps.append(explained)
    open.record(gap)
    let (first, last) = (gap.first, gap.next - 1)
    switch explained.reason {
    case .expired:
      observe(.recordsExpired(topic: consumer.topic, partition: gap.partition, first: first, last: last))
    case .absent:
      observe(
        .gapFound(topic: consumer.topic, partition: gap.partition, first: first, last: last, reason: "not in the log"))
    }
  }

  // MARK: The sink

  private func flush(_ now: Int64) {
    let advances = open.seal(now: now, watermark: { watermarks.stored($0) }, isIdle: { watermarks.isIdle($0) })
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
      if let first = checkpoint.deadLetters.first {
        observe(
          .deadLettersWritten(
            stream: plan.definition.name, count: checkpoint.deadLetters.count, code: first.code.rawValue))
      }
    case .fenced(let message):
      checkpoints.fenced(message)
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

import Dataflow
import Events
import Faults
import Formats
import Kafka
import Observability
import Plan
import Storage

/// Reads a stream's partitions, keeps its aggregates and hands checkpoints to the sink: one thread, one plain loop.
///
/// Everything in it belongs to that thread. What to do next is decided by `CheckpointProtocol`; this carries it out.
/// Generic, so that the simulation runs the same code and production pays nothing for it.
package final class Worker<Source: RecordSource, Sink: CheckpointSink, Time: TimeSource> {
  private let plan: StreamPlan
  private let consumer: Source
  private let decoder: RecordDecoder
  /// nil: records are of the project's own schemas alone.
  private var schemas: SchemaWait?
  /// nil: no aggregate is joined with any.
  private let references: (any ReferenceVersions)?
  private let sink: Sink
  private let time: Time
  private let observe: @Sendable (Observation) -> Void
  private let shouldStop: @Sendable () -> Bool
  private let status: ProcessorStatus
  private let servers: String
  private let instance: String?

  private let batch: EventBatch
  private let windows: WindowOperator
  private var admission: PartitionAdmission<Source>
  private var watermarks: WatermarkTracker
  private var open: OpenEpoch
  private var checkpoints: CheckpointProtocol
  private var letters = LetterTray()
  /// nil: the stream has no sample.
  private var sampler: EventSampler?
  private var gaps: [ExplainedGap] = []
  private var watermark: Int64?
  /// Events ahead of the clock are not news before (monotonic microseconds).
  private var quietAheadUntil: Int64 = .min
  private var lastRecord: Int64
  private var isBrokerDown = false
  private var isDenied = false
  private var flushStarted: Int64 = 0
  /// nil: nothing is traced, nor measured for it.
  private var trace: WorkerTrace?
  private let quietAfter: Int64
  private static var aheadQuietInterval: Int64 { 600_000_000 }
  private var lastRound: Int64
  private var couldRead = true

  /// - Parameters:
  ///   - schemas: knows those that are not the project's own; nil: nobody is asked.
  ///   - references: have been read; nil: no aggregate is joined with any.
  ///   - seed: of the hash functions.
  package init(
    plan: StreamPlan, consumer: Source, decoder: RecordDecoder, schemas: (any SchemaAnswers)? = nil,
    references: (any ReferenceVersions)? = nil, sink: Sink,
    time: Time, settings: ProcessorSettings, status: ProcessorStatus, seed: UInt64,
    shouldStop: @escaping @Sendable () -> Bool, observe: @escaping @Sendable (Observation) -> Void
  ) {
    servers = settings.kafka.bootstrapServers
    instance = settings.instance
    self.plan = plan
    self.consumer = consumer
    self.decoder = decoder
    self.schemas = SchemaWait(schemas, for: decoder)
    self.references = references
    self.sink = sink
    self.time = time
    self.status = status
    self.shouldStop = shouldStop
    self.observe = observe
    admission = PartitionAdmission(consumer, status: status, observe: observe)
    batch = EventBatch(specs: plan.columns, capacity: min(settings.batchSize, settings.sliceSize))
    windows = WindowOperator(plan, batch: batch, seed: seed, retainedBytes: settings.retainedBytes)
    let definition = plan.definition
    watermarks = WatermarkTracker(
      outOfOrdernessMicroseconds: definition.outOfOrdernessMicroseconds,
      idleTimeoutMicroseconds: definition.idleTimeoutMicroseconds,
      maxAheadMicroseconds: definition.maxWatermarkAheadMicroseconds)
    open = OpenEpoch(aggregateCount: plan.aggregates.count)
    sampler = EventSampler(plan)
    let now = time.monotonic()
    checkpoints = CheckpointProtocol(limits: settings.limits, now: now)
    lastRecord = now
    lastRound = now
    trace = settings.tracer.map {
      WorkerTrace(
        $0, stream: definition.name, topic: settings.topic, group: settings.group, database: settings.database.database)
    }
    quietAfter = plan.quietAfterMicroseconds
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
    try kafka { () throws(KafkaError) in try consumer.subscribe() }
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
    schemas?.serve(&admission, &watermarks, now: now)
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
  package var positions: [TopicPartition: Offset] { admission.expected }

  private func facts(_ now: Int64) -> CheckpointProtocol.Facts {
    CheckpointProtocol.Facts(
      now: now, unsealedOffsets: open.unsealedOffsets,
      // A held partition asks now and then whether it has been set free.
      hasWatermarkNews: now - lastRecord < quietAfter && !open.assigned.isEmpty || !admission.held.isEmpty,
      groupCount: windows.groupCount, byteCount: windows.deltaMemory + letters.byteCount, silence: now - lastRecord)
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
        partitions.observations(Observation.partitionsLost).forEach(observe)
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
        if error.isDisplacement { throw .displaced(instance: instance) }
        if error.isFatal || error.isMisconfiguration { throw .kafka(error) }
        if error.isDenial {
          isDenied = true
          status.update { $0.denial = error.description }
        }
        observe(.brokerFault(reason: error.description))
      }
    }
  }

  private func claim(_ partitions: [TopicPartition]) throws(PipelineError) {
    let starts: [TopicPartition: Offset]
    do {
      starts = try admission.logStarts(partitions)
    } catch {
      // The broker is away: the claim waits, and is tried again a little later.
      guard error.isRetriable else { throw .kafka(error) }
      checkpoints.claimFailed(now: time.monotonic())
      return
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
    for claim in claims { open.assign(claim, now: now) }
    for claim in try kafka({ () throws(KafkaError) in try admission.start(claims) }) {
      watermarks.assign(claim.partition.partition, watermark: claim.watermark, now: now, wall: time.wall())
    }
    lastRecord = now
  }

  private func release(_ partitions: [TopicPartition]) throws(PipelineError) {
    for partition in partitions {
      open.release(partition)
      watermarks.release(partition.partition)
    }
    try kafka { () throws(KafkaError) in try admission.release(partitions) }
    checkpoints.released()
  }

  // MARK: Reading

  private func read(timeout: Int64) throws(PipelineError) {
    // If that fails, whether a partition is still read is unknown.
    try kafka { () throws(KafkaError) in try admission.catchUp() }
    trace?.begin(.fetch, at: time.wall())
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

  private func process(_ batchOfRecords: consuming RecordBatch) throws(PipelineError) {
    var records = batchOfRecords
    trace?.fetched(records.count, at: time.wall())
    var admitted = try kafka { () throws(KafkaError) in
      try admission.admit(records.records, now: time.monotonic())
    }
    schemas?.examine(
      records.records, &admitted, in: &admission, topic: consumer.topic, now: time.monotonic(), last: open.last)
    for explained in admitted.gaps {
      gaps.append(explained)
      open.record(explained.gap)
    }
    for partition in admitted.held { watermarks.release(partition.partition) }
    guard admitted.count > 0 else { return }
    if isDenied {
      isDenied = false
      status.update { $0.denial = nil }
    }
    records.keepFirst(admitted.count)
    trace?.link(records)
    lastRecord = time.monotonic()
    if let set = references?.current { windows.use(set) }
    for slice in batch.slices(of: records.records) {
      trace?.begin(.decode, at: time.wall())
      decoder.decode(records, slice, into: batch)
      trace?.end(.decode, at: time.wall())
      let runs = admitted.runs.compactMap { $0.clipped(to: slice) }
      trace?.begin(.aggregate, at: time.wall())
      aggregate(runs)
      trace?.end(.aggregate, at: time.wall())
      letters.collect(from: batch, windows, plan, records, topic: consumer.topic, firstRow: slice.lowerBound) {
        record in
        decoder.schemaID(of: record)
      }
      sampler?.collect(
        from: batch, runs, records, topic: consumer.topic, firstRow: slice.lowerBound, watermark: watermark,
        now: time.wall())
    }
  }

  private func aggregate(_ runs: [PartitionRun]) {
    let wall = time.wall()
    let counts = windows.process(batch, runs: runs, now: wall, watermark: watermark)
    for (run, count) in zip(runs, counts) {
      let partition = TopicPartition(topic: consumer.topic, partition: run.partition)
      open.record(partition, count, last: admission.last(partition))
      guard let latest = count.maxEventTime else { continue }
      if watermarks.observe(run.partition, maxEventTime: latest, now: lastRecord, wall: wall) {
        sayAhead(run.partition, seconds: Double(latest - wall) / 1_000_000)
      }
    }
  }

  /// Says once that events are ahead of the clock, until there have been none for a while.
  private func sayAhead(_ partition: Int32, seconds: Double) {
    if lastRecord >= quietAheadUntil {
      observe(.eventsAhead(topic: consumer.topic, partition: partition, seconds: seconds))
    }
    quietAheadUntil = lastRecord + Self.aheadQuietInterval
  }

  // MARK: The sink

  private func flush(_ now: Int64) {
    let advances = open.seal(
      now: now, watermark: { watermarks.stored($0.partition) },
      isIdle: { admission.held.contains($0) || watermarks.isIdle($0.partition) },
      isHeld: admission.held.contains)
    checkpoints.submitted(.flush, now: now)
    guard !advances.isEmpty else {
      checkpoints.sinkFinished()
      return
    }
    let checkpoint = Checkpoint(
      advances: advances, deltas: windows.drain(), deadLetters: letters.empty(), gaps: gaps,
      samples: sampler?.empty() ?? [])
    gaps = []
    flushStarted = now
    trace?.sealed(checkpoint, at: time.wall())
    sink.submit(.commit(checkpoint))
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
      let seconds = Double(time.monotonic() - flushStarted) / 1_000_000
      let traced = trace?.finished(at: time.wall())
      for observation in checkpoint.observations(stream: plan.definition.name, seconds: seconds) {
        observe(observation.traced(by: traced))
      }
    case .fenced(let message):
      trace?.finished(at: time.wall(), failure: "another instance owns a partition")
      checkpoints.fenced(message)
    case .redefined(let change):
      trace?.finished(at: time.wall(), failure: "other definitions are in force")
      throw .superseded(change)
    }
  }
}

/// An error of Kafka ends the worker.
private func kafka<Value>(_ body: () throws(KafkaError) -> Value) throws(PipelineError) -> Value {
  do {
    return try body()
  } catch {
    throw .kafka(error)
  }
}

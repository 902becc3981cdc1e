import Events

/// When to claim, read, flush, release and stop: the decisions of a worker, apart from the one who carries them out.
///
/// The worker tells it what happened and asks `decide` what to do next, over and over. All times are monotonic, in
/// microseconds. Invariants: one request at a time is with the sink; a partition is released only when everything read
/// from it is committed, or not at all (`abandon`: a new worker begins at the committed positions).
package struct CheckpointProtocol {
  struct Limits: Sendable {
    /// Between the beginnings of two flushes, at least.
    var flushInterval: Int64
    /// The same when too few records wait to be worth a transaction of their own.
    var sparseFlushInterval: Int64 { flushInterval * 5 / 2 }
    /// The same while so many arrive that it is a backlog: that is read for throughput, and larger deltas are less work
    /// for Postgres, whose rows are changed once for all of a delta's events.
    var backlogFlushInterval: Int64 { flushInterval * 5 }
    /// The same for a backlog of hundreds of thousands a second.
    var largeBacklogFlushInterval: Int64 { flushInterval * 10 }
    /// How many records are worth a flush of their own and no backlog. At 1,000 records a second or less there are 20
    /// transactions a second (with a `flushInterval` of 20 ms), at 5,000 or more 50.
    let flushWorth = Int64(100)...5_000
    let largeBacklog: Int64 = 50_000
    /// Groups that may wait for the next flush; then reading stops until the sink is free.
    var maxGroups: Int
    /// Bytes that keys, groups and dead letters may take between two flushes, without what a flush leaves behind.
    var maxBytes: Int
    /// A revocation or a stop waits this long for its last flush.
    var releaseTimeout: Int64 = 10_000_000
    /// Without records, only the watermark moves; it is stored this often.
    var idleInterval: Int64 = 1_000_000
    /// A claim that the broker could not answer for is tried again after this long.
    var claimRetryInterval: Int64 = 200_000
  }

  enum Action: Equatable {
    case claim([TopicPartition])
    case flush
    case release([TopicPartition])
    case read
    /// The group's events are still served, but no data is read.
    case wait
    case stop
    /// Everything uncommitted is given up; a new worker reads it again.
    case abandon(AbandonReason)
  }

  package enum AbandonReason: Equatable, Sendable {
    case fenced(String)
    case lostPartitions
    case releaseTimedOut
  }

  /// The state of what the protocol does not own.
  struct Facts {
    var now: Int64
    /// Offsets that were read since the last flush.
    var unsealedOffsets: Int64
    /// The stored watermarks are behind.
    var hasWatermarkNews: Bool
    var groupCount: Int
    /// Taken since the last flush.
    var byteCount: Int

    /// Since the last record arrived.
    var silence: Int64

    var hasUnsealedRecords: Bool { unsealedOffsets > 0 }
  }

  private let limits: Limits
  /// Assigned, claimed or not yet, and not released.
  private var held: Set<TopicPartition> = []
  private var toClaim: [TopicPartition] = []
  private var nextClaim: Int64 = .min
  private var toRelease: [TopicPartition] = []
  private var releaseDeadline: Int64?
  private var isStopping = false
  private(set) var isSinkBusy = false
  private var lastFlush: Int64
  private var abandonment: AbandonReason?

  init(limits: Limits, now: Int64) {
    self.limits = limits
    lastFlush = now
  }

  mutating func assigned(_ partitions: [TopicPartition]) {
    // What is held already was somebody else's meanwhile, though nobody said so. To claim it again would raise the epoch
    // of what is read and not committed, and count it twice.
    if !held.isDisjoint(with: partitions) { lost() }
    held.formUnion(partitions)
    toClaim += partitions
  }

  mutating func revoked(_ partitions: [TopicPartition], now: Int64) {
    toClaim.removeAll(where: partitions.contains)
    toRelease += partitions
    releaseDeadline = min(releaseDeadline ?? .max, now + limits.releaseTimeout)
  }

  /// The claim could not be made; the broker is away.
  mutating func claimFailed(now: Int64) {
    nextClaim = now + limits.claimRetryInterval
  }

  /// Whether a claimed partition may be read: it has not been revoked meanwhile.
  func isWanted(_ partition: TopicPartition) -> Bool {
    !toRelease.contains(partition)
  }

  mutating func lost() {
    abandonment = abandonment ?? .lostPartitions
  }

  mutating func stopRequested(now: Int64) {
    guard !isStopping else { return }
    isStopping = true
    releaseDeadline = min(releaseDeadline ?? .max, now + limits.releaseTimeout)
  }

  /// The sink has taken a request.
  mutating func submitted(_ action: Action, now: Int64) {
    isSinkBusy = true
    if case .claim = action { toClaim = [] }
    if action == .flush { lastFlush = now }
  }

  mutating func sinkFinished() {
    isSinkBusy = false
  }

  mutating func fenced(_ message: String) {
    isSinkBusy = false
    abandonment = .fenced(message)
  }

  mutating func released() {
    held.subtract(toRelease)
    toRelease = []
    if !isStopping { releaseDeadline = nil }
  }

  mutating func decide(_ facts: Facts) -> Action {
    if let abandonment { return .abandon(abandonment) }
    let isReleasing = !toRelease.isEmpty || isStopping
    if isSinkBusy {
      if isReleasing {
        if let releaseDeadline, facts.now >= releaseDeadline { return .abandon(.releaseTimedOut) }
        return .wait
      }
    } else if isReleasing {
      if facts.hasUnsealedRecords { return .flush }
      return toRelease.isEmpty ? .stop : .release(toRelease)
    } else if !toClaim.isEmpty, facts.now >= nextClaim {
      return .claim(toClaim)
    } else if isFlushDue(facts) {
      return .flush
    }
    guard facts.groupCount >= limits.maxGroups || facts.byteCount >= limits.maxBytes else { return .read }
    if isSinkBusy { return .wait }
    // Memory that a flush would not give back is no reason to stop: nothing would ever start reading again.
    return facts.hasUnsealedRecords ? .flush : .read
  }

  private func isFlushDue(_ facts: Facts) -> Bool {
    let age = facts.now - lastFlush
    if facts.hasUnsealedRecords { return age >= flushInterval(facts) }
    return facts.hasWatermarkNews && age >= limits.idleInterval
  }

  private func flushInterval(_ facts: Facts) -> Int64 {
    if facts.unsealedOffsets < limits.flushWorth.lowerBound { return limits.sparseFlushInterval }
    // When nothing more arrives, it was the end of the backlog.
    let isBacklog = facts.unsealedOffsets > limits.flushWorth.upperBound && facts.silence < limits.flushInterval
    guard isBacklog else { return limits.flushInterval }
    return facts.unsealedOffsets > limits.largeBacklog ? limits.largeBacklogFlushInterval : limits.backlogFlushInterval
  }

  /// How long a read may wait for records (microseconds) without delaying what is due.
  func readTimeout(_ facts: Facts) -> Int64 {
    if !facts.hasUnsealedRecords { return 20_000 }
    if isSinkBusy { return 2_000 }
    return min(max(flushInterval(facts) - (facts.now - lastFlush), 0), 20_000)
  }
}

/// When subscribers are to be fed: which keys to query again, and when the next heartbeat is due.
///
/// A value without a clock or streams. Times in milliseconds of one monotonic clock.
struct SubscriptionSchedule<Key: Hashable> {
  private let interval: Int64
  private let heartbeatInterval: Int64
  private let maximumRunning: Int
  private var lastRound: Int64?
  private var nextHeartbeat: Int64
  private var wanted: Set<Key> = []
  /// Their turn has come as soon as fewer queries run.
  private var queue: [Key] = []
  private var queueHead = 0
  /// Those of the queue that somebody still listens to.
  private var queued: Set<Key> = []
  private var running: Set<Key> = []
  /// Since the last heartbeat.
  private var asked: Set<Key> = []

  struct Round {
    /// To be queried now; each must be reported as `finished`.
    var keys: [Key] = []
    var isHeartbeat = false
    /// How long nothing will be due unless something is wanted or has finished.
    var sleepMilliseconds: Int64
  }

  /// - Parameter maximumRunning: queries at a time, so that others than subscribers are answered, too.
  init(intervalMilliseconds: Int, heartbeatMilliseconds: Int, maximumRunning: Int, now: Int64) {
    interval = Int64(intervalMilliseconds)
    heartbeatInterval = Int64(heartbeatMilliseconds)
    self.maximumRunning = maximumRunning
    nextHeartbeat = now + heartbeatInterval
  }

  /// The keys' results may have changed.
  mutating func want(_ keys: some Sequence<Key>) { wanted.formUnion(keys) }

  /// The same for those of the keys that were not queried since this was called last: results change with the time, too.
  mutating func wantUnasked(_ keys: some Sequence<Key>) {
    for key in keys where !asked.contains(key) { wanted.insert(key) }
    asked = []
  }

  mutating func finished(_ key: Key) { running.remove(key) }

  /// Nobody listens to the key any more.
  mutating func forget(_ key: Key) {
    wanted.remove(key)
    queued.remove(key)
    asked.remove(key)
  }

  mutating func round(now: Int64) -> Round {
    var round = Round(sleepMilliseconds: 0)
    if now >= nextHeartbeat {
      round.isHeartbeat = true
      nextHeartbeat = now + heartbeatInterval
    }
    round.sleepMilliseconds = nextHeartbeat - now
    // A query that is still to come sees the commit, too; one that is under way may have begun before it.
    wanted.subtract(queued)
    let due = wanted.subtracting(running)
    if !due.isEmpty {
      if let lastRound, now < lastRound + interval {
        round.sleepMilliseconds = min(round.sleepMilliseconds, lastRound + interval - now)
      } else {
        lastRound = now
        wanted.subtract(due)
        queued.formUnion(due)
        queue += due
      }
    }
    while running.count < maximumRunning, queueHead < queue.count {
      let key = queue[queueHead]
      queueHead += 1
      guard queued.remove(key) != nil else { continue }
      // One that was forgotten and has come back while its former query runs.
      guard running.insert(key).inserted else {
        wanted.insert(key)
        continue
      }
      asked.insert(key)
      round.keys.append(key)
    }
    if queueHead == queue.count {
      queue = []
      queueHead = 0
    }
    return round
  }
}

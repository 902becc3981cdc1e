/// When the streams are to be fed: which keys to query again, and when the next heartbeat is due.
///
/// A value without a clock or streams. Times in milliseconds of one monotonic clock.
struct StreamSchedule<Key: Hashable> {
  private let interval: Int64
  private let heartbeatInterval: Int64
  private var lastRound: Int64?
  private var nextHeartbeat: Int64
  private var wanted: Set<Key> = []
  private var running: Set<Key> = []

  struct Round {
    /// To be queried now; each must be reported as `finished`.
    var keys: [Key] = []
    var isHeartbeat = false
    /// How long nothing will be due unless something is wanted.
    var sleepMilliseconds: Int64
  }

  init(intervalMilliseconds: Int, heartbeatMilliseconds: Int, now: Int64) {
    interval = Int64(intervalMilliseconds)
    heartbeatInterval = Int64(heartbeatMilliseconds)
    nextHeartbeat = now + heartbeatInterval
  }

  /// The keys' results may have changed.
  mutating func want(_ keys: some Sequence<Key>) { wanted.formUnion(keys) }

  mutating func finished(_ key: Key) { running.remove(key) }

  /// Nobody listens to the key any more.
  mutating func forget(_ key: Key) { wanted.remove(key) }

  mutating func round(now: Int64) -> Round {
    var round = Round(sleepMilliseconds: 0)
    if now >= nextHeartbeat {
      round.isHeartbeat = true
      nextHeartbeat = now + heartbeatInterval
    }
    round.sleepMilliseconds = nextHeartbeat - now
    // A key whose query is under way stays wanted: that query may have begun before the commit.
    let due = wanted.subtracting(running)
    guard !due.isEmpty else { return round }
    if let lastRound, now < lastRound + interval {
      round.sleepMilliseconds = min(round.sleepMilliseconds, lastRound + interval - now)
      return round
    }
    lastRound = now
    wanted.subtract(due)
    running.formUnion(due)
    round.keys = Array(due)
    return round
  }
}

/// How many lines of one message are written: within a minute so many, and what comes beyond is counted for the next.
///
/// Messages are constants, so these are few.
struct RepeatLimit {
  static let interval: Int64 = 60_000_000

  private struct Count {
    /// When the minute began.
    var since: Int64
    var written = 0
    var suppressed = 0
  }

  private let maximum: Int
  private var counts: [String: Count] = [:]

  /// - Parameter maximum: 0: there is no limit.
  init(maximum: Int) { self.maximum = maximum }

  enum Verdict: Equatable {
    /// With how many were not since the last one that was.
    case write(suppressed: Int)
    case suppress
  }

  /// - Parameter now: microseconds; never mind whose.
  mutating func judge(_ message: StaticString, now: Int64) -> Verdict {
    guard maximum > 0 else { return .write(suppressed: 0) }
    let name = message.description
    var count = counts[name] ?? Count(since: now)
    // Also when the clock was set back.
    if now - count.since >= Self.interval || now < count.since {
      count.since = now
      count.written = 0
    }
    guard count.written < maximum else {
      count.suppressed += 1
      counts[name] = count
      return .suppress
    }
    defer { counts[name] = count }
    count.written += 1
    let suppressed = count.suppressed
    count.suppressed = 0
    return .write(suppressed: suppressed)
  }
}

/// When the events of a replay are due: as far apart as they were, divided by the speed.
public struct ReplayPace {
  private let speed: Double?
  private let begin: Int64
  private var first: Int64?
  private var latest: Int64

  /// `speed` nil: everything is due at once. `now` is in nanoseconds of any monotonic clock.
  public init(speed: Double?, now: Int64) {
    self.speed = speed
    begin = now
    latest = now
  }

  /// When the event of this time is due, on the clock given at the start. Events that the log has out of order do not
  /// go back.
  public mutating func due(_ timestampMilliseconds: Int64) -> Int64 {
    guard let speed else { return begin }
    let first = self.first ?? timestampMilliseconds
    self.first = first
    let nanoseconds = Double(max(0, timestampMilliseconds - first)) * 1e6 / speed
    latest = max(latest, begin + Int64(min(nanoseconds, 1e18)))
    return latest
  }
}

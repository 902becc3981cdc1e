/// Decides how many events are due. Time is given in nanoseconds of any monotonic clock.
public struct Pacer {
  /// Events per second; nil: as fast as possible.
  public private(set) var rate: Double?
  private var origin: Int64
  private var sent: Double = 0
  /// A stall is caught up for at most this long; what is older is given up, so that the burst stays bounded.
  private static let maxCatchUpSeconds = 1.0

  public init(rate: Double?, now: Int64) {
    self.rate = rate
    origin = now
  }

  /// How many events may be sent now, at most `limit`.
  public mutating func due(now: Int64, limit: Int) -> Int {
    guard let rate else { return limit }
    let elapsed = Double(now - origin) * 1e-9
    var backlog = elapsed * rate - sent
    let most = max(1, rate * Self.maxCatchUpSeconds)
    if backlog > most {
      origin = now
      sent = -most
      backlog = most
    }
    return min(limit, Int(max(0, backlog)))
  }

  /// Goes on at another rate from now on; what is due is due.
  public mutating func change(rate: Double, now: Int64) {
    if let old = self.rate { sent -= Double(now - origin) * 1e-9 * old }
    origin = now
    self.rate = rate
  }

  public mutating func didSend(_ count: Int) {
    sent += Double(count)
  }

  /// Nanoseconds until the next event is due; 0 when one is.
  public func wait(now: Int64) -> Int64 {
    guard let rate else { return 0 }
    let next = (sent + 1) / rate * 1e9
    return Int64(max(0, next - Double(now - origin)))
  }
}

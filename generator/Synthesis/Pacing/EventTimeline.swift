/// When the events of a run happen, in event time.
public enum EventTimeline: Equatable, Sendable {
  /// Each event happens when it is made.
  case live
  /// Event `i` happens at `start + i * step`, all in milliseconds since 1970 UTC, whenever it is made.
  case spread(start: Int64, step: Double)

  /// `count` events spread evenly over `span` milliseconds from `start` on.
  public static func over(span: Int64, count: UInt64, from start: Int64) -> EventTimeline {
    .spread(start: start, step: Double(span) / Double(max(1, count)))
  }

  /// `rate` events per second of event time from `start` on.
  public static func rate(_ rate: Double, from start: Int64) -> EventTimeline {
    .spread(start: start, step: 1000 / rate)
  }

  /// The event time of event `index` when the clock stands at `now`.
  public func milliseconds(of index: UInt64, now: Int64) -> Int64 {
    switch self {
    case .live: now
    case .spread(let start, let step): start + Int64(Double(index) * step)
    }
  }
}

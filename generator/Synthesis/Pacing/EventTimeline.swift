/// When the events of a run happen, in event time.
public enum EventTimeline: Equatable, Sendable {
  /// Each event happens when it is made.
  case live
  /// Event `i` happens at `start + i * step`, all in milliseconds since 1970 UTC, whenever it is made.
  case spread(start: Int64, step: Double)
  /// As spread, but more by day than by night: event `i` happens when, at the day's mean, `start + i * step` would be.
  case rhythmic(start: Double, step: Double, rhythm: DailyRhythm)

  /// `count` events spread over `span` milliseconds from `start` on, evenly or in a rhythm.
  public static func over(
    span: Int64, count: UInt64, from start: Int64, rhythm: DailyRhythm? = nil
  ) -> EventTimeline {
    guard let rhythm else { return .spread(start: start, step: Double(span) / Double(max(1, count))) }
    let (first, last) = (rhythm.evenly(until: start), rhythm.evenly(until: start + span))
    return .rhythmic(start: first, step: (last - first) / Double(max(1, count)), rhythm: rhythm)
  }

  /// `rate` events per second of event time from `start` on; in a rhythm that is the mean of each day.
  public static func rate(_ rate: Double, from start: Int64, rhythm: DailyRhythm? = nil) -> EventTimeline {
    guard let rhythm else { return .spread(start: start, step: 1000 / rate) }
    return .rhythmic(start: rhythm.evenly(until: start), step: 1000 / rate, rhythm: rhythm)
  }

  /// The event time of event `index` when the clock stands at `now`.
  public func milliseconds(of index: UInt64, now: Int64) -> Int64 {
    switch self {
    case .live: now
    case .spread(let start, let step): start + Int64(Double(index) * step)
    case .rhythmic(let start, let step, let rhythm): rhythm.time(evenly: start + Double(index) * step)
    }
  }
}

import Configuration
import Synthesis

/// The options that the kinds of made-up events share, understood and checked.
struct GenerationPlan {
  /// Events per second, in the mean of a day; nil: as fast as possible.
  var rate: Double?
  /// How many turns there are; `UInt64.max`: no end.
  var count: UInt64
  var durationNanoseconds: Int64?
  var timeline: EventTimeline
  var run: SynthesisRun
  /// What the rate follows when events happen as they are made.
  private var rhythm: DailyRhythm?

  /// `defaultRate` is that of a run that is not told any; `now` is in milliseconds since 1970 UTC.
  init(_ kind: EventKind, _ command: ParsedCommand, defaultRate: Double?, now: Int64) throws {
    let given = try command.integer("count", in: 0...Int.max)
    count = given.map { UInt64($0) } ?? .max
    let duration = try command.setting("duration", parseDuration)
    durationNanoseconds = duration.map { $0 * 1_000_000 }
    let span = try command.setting("span", parseDuration)
    if span != nil && given == nil { throw command.error("--span needs --count") }
    let eventRate = try command.number("event-rate", in: 1e-6...1e9)
    if span != nil && eventRate != nil { throw command.error("--span and --event-rate say the same: give one") }
    switch command.string("rate") {
    case nil: rate = defaultRate
    case "max": rate = nil
    default: rate = try command.number("rate", in: 1e-3...1e9)
    }
    let start = try command.setting("start", parseTime)
    let beginning = start ?? now - (span ?? 0)
    let rhythm = command.flag("daily-rhythm") ? DailyRhythm.leisure : nil
    if let span {
      timeline = .over(span: span, count: count, from: beginning, rhythm: rhythm)
    } else if let eventRate {
      timeline = .rate(eventRate, from: beginning, rhythm: rhythm)
    } else if start != nil {
      guard let rate else { throw command.error("--start needs --span, --event-rate or --rate to go on from there") }
      timeline = .rate(rate, from: beginning, rhythm: rhythm)
    } else {
      timeline = .live
      self.rhythm = rhythm
      if rhythm != nil && rate == nil { throw command.error("--daily-rhythm needs --rate, --span or --event-rate") }
    }
    let seed = try command.integer("seed", in: 0...Int.max).map { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000_000)
    run = SynthesisRun(
      seed: seed,
      outOfOrder: try command.setting("out-of-order") { text throws(SettingError) in
        try OutOfOrder(parsing: text)
      },
      incidents: try command.strings("incident").map { text in
        do {
          return try IncidentSpec(parsing: text, target: kind.incidentTarget, effect: kind.incidentEffect)
        } catch {
          throw command.error("--incident: \(error)")
        }
      }, beginningMilliseconds: beginning)
  }

  /// The rate at a time of day, in milliseconds since 1970 UTC; nil: it does not change.
  func rate(at milliseconds: Int64) -> Double? {
    guard let rate, let rhythm else { return nil }
    return rate * rhythm.factor(at: milliseconds)
  }
}

import Configuration
import Downloads
import Synthesis

/// The options of a generating run, understood and checked.
struct GenerationPlan {
  /// Events per second; nil: as fast as possible.
  var rate: Double?
  /// `UInt64.max`: no end.
  var count: UInt64
  var durationNanoseconds: Int64?
  var timeline: EventTimeline
  var synthesis: SynthesisSettings
  /// Nothing that is worth an alert, and incidents that are staged and announced.
  var isDemo: Bool

  /// `defaultRate` is that of a run that is not told any; `now` is in milliseconds since 1970 UTC.
  init(_ command: ParsedCommand, defaultRate: Double?, now: Int64) throws {
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
    if let span {
      timeline = .over(span: span, count: count, from: beginning)
    } else if let eventRate {
      timeline = .rate(eventRate, from: beginning)
    } else if start != nil {
      guard let rate else { throw command.error("--start needs --span, --event-rate or --rate to go on from there") }
      timeline = .rate(rate, from: beginning)
    } else {
      timeline = .live
    }
    let seed = try command.integer("seed", in: 0...Int.max).map { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000_000)
    synthesis = SynthesisSettings(
      seed: seed,
      titles: try command.integer("titles", in: 1...Catalogue.limit) ?? 250,
      regions: try command.integer("regions", in: 1...Regions.limit) ?? 24,
      users: try command.integer("users", in: 1...1_000_000_000) ?? 100_000,
      beginningMilliseconds: beginning)
    isDemo = command.flag("demo")
    if isDemo { synthesis.errorRate = DemoLoad.errorRate }
    if let errorRate = try command.setting("error-rate", parseShare) { synthesis.errorRate = errorRate }
    synthesis.outOfOrder = try command.setting("out-of-order") { text throws(SettingError) in
      try OutOfOrder(parsing: text)
    }
    synthesis.incidents = try command.strings("incident").map { text in
      do {
        return try Incident(parsing: text)
      } catch {
        throw command.error("--incident: \(error)")
      }
    }
  }
}

extension ParsedCommand {
  /// An option read by one of the generator's own parsers, whose error then names the option.
  func setting<Value>(_ option: String, _ parse: (String) throws(SettingError) -> Value) throws(UsageError) -> Value? {
    guard let text = string(option) else { return nil }
    do {
      return try parse(text)
    } catch {
      throw self.error("--\(option): \(error)")
    }
  }
}

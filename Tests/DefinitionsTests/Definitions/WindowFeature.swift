@testable import PostgresOracle

/// A kind of window, as the catalogue of the generator has it.
struct WindowFeature: Sendable {
  var name: String
  /// The call in GROUP BY; nil where the events give no reason for such a window.
  var call: @Sendable (inout DefinitionGenerator) -> String?

  static let all: [WindowFeature] = [
    WindowFeature(name: "tumble") { generator in
      guard let size = length(&generator, 3...20) else { return nil }
      return "tumble(\(generator.eventTime), \(size))"
    },
    WindowFeature(name: "tumble of days and months of UTC") { generator in
      guard generator.span > 40_000_000_000 else { return nil }
      return "tumble(\(generator.eventTime), INTERVAL '\(generator.pick(["1 day", "1 month", "1 year", "2 weeks"]))')"
    },
    WindowFeature(name: "tumble in a zone") { generator in
      guard generator.span > 1_000_000_000 else { return nil }
      let size = generator.pick(["1 day", "2 days", "1 week", "1 month", "3 months", "1 year"])
      return "tumble(\(generator.eventTime), INTERVAL '\(size)', '\(generator.pick(zones))')"
    },
    WindowFeature(name: "hop") { generator in
      guard let pane = seconds(&generator, 8...40) else { return nil }
      let (slide, size) = generator.random.pick([(1, 2), (1, 5), (2, 3), (2, 5), (3, 3), (1, 1), (3, 8)])
      return "hop(\(generator.eventTime), \(interval(pane * slide)), \(interval(pane * size)))"
    },
    WindowFeature(name: "session") { generator in
      guard let gap = seconds(&generator, 20...200) else { return nil }
      return "session(\(generator.eventTime), \(interval(gap)))"
    },
    WindowFeature(name: "session that is cut") { generator in
      guard let gap = seconds(&generator, 20...200) else { return nil }
      return "session(\(generator.eventTime), \(interval(gap)), \(interval(gap * generator.random.pick([2, 3, 10]))))"
    },
  ]

  private static let zones = [
    "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "America/Sao_Paulo",
    "Pacific/Apia", "Atlantic/Azores", "Africa/Casablanca", "America/Santiago",
  ]

  /// A window of which the events take so many.
  private static func length(_ generator: inout DefinitionGenerator, _ windows: ClosedRange<Int>) -> String? {
    seconds(&generator, windows).map(interval)
  }

  private static func seconds(_ generator: inout DefinitionGenerator, _ windows: ClosedRange<Int>) -> Int? {
    let seconds = Int(generator.span / 1_000_000) / Int.random(in: windows, using: &generator.random)
    return seconds > 0 ? seconds : nil
  }

  private static func interval(_ seconds: Int) -> String {
    seconds % 60 == 0 ? "INTERVAL '\(seconds / 60) minutes'" : "INTERVAL '\(seconds) seconds'"
  }
}

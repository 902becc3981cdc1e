@testable import PostgresOracle

/// A kind of window, as the catalogue of the generator has it.
struct WindowFeature: Sendable {
  var name: String
  /// nil where the events give no reason for such a window.
  var window: @Sendable (inout DefinitionGenerator) -> RandomDefinition.Window?

  static let all: [WindowFeature] = [
    WindowFeature(name: "tumble") { generator in
      seconds(&generator, 3...20).map { fixed(generator.reading.eventTime, $0) }
    },
    WindowFeature(name: "tumble of days and months of UTC") { generator in
      guard generator.span > 40_000_000_000 else { return nil }
      let size = generator.pick(["1 day", "1 month", "1 year", "2 weeks"])
      return calendar(generator.reading.eventTime, size, zone: nil)
    },
    WindowFeature(name: "tumble in a zone") { generator in
      guard generator.span > 1_000_000_000 else { return nil }
      let size = generator.pick(["1 day", "2 days", "1 week", "1 month", "3 months", "1 year"])
      return calendar(generator.reading.eventTime, size, zone: generator.pick(zones))
    },
    WindowFeature(name: "hop") { generator in
      guard let pane = seconds(&generator, 8...40) else { return nil }
      let (slide, size) = generator.random.pick([(1, 2), (1, 5), (2, 3), (2, 5), (3, 3), (1, 1), (3, 8)])
      return hop(generator.reading.eventTime, pane * slide, pane * size)
    },
    WindowFeature(name: "session") { generator in
      guard generator.reading.isOfEvents, let gap = seconds(&generator, 20...200) else { return nil }
      return RandomDefinition.Window(
        function: "session", time: generator.reading.eventTime, arguments: [interval(gap)])
    },
    WindowFeature(name: "session that is cut") { generator in
      guard generator.reading.isOfEvents, let gap = seconds(&generator, 20...200) else { return nil }
      return RandomDefinition.Window(
        function: "session", time: generator.reading.eventTime,
        arguments: [interval(gap), interval(gap * generator.random.pick([2, 3, 10]))])
    },
  ]

  /// A window over rows whose own windows it is made of; nil where there is none.
  static func window(
    over rows: RandomDefinition.Window, _ generator: inout DefinitionGenerator
  ) -> RandomDefinition.Window? {
    let time = generator.reading.eventTime
    guard let seconds = rows.seconds else {
      let coarser = ["1 day": ["1 day", "2 days", "1 week", "1 month", "1 year"], "1 month": ["3 months", "1 year"]]
      guard let size = coarser.first(where: { rows.arguments[0] == "INTERVAL '\($0.key)'" })?.value else { return nil }
      return RandomDefinition.Window(
        function: "tumble", time: time, arguments: ["INTERVAL '\(generator.pick(size))'"] + rows.arguments.dropFirst())
    }
    // Every zone's offset is of whole quarters of an hour.
    if 900 % seconds == 0, generator.random.chance(2) {
      return calendar(time, generator.pick(["1 day", "1 week", "1 month"]), zone: generator.pick(zones))
    }
    if generator.random.chance(3) {
      let (slide, size) = generator.random.pick([(1, 2), (1, 3), (2, 3), (2, 4)])
      return hop(time, seconds * slide, seconds * size)
    }
    return fixed(time, seconds * generator.random.pick([1, 2, 3, 5]))
  }

  private static let zones = [
    "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "America/Sao_Paulo",
    "Pacific/Apia", "Atlantic/Azores", "Africa/Casablanca", "America/Santiago",
  ]

  private static func fixed(_ time: String, _ seconds: Int) -> RandomDefinition.Window {
    RandomDefinition.Window(function: "tumble", time: time, arguments: [interval(seconds)], seconds: seconds)
  }

  private static func calendar(_ time: String, _ size: String, zone: String?) -> RandomDefinition.Window {
    RandomDefinition.Window(
      function: "tumble", time: time, arguments: ["INTERVAL '\(size)'"] + (zone.map { ["'\($0)'"] } ?? []))
  }

  private static func hop(_ time: String, _ slide: Int, _ size: Int) -> RandomDefinition.Window {
    RandomDefinition.Window(function: "hop", time: time, arguments: [interval(slide), interval(size)])
  }

  /// How long a window is of which the events take so many.
  private static func seconds(_ generator: inout DefinitionGenerator, _ windows: ClosedRange<Int>) -> Int? {
    let seconds = Int(generator.span / 1_000_000) / Int.random(in: windows, using: &generator.random)
    return seconds > 0 ? seconds : nil
  }

  private static func interval(_ seconds: Int) -> String {
    seconds % 60 == 0 ? "INTERVAL '\(seconds / 60) minutes'" : "INTERVAL '\(seconds) seconds'"
  }
}

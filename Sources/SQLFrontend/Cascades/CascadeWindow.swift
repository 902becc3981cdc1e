import Plan

/// Whether windows of an aggregate's rows are windows of its events: none of them may begin or end within a row's.
enum CascadeWindow {
  private static let day: Int64 = 86_400_000_000

  /// The window as events are assigned to it; nil: it divides the rows' windows.
  static func composed(_ window: WindowAssigner, over rows: WindowAssigner) -> WindowAssigner? {
    switch (window.panes, rows.panes) {
    case (.fixed(let length), .fixed(let grain)): return length % grain == 0 ? window : nil
    // Sessions are their events' own.
    case (.cells, _), (_, .cells): return nil
    // A month is of no fixed length, and neither is a zone's day.
    case (.fixed, .calendar): return nil
    case (.calendar(let windows), .fixed(let grain)):
      guard day % grain == 0 else { return nil }
      guard let zone = windows.zone, !zone.offsets(areMultiplesOf: grain) else { return window }
      // Before clocks were set by zones, every town had its own minutes: a row of that time is where its window begins.
      guard zone.offsets(areMultiplesOf: grain, from: 0) else { return nil }
      var windows = windows
      windows.grain = grain
      return .calendar(windows)
    case (.calendar(var windows), .calendar(let finer)):
      guard windows.zone == finer.zone, divides(finer.length, windows.length) else { return nil }
      windows.grain = finer.grain
      return .calendar(windows)
    }
  }

  private static func divides(_ finer: CalendarWindows.Length, _ coarser: CalendarWindows.Length) -> Bool {
    switch (finer, coarser) {
    case (.days(let part), .days(let whole)), (.months(let part), .months(let whole)): whole % part == 0
    case (.days(let part), .months): part == 1
    case (.months, .days): false
    }
  }
}

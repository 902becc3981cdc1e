import Plan
import SQLQuoting

/// What Postgres computes of windows, by the functions that the engine's schema has. Times are SQL expressions of the type
/// `timestamptz`.
extension WindowAssigner {
  /// The starts of all windows that hold the time: for windows that overlap a set, as rows.
  package func startsSQL(of time: String) -> String {
    switch self {
    case .tumble, .calendar: paneStartSQL(of: time)
    case .hop(let slide, let size):
      "hop(\(time), \(IntervalText.sql(microseconds: slide)), \(IntervalText.sql(microseconds: size)))"
    }
  }

  /// The end of the window that begins at `start`.
  package func endSQL(from start: String) -> String {
    switch self {
    case .tumble(let size), .hop(_, let size): "\(start) + \(IntervalText.sql(microseconds: size))"
    case .calendar(let windows): "tumble_end(\(start), \(windows.argumentsSQL))"
    }
  }

  /// The beginning of the pane that holds the time.
  package func paneStartSQL(of time: String) -> String {
    switch panes {
    case .fixed(let length): "tumble(\(time), \(IntervalText.sql(microseconds: length)))"
    case .calendar(let windows):
      "tumble(\(windows.grain.map { "tumble(\(time), \(IntervalText.sql(microseconds: $0)))" } ?? time), "
        + "\(windows.argumentsSQL))"
    }
  }

  /// The end of the pane that begins at `start`.
  package func paneEndSQL(from start: String) -> String {
    switch panes {
    case .fixed(let length): "\(start) + \(IntervalText.sql(microseconds: length))"
    case .calendar(let windows): "tumble_end(\(start), \(windows.argumentsSQL))"
    }
  }

  /// Whether all windows ended before the horizon that hold a stored row's pane. The primary key begins with
  /// `window_start`.
  func isRetiredSQL(by horizon: String) -> String {
    switch self {
    case .tumble(let size): "window_start < \(horizon) - \(IntervalText.sql(microseconds: size))"
    case .calendar: "window_start < \(horizon) AND window_end < \(horizon)"
    case .hop(let slide, let size):
      "window_start < tumble(\(horizon) - \(IntervalText.sql(microseconds: size + 1)), "
        + "\(IntervalText.sql(microseconds: slide))) + \(IntervalText.sql(microseconds: slide))"
    }
  }

  /// The beginning of the first pane that lies in a window which ends after the horizon.
  package func keptFromSQL(_ horizon: String) -> String {
    switch self {
    case .tumble, .calendar: horizon
    case .hop(let slide, let size):
      "tumble(\(horizon) - \(IntervalText.sql(microseconds: size)), \(IntervalText.sql(microseconds: slide)))"
        + " + \(IntervalText.sql(microseconds: slide))"
    }
  }

  /// The longest that a window is, as an SQL interval.
  package var longestSQL: String {
    IntervalText.sql(microseconds: longestMicroseconds)
  }
}

extension CalendarWindows {
  /// What follows the time in a call of `tumble`.
  fileprivate var argumentsSQL: String {
    "INTERVAL '\(lengthText)'" + (zone.map { ", \(quotedLiteral($0.name))" } ?? "")
  }

  /// `3 months`.
  var lengthText: String {
    switch length {
    case .days(let count): "\(count) days"
    case .months(let count): "\(count) months"
    }
  }
}

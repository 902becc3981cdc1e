import Plan
import SQLQuoting

/// What Postgres computes of windows, by the functions that the engine's schema has. Times are SQL expressions of the type
/// `timestamptz`.
///
/// A session's ends are its events', and so nothing here computes them. What sessions with a maximum are cut at is all that
/// is known of them beforehand: it stands for their panes.
extension WindowAssigner {
  /// The starts of all windows that hold the time: for windows that overlap a set, as rows. Not for sessions.
  package func startsSQL(of time: String) -> String {
    switch self {
    case .tumble, .calendar, .session: paneStartSQL(of: time)
    case .hop(let slide, let size):
      "hop(\(time), \(IntervalText.sql(microseconds: slide)), \(IntervalText.sql(microseconds: size)))"
    }
  }

  /// The end of the window that begins at `start`. Not for sessions.
  package func endSQL(from start: String) -> String {
    switch self {
    case .tumble(let size), .hop(_, let size): "\(start) + \(IntervalText.sql(microseconds: size))"
    case .calendar, .session: paneEndSQL(from: start)
    }
  }

  /// The beginning of the pane that holds the time; of sessions without a maximum, of which there is none, NULL.
  package func paneStartSQL(of time: String) -> String {
    switch panes {
    case .fixed(let length), .cells(_, within: .some(let length)):
      "tumble(\(time), \(IntervalText.sql(microseconds: length)))"
    case .calendar(let windows):
      "tumble(\(windows.grain.map { "tumble(\(time), \(IntervalText.sql(microseconds: $0)))" } ?? time), "
        + "\(windows.argumentsSQL))"
    // Of the type of the time, which may be a parameter.
    case .cells(_, within: nil): "NULLIF(\(time), \(time))"
    }
  }

  /// The end of the pane that begins at `start`.
  package func paneEndSQL(from start: String) -> String {
    switch panes {
    case .fixed(let length), .cells(_, within: .some(let length)):
      "\(start) + \(IntervalText.sql(microseconds: length))"
    case .calendar(let windows): "tumble_end(\(start), \(windows.argumentsSQL))"
    case .cells(_, within: nil): "NULLIF(\(start), \(start))"
    }
  }

  /// Whether all windows ended before the horizon that hold a stored row's pane. The primary key begins with
  /// `window_start`.
  func isRetiredSQL(by horizon: String) -> String {
    switch self {
    case .tumble(let size): "window_start < \(horizon) - \(IntervalText.sql(microseconds: size))"
    case .calendar, .session: "window_start < \(horizon) AND window_end < \(horizon)"
    case .hop(let slide, let size):
      "window_start < tumble(\(horizon) - \(IntervalText.sql(microseconds: size + 1)), "
        + "\(IntervalText.sql(microseconds: slide))) + \(IntervalText.sql(microseconds: slide))"
    }
  }

  /// The beginning of the first pane that lies in a window which ends after the horizon; NULL: nobody knows.
  package func keptFromSQL(_ horizon: String) -> String {
    switch self {
    case .tumble, .calendar: horizon
    case .session: paneStartSQL(of: horizon)
    case .hop(let slide, let size):
      "tumble(\(horizon) - \(IntervalText.sql(microseconds: size)), \(IntervalText.sql(microseconds: slide)))"
        + " + \(IntervalText.sql(microseconds: slide))"
    }
  }

  /// What a call of `session` has behind the event time.
  var sessionArgumentsSQL: String? {
    guard case .session(let gap, let maximum) = self else { return nil }
    return ([gap] + [maximum].compactMap { $0 }).map(IntervalText.sql(microseconds:)).joined(separator: ", ")
  }

  /// The end of the session whose last event was at that time.
  func sessionEndSQL(after last: String) -> String? {
    sessionArgumentsSQL.map { "session_end(\(last), \($0))" }
  }

  /// The gap that ends a session, as an SQL interval; nil for other windows.
  package var gapSQL: String? {
    guard case .session(let gap, _) = self else { return nil }
    return IntervalText.sql(microseconds: gap)
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

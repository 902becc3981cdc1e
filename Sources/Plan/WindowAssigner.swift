import Events

/// How an event is assigned to windows. All times in microseconds since 1970 UTC.
///
/// What is stored is a row for each *pane*: a stretch of event time that lies in the same windows as a whole, so that an
/// event costs one update however many windows hold it. A window that overlaps no other is its own pane.
public enum WindowAssigner: Hashable, Sendable {
  /// Windows of equal size, aligned to 2000-01-01T00:00:00Z as Postgres' `date_bin` examples do.
  case tumble(sizeMicroseconds: Int64)
  /// Windows of whole days or months of a calendar, which are not equally long.
  case calendar(CalendarWindows)
  /// Windows of equal size that begin every `slide`, aligned in the same way. The slide is not longer than the size.
  case hop(slideMicroseconds: Int64, sizeMicroseconds: Int64)
  /// Windows of a group's own: events that follow each other within less than the gap, from the first of them until the gap
  /// has passed after the last. With a maximum, which is longer than the gap, they are cut where windows of
  /// `tumble(maximum)` begin: a cut that depends on no event.
  case session(gapMicroseconds: Int64, maximumMicroseconds: Int64?)
}

extension WindowAssigner {
  /// Where windows are counted from: 2000-01-01T00:00:00Z.
  public static let origin: Int64 = 946_684_800_000_000

  /// Whether an event may lie in more than one window.
  public var isOverlapping: Bool {
    switch self {
    case .tumble, .calendar, .session: false
    case .hop: true
    }
  }

  /// Whether a group's windows are made by its events: what is stored is merged with what an event joins.
  public var isSession: Bool {
    if case .session = self { true } else { false }
  }

  /// Whether windows follow from the time alone, and are there also when nothing happens.
  public var isRegular: Bool { !isSession }

  /// The longest time from the beginning of a window to that of the next one. Of sessions, whose beginnings nobody knows, as
  /// long as one is.
  public var stepMicroseconds: Int64 {
    if case .hop(let slide, _) = self { slide } else { longestMicroseconds }
  }

  /// The longest that a window is. Of sessions without a maximum, which may go on for ever, the gap: the longest that one is
  /// open after its last event.
  public var longestMicroseconds: Int64 {
    switch self {
    case .tumble(let size), .hop(_, let size): size
    case .calendar(let windows): windows.longestMicroseconds
    case .session(let gap, let maximum): maximum ?? gap
    }
  }

  /// Whether windows have a greatest length.
  public var isBounded: Bool {
    if case .session(_, nil) = self { false } else { true }
  }

  /// How panes divide event time.
  public var panes: PaneAssigner {
    switch self {
    case .tumble(let size): .fixed(microseconds: size)
    case .calendar(let windows): .calendar(windows)
    case .hop(let slide, let size): .fixed(microseconds: greatestCommonDivisor(slide, size))
    case .session(let gap, let maximum): .cells(microseconds: gap, within: maximum)
    }
  }

  /// Windows that are what is stored: panes, or sessions.
  public var ofPanes: WindowAssigner {
    switch self {
    case .tumble, .calendar, .session: self
    case .hop(let slide, let size): .tumble(sizeMicroseconds: greatestCommonDivisor(slide, size))
    }
  }

  /// The last of the windows that hold the time: when it is closed, all of them are.
  ///
  /// Of sessions the moment alone, by which an event is judged for itself: it is late when the watermark has passed it.
  /// Were an event in time as long as a session of its own would be open, one between the end of a closed session and the
  /// watermark could still lengthen that.
  public func lastWindow(of time: Int64) -> Range<Int64> {
    switch self {
    case .tumble, .calendar: return panes.pane(of: time)
    case .hop(let slide, let size):
      let start = PaneAssigner.fixed(microseconds: slide).pane(of: time).lowerBound
      return start..<start + size
    case .session: return time..<time + 1
    }
  }

  /// The session of a single event, or of several that belong to one.
  ///
  /// - Parameter last: the last of their times. All of them lie in the same window of the maximum.
  /// - Returns: nil for windows that are no sessions.
  public func sessionEnd(after last: Int64) -> Int64? {
    guard case .session(let gap, let maximum) = self else { return nil }
    guard let maximum else { return last + gap }
    return min(last + gap, PaneAssigner.fixed(microseconds: maximum).pane(of: last).upperBound)
  }
}

/// How event time is divided into panes.
public enum PaneAssigner: Hashable, Sendable {
  /// Panes of equal length, aligned to `WindowAssigner.origin`.
  case fixed(microseconds: Int64)
  case calendar(CalendarWindows)
  /// Where the events of a session are gathered: of two events of a group in one cell, the later one is in the session of the
  /// first. Cells are at most that long, and each lies in one window of the greater length, where there is one.
  case cells(microseconds: Int64, within: Int64?)

  /// The pane that holds the time.
  public func pane(of time: Int64) -> Range<Int64> {
    switch self {
    case .fixed(let length):
      let start = (time - WindowAssigner.origin).floored(to: length) + WindowAssigner.origin
      return start..<start + length
    case .calendar(let windows): return windows.window(of: time)
    case .cells(let length, let maximum):
      guard let maximum else { return PaneAssigner.fixed(microseconds: length).pane(of: time) }
      let whole = PaneAssigner.fixed(microseconds: maximum).pane(of: time)
      let start = time - (time - whole.lowerBound) % length
      return start..<min(start + length, whole.upperBound)
    }
  }

  /// The times of the events that are in a pane.
  public func events(of pane: Range<Int64>) -> Range<Int64> {
    switch self {
    case .fixed, .cells: pane
    case .calendar(let windows): windows.events(of: pane)
    }
  }

  /// Whether the end of what is stored follows from its beginning.
  public var isFixed: Bool {
    switch self {
    case .fixed: true
    case .calendar, .cells: false
    }
  }
}

private func greatestCommonDivisor(_ left: Int64, _ right: Int64) -> Int64 {
  var (left, right) = (left, right)
  while right != 0 { (left, right) = (right, left % right) }
  return left
}

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
}

extension WindowAssigner {
  /// Where windows are counted from: 2000-01-01T00:00:00Z.
  public static let origin: Int64 = 946_684_800_000_000

  /// Whether an event may lie in more than one window.
  public var isOverlapping: Bool {
    switch self {
    case .tumble, .calendar: false
    case .hop: true
    }
  }

  /// The longest that a window is.
  public var longestMicroseconds: Int64 {
    switch self {
    case .tumble(let size), .hop(_, let size): size
    case .calendar(let windows): windows.longestMicroseconds
    }
  }

  /// How panes divide event time.
  public var panes: PaneAssigner {
    switch self {
    case .tumble(let size): .fixed(microseconds: size)
    case .calendar(let windows): .calendar(windows)
    case .hop(let slide, let size): .fixed(microseconds: greatestCommonDivisor(slide, size))
    }
  }

  /// Windows that are these panes.
  public var ofPanes: WindowAssigner {
    switch panes {
    case .fixed(let length): .tumble(sizeMicroseconds: length)
    case .calendar(let windows): .calendar(windows)
    }
  }

  /// The last of the windows that hold the time: when it is closed, all of them are.
  public func lastWindow(of time: Int64) -> Range<Int64> {
    switch self {
    case .tumble, .calendar: return panes.pane(of: time)
    case .hop(let slide, let size):
      let start = PaneAssigner.fixed(microseconds: slide).pane(of: time).lowerBound
      return start..<start + size
    }
  }
}

/// How event time is divided into panes.
public enum PaneAssigner: Hashable, Sendable {
  /// Panes of equal length, aligned to `WindowAssigner.origin`.
  case fixed(microseconds: Int64)
  case calendar(CalendarWindows)

  /// The pane that holds the time.
  public func pane(of time: Int64) -> Range<Int64> {
    switch self {
    case .fixed(let length):
      let offset = time - WindowAssigner.origin
      let quotient = offset / length
      let start = (offset % length < 0 ? quotient - 1 : quotient) * length + WindowAssigner.origin
      return start..<start + length
    case .calendar(let windows): return windows.window(of: time)
    }
  }

  /// The times of the events that are in a pane.
  public func events(of pane: Range<Int64>) -> Range<Int64> {
    switch self {
    case .fixed: pane
    case .calendar(let windows): windows.events(of: pane)
    }
  }

  /// Whether all panes are equally long.
  public var isFixed: Bool {
    switch self {
    case .fixed: true
    case .calendar: false
    }
  }
}

private func greatestCommonDivisor(_ left: Int64, _ right: Int64) -> Int64 {
  var (left, right) = (left, right)
  while right != 0 { (left, right) = (right, left % right) }
  return left
}

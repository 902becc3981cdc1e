import Plan

/// When the windows of an aggregate close, worked out without looking at its rows.
struct WindowTimes {
  private let window: WindowAssigner

  init(_ window: WindowAssigner) {
    self.window = window
  }

  /// Whether a window may have ended after one time and not after the other. Sessions end at any time.
  func mayClose(after earlier: Int64, until time: Int64) -> Bool {
    guard time > earlier else { return false }
    guard window.isRegular else { return true }
    return !windows(endingAfter: earlier, until: time, atMost: 1).isEmpty
  }

  /// Windows that end after one time and not after the other, the oldest first. None for sessions.
  func windows(endingAfter earlier: Int64, until time: Int64, atMost limit: Int) -> [Range<Int64>] {
    var found: [Range<Int64>] = []
    guard earlier < time else { return [] }
    switch window {
    case .tumble(let size): fixed(size, size, earlier, time, limit, &found)
    case .hop(let slide, let size): fixed(slide, size, earlier, time, limit, &found)
    case .calendar:
      var pane = window.panes.pane(of: earlier)
      while pane.upperBound <= time, found.count < limit {
        found.append(pane)
        pane = window.panes.pane(of: pane.upperBound)
      }
    case .session: break
    }
    return found
  }

  private func fixed(
    _ slide: Int64, _ size: Int64, _ earlier: Int64, _ time: Int64, _ limit: Int, _ found: inout [Range<Int64>]
  ) {
    // The last beginning of a window that ended by the earlier time.
    var start = PaneAssigner.fixed(microseconds: slide).pane(of: earlier - size).lowerBound + slide
    while start + size <= time, found.count < limit {
      found.append(start..<start + size)
      start += slide
    }
  }
}

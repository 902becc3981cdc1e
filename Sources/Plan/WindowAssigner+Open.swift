extension WindowAssigner {
  /// Where the first window begins that ends after the watermark; every window that begins before it is closed.
  ///
  /// Of sessions it is the cut before the watermark: those that began before it end there at the latest.
  ///
  /// - Returns: nil for sessions without a maximum, of which nobody knows when the open ones began.
  public func firstOpen(at watermark: Int64) -> Int64? {
    switch self {
    case .tumble, .calendar: panes.pane(of: watermark).lowerBound
    case .hop(let slide, let size): Self.start(of: watermark - size, slide) + slide
    case .session(_, let maximum): maximum.map { Self.start(of: watermark, $0) }
    }
  }

  private static func start(of time: Int64, _ length: Int64) -> Int64 {
    PaneAssigner.fixed(microseconds: length).pane(of: time).lowerBound
  }
}

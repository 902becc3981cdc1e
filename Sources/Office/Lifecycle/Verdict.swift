import Detection

/// What a detector says of one window of a key.
package struct Verdict: Hashable {
  /// When the window begins and ends, in microseconds since 1970.
  package var start: Int64
  package var end: Int64
  package var value: Double
  var weight: Int
  /// nil: nothing is wrong.
  var finding: Finding?

  package var isBad: Bool { finding != nil }
}

/// What becomes of an alert about a key.
package enum AlertChange: Hashable {
  /// Raised, for the window that made it so.
  /// - Parameters:
  ///   - since: when the first of its bad windows begins.
  ///   - windows: how many there were.
  ///   - reopens: the key's last alert was over a short time ago: it goes on.
  case fired(Verdict, since: Int64, windows: Int, reopens: Bool)
  /// Another bad window, whose verdict may be a worse one than before; or one less, which is good now.
  case updated(Verdict, windows: Int)
  /// Over with this window's end.
  /// - Parameter windows: the bad ones that were taken back.
  case resolved(at: Int64, windows: Int, isTakenBack: Bool)
}

/// When alerts are raised and over, in terms of one aggregate's windows.
struct LifecycleRules: Hashable {
  var forWindows = 1
  var keepFiringWindows = 0
  var cooldown: Int64 = 0
  /// From the beginning of a window to that of the next one.
  var step: Int64
  /// How much longer a window is than that: of windows that overlap.
  var overlap: Int64 = 0
  /// The side on which a value is worse.
  var direction = DetectorConfiguration.Direction.above

  /// A key that fails again within so many windows after it was over flaps: it is kept firing twice as long each time.
  static let flappingWindows: Int64 = 30
  /// How often that doubles.
  static let mostFlaps = 5

  /// When a window ends.
  func end(of start: Int64) -> Int64 { start + step + overlap }

  /// How many windows later another one begins.
  func windows(from start: Int64, to later: Int64) -> Int {
    step > 0 ? Int(clamping: (later - start) / step) : 0
  }
}

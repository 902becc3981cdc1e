/// How far ahead, in windows, and of which windows it is remembered what was known then.
struct Horizon: Sendable, Hashable {
  let microseconds: Int64
  let steps: Int64
  /// Every so many windows a note is kept. Errors of the windows between them are measured with the note before.
  let stride: Int64
  /// How many notes there may be at a time.
  let notes: Int
  /// A day ahead, for which the recent past says little and the time of day nearly all.
  let isSeason: Bool

  private static let shortNotes: Int64 = 8
  private static let seasonNotes: Int64 = 24

  init(microseconds: Int64, step: Int64) {
    self.microseconds = microseconds
    steps = microseconds / step
    isSeason = microseconds == Forecaster.microsecondsPerDay
    let most = isSeason ? Self.seasonNotes : Self.shortNotes
    var stride = (steps + most - 1) / most
    // Not at the same times of each day.
    if isSeason { while stride > 1, Self.greatestCommonDivisor(stride, steps) > 1 { stride += 1 } }
    self.stride = stride
    notes = Int((steps + stride - 1) / stride) + 1
  }

  /// So many errors have to be known before there is a forecast.
  var fewestChecks: Int64 { max(8, steps / 12) }

  /// How quickly bands follow. The errors of windows that follow each other are alike the more, the further ahead they
  /// were made.
  var pace: Double { min(1, 20 / Double(steps)).squareRoot() }

  private static func greatestCommonDivisor(_ left: Int64, _ right: Int64) -> Int64 {
    var (left, right) = (left, right)
    while right != 0 { (left, right) = (right, left % right) }
    return left
  }
}

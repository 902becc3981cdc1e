/// Lengths of time as Postgres reads them, in seconds.
enum IntervalText {
  /// `INTERVAL '60 seconds'`.
  static func sql(microseconds: Int64) -> String {
    "INTERVAL '\(text(microseconds: microseconds))'"
  }

  /// `60 seconds`.
  static func text(microseconds: Int64) -> String {
    let seconds = microseconds / 1_000_000
    let fraction = microseconds % 1_000_000
    if fraction == 0 { return "\(seconds) seconds" }
    let digits = String(fraction)
    return "\(seconds).\(String(repeating: "0", count: 6 - digits.count))\(digits) seconds"
  }
}

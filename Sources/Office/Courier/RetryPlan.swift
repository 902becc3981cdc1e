/// When a notification is tried again, and when no more.
struct RetryPlan {
  /// Attempts of a message that the target refuses: its owner may be about to put something right.
  static let maximumRefusals = 8
  private static let longestMilliseconds = 300_000
  /// What a target may ask for.
  static let longestRestSeconds = 3_600

  let giveUpSeconds: Int

  /// How long to wait, in milliseconds: a second, twice as long each time, up to five minutes, less up to a half so that
  /// not all come back together. nil: it is given up.
  ///
  /// - Parameters:
  ///   - attempts: that have failed, this one included.
  ///   - ageSeconds: since the notification was written.
  func wait(
    attempts: Int, ageSeconds: Int64, isRefused: Bool, using generator: inout some RandomNumberGenerator
  ) -> Int? {
    if isRefused, attempts >= Self.maximumRefusals { return nil }
    if ageSeconds >= Int64(giveUpSeconds) { return nil }
    let longest = min(1_000 << min(max(attempts - 1, 0), 20), Self.longestMilliseconds)
    return Int.random(in: longest / 2...longest, using: &generator)
  }
}

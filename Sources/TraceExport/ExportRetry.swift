/// Whether and when spans are sent again that a collector has not taken: as OTLP wants it, with waits that double, and jitter.
struct ExportRetry: Sendable {
  /// After so many attempts they are given up: newer ones wait.
  static let attempts = 5
  private static let firstWait = 1_000
  private static let longestWait = 30_000

  /// OTLP's list. Any other answer means that the same request would not be taken later either.
  static func isRetryable(_ status: Int) -> Bool { [429, 502, 503, 504].contains(status) }

  /// Milliseconds until the next attempt; nil: there is none.
  ///
  /// - Parameters:
  ///   - failures: attempts that have failed.
  ///   - retryAfterSeconds: what the collector asks for; 0: nothing.
  static func wait(
    failures: Int, retryAfterSeconds: Int, using generator: inout some RandomNumberGenerator
  ) -> Int? {
    guard failures < attempts else { return nil }
    let wait = min(firstWait << max(0, failures - 1), longestWait)
    let asked = min(max(0, retryAfterSeconds), longestWait / 1_000) * 1_000
    return max(Int.random(in: wait / 2...wait, using: &generator), asked)
  }
}

import Glibc
import Threads

/// Waiting with a limit.
enum Patience {
  /// Asks again and again until there is a value.
  ///
  /// - Parameter what: for the error when there is none in that time.
  static func wait<Value>(
    for what: @autoclosure () -> String, seconds: Int, interrupted: () -> Bool, until value: () throws -> Value?
  ) throws -> Value {
    let deadline = Clock.monotonicMilliseconds() + seconds * 1000
    while true {
      if let value = try value() { return value }
      if interrupted() { throw CrashTestError.interrupted }
      guard Clock.monotonicMilliseconds() < deadline else {
        throw CrashTestError.stuck("\(what()) within \(seconds) s")
      }
      usleep(50_000)
    }
  }
}

import Glibc

/// Monotonic.
func nowMilliseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

func wallMilliseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

/// Waiting with a limit.
enum Patience {
  /// Asks again and again until there is a value.
  ///
  /// - Parameter what: for the error when there is none in that time.
  static func wait<Value>(
    for what: @autoclosure () -> String, seconds: Int, interrupted: () -> Bool, until value: () throws -> Value?
  ) throws -> Value {
    let deadline = nowMilliseconds() + seconds * 1000
    while true {
      if let value = try value() { return value }
      if interrupted() { throw CrashTestError.interrupted }
      guard nowMilliseconds() < deadline else { throw CrashTestError.stuck("\(what()) within \(seconds) s") }
      usleep(50_000)
    }
  }
}

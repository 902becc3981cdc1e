import Glibc

/// The machine's clocks. Microseconds unless the name says otherwise.
public enum Clock {
  /// Only goes forward; for durations and deadlines.
  public static func monotonic() -> Int64 { monotonicNanoseconds() / 1000 }

  public static func monotonicMilliseconds() -> Int { Int(monotonicNanoseconds() / 1_000_000) }

  public static func monotonicNanoseconds() -> Int64 { nanoseconds(CLOCK_MONOTONIC) }

  /// Since 1970-01-01T00:00:00Z; may be set.
  public static func wall() -> Int64 { nanoseconds(CLOCK_REALTIME) / 1000 }

  public static func wallMilliseconds() -> Int64 { nanoseconds(CLOCK_REALTIME) / 1_000_000 }

  private static func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

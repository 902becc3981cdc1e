import Glibc

/// The machine's clocks, in microseconds.
enum Clock {
  /// Only goes forward; for durations and deadlines.
  static func monotonic() -> Int64 {
    read(CLOCK_MONOTONIC)
  }

  /// Since 1970-01-01T00:00:00Z; may be set.
  static func wall() -> Int64 {
    read(CLOCK_REALTIME)
  }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}

/// What a worker takes for the time, in microseconds: the machine's clocks in production, simulated ones in the
/// simulation.
package protocol TimeSource {
  /// Only goes forward; for durations and deadlines.
  func monotonic() -> Int64
  /// Since 1970-01-01T00:00:00Z; may be set.
  func wall() -> Int64
}

struct MachineTime: TimeSource {
  func monotonic() -> Int64 { Clock.monotonic() }
  func wall() -> Int64 { Clock.wall() }
}

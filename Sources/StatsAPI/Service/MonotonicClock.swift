import Glibc

/// Milliseconds since any fixed moment; never goes back. Called on any thread.
public typealias MonotonicClock = @Sendable () -> Int64

/// The system's monotonic clock.
public func systemMonotonicMilliseconds() -> Int64 { monotonicNanoseconds() / 1_000_000 }

func monotonicNanoseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

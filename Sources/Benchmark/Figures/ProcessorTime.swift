import Glibc

/// CPU time and wall time, in seconds.
public struct ProcessorTime: Sendable {
  public var cpu: Double
  public var wall: Double

  /// Of the calling thread.
  static func ofThisThread() -> ProcessorTime {
    ProcessorTime(cpu: read(CLOCK_THREAD_CPUTIME_ID), wall: read(CLOCK_MONOTONIC))
  }

  /// Of all threads of this process.
  static func ofThisProcess() -> ProcessorTime {
    ProcessorTime(cpu: read(CLOCK_PROCESS_CPUTIME_ID), wall: read(CLOCK_MONOTONIC))
  }

  static func - (end: ProcessorTime, start: ProcessorTime) -> ProcessorTime {
    ProcessorTime(cpu: end.cpu - start.cpu, wall: end.wall - start.wall)
  }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

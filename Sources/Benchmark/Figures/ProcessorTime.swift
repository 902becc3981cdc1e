import Glibc

/// CPU time and wall time, in seconds.
struct ProcessorTime {
  var cpu: Double
  var wall: Double

  /// Of the calling thread.
  static func ofThisThread() -> ProcessorTime {
    ProcessorTime(cpu: seconds(of: CLOCK_THREAD_CPUTIME_ID), wall: monotonicSeconds())
  }

  /// Of all threads of this process.
  static func ofThisProcess() -> ProcessorTime {
    ProcessorTime(cpu: seconds(of: CLOCK_PROCESS_CPUTIME_ID), wall: monotonicSeconds())
  }

  static func - (end: ProcessorTime, start: ProcessorTime) -> ProcessorTime {
    ProcessorTime(cpu: end.cpu - start.cpu, wall: end.wall - start.wall)
  }
}

import Glibc
import Synchronization
import Threads

/// Set by the command when it is told to end; every wait of a bench looks at it, so that all is taken down in order.
public enum Interruption {
  private static let flag = Atomic(false)

  public static func request() {
    flag.store(true, ordering: .relaxed)
  }

  static func check() throws {
    if flag.load(ordering: .relaxed) { throw BenchmarkError.interrupted }
  }
}

/// Asks again and again until there is a value.
///
/// - Parameter everyMilliseconds: the pause between two questions.
func wait<Value>(
  for what: String, seconds: Double, everyMilliseconds: Int = 20, until value: () throws -> Value?
) throws -> Value {
  let deadline = monotonicSeconds() + seconds
  while true {
    try Interruption.check()
    if let value = try value() { return value }
    guard monotonicSeconds() < deadline else { throw BenchmarkError.timeout(what) }
    usleep(UInt32(everyMilliseconds * 1000))
  }
}

func pause(seconds: Double) throws {
  let end = monotonicSeconds() + seconds
  while monotonicSeconds() < end {
    try Interruption.check()
    usleep(UInt32(min(0.1, max(0, end - monotonicSeconds())) * 1e6))
  }
}

func monotonicSeconds() -> Double { Double(Clock.monotonicNanoseconds()) / 1e9 }

/// Of a clock of processor time.
func seconds(of clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

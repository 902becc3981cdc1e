import Threads

/// What a worker takes for the time, in microseconds: the machine's clocks in production, simulated ones in the
/// simulation.
package protocol TimeSource {
  /// Only goes forward; for durations and deadlines.
  func monotonic() -> Int64
  /// Since 1970-01-01T00:00:00Z; may be set.
  func wall() -> Int64
}

/// The machine's clocks; a wall clock that is set back goes on from where it was, so that events of this moment do not
/// become events of the future.
struct MachineTime: TimeSource {
  private let start: (monotonic: Int64, wall: Int64)

  init() {
    start = (Clock.monotonic(), Clock.wall())
  }

  func monotonic() -> Int64 { Clock.monotonic() }

  func wall() -> Int64 { MachineTime.wall(Clock.wall(), monotonic: Clock.monotonic(), since: start) }

  static func wall(_ wall: Int64, monotonic: Int64, since start: (monotonic: Int64, wall: Int64)) -> Int64 {
    max(wall, start.wall + (monotonic - start.monotonic))
  }
}

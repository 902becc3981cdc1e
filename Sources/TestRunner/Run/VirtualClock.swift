import Processing

/// The time of a test: a wall clock that shows what the test says, and a monotonic one that goes along with it. Between two
/// steps only the monotonic one moves, a little, so that what is due by it happens.
final class VirtualClock: TimeSource {
  private(set) var now: Int64
  private var elapsed: Int64 = 0
  /// How far the monotonic clock is ahead of what the wall clock has gone.
  private var ahead: Int64 = 0

  /// - Parameter now: in microseconds since 1970.
  init(now: Int64) {
    self.now = now
  }

  func wall() -> Int64 { now }

  func monotonic() -> Int64 { elapsed + ahead }

  /// Goes on to a time that is not earlier than now.
  func advance(to time: Int64) {
    let step = time - now
    now = time
    elapsed += step
    ahead = max(0, ahead - step)
  }

  /// What the wall clock shows when it has gone on to where the monotonic one shows `time`.
  func wall(at time: Int64) -> Int64 { now + time - elapsed }

  /// A microsecond of the monotonic clock.
  func tick() {
    ahead += 1
  }
}

/// How far a replica is behind, from what is seen of both servers' logs: the time since the primary was where the replica
/// is now. No clock but the caller's is needed, and a replica that has everything of an idle primary is not behind.
///
/// A value without a clock: times are microseconds of any monotonic one, positions bytes of the log.
struct ReplicaLag {
  /// With four looks a second, those of a quarter of an hour.
  private static let capacity = 4_096

  private var samples: [(time: Int64, position: Int64)] = []

  /// The primary's log ended at `position` at `time`.
  mutating func saw(primary position: Int64, at time: Int64) {
    // Where it stands still, the first look is the one that counts.
    guard samples.last.map({ position > $0.position }) ?? true else { return }
    if samples.count == Self.capacity { samples.removeFirst(Self.capacity / 2) }
    samples.append((time, position))
  }

  /// Seconds that a replica is behind which has replayed so much; nil: the primary was never seen. At least so many where
  /// it is behind all that is remembered.
  mutating func seconds(replayed: Int64, now: Int64) -> Double? {
    guard let last = samples.last else { return nil }
    guard replayed < last.position else {
      samples.removeFirst(samples.count - 1)
      return 0
    }
    // What the replica has is not asked for again.
    if let next = samples.firstIndex(where: { $0.position > replayed }), next > 0 { samples.removeFirst(next) }
    return Double(max(0, now - samples[0].time)) / 1_000_000
  }
}

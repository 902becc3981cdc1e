/// How far event time has come in each partition of one worker, and in all of them together.
///
/// The watermark says: no more events older than this are expected. It is the minimum over the partitions that are not
/// idle; a partition is idle after a time without events and then goes along with the others. When all are silent the
/// watermark goes on with the wall clock, so that the last windows close. It never goes back. (Akidau et al., "The
/// Dataflow Model", VLDB 2015; idle sources as in Flink.)
///
/// No event carries it further than `maxAhead` past the wall clock: one device with a fast clock would otherwise close
/// the windows that all others still write to.
///
/// All times in microseconds; event times and `wall` since 1970, `now` on any clock that only goes forward.
public struct WatermarkTracker: Sendable {
  private struct Partition {
    /// Greatest event time less the out-of-orderness; nil before the first event.
    var watermark: Int64?
    var lastActivity: Int64
    var isIdle = false
  }

  private let outOfOrderness: Int64
  private let idleTimeout: Int64
  private let maxAhead: Int64
  private var partitions: [Int32: Partition] = [:]
  private var combined: Int64?
  /// Since when all partitions are idle, and the watermark at that moment.
  private var silence: (since: Int64, watermark: Int64)?

  public init(outOfOrdernessMicroseconds: Int64, idleTimeoutMicroseconds: Int64, maxAheadMicroseconds: Int64) {
    outOfOrderness = outOfOrdernessMicroseconds
    idleTimeout = idleTimeoutMicroseconds
    maxAhead = maxAheadMicroseconds
  }

  /// Takes a partition in, with the watermark that its progress row holds. One that is too far ahead of the wall clock
  /// is taken back: the clock of whoever stored it was wrong.
  public mutating func assign(_ partition: Int32, watermark: Int64?, now: Int64, wall: Int64) {
    let latest = limit(wall)
    partitions[partition] = Partition(watermark: watermark.map { min($0, latest) }, lastActivity: now)
  }

  /// No watermark is later than this.
  private func limit(_ wall: Int64) -> Int64 {
    let (sum, overflow) = wall.addingReportingOverflow(maxAhead)
    return overflow ? .max : sum
  }

  /// Lets a partition go; it no longer holds the watermark back.
  public mutating func release(_ partition: Int32) {
    partitions[partition] = nil
    if partitions.isEmpty {
      combined = nil
      silence = nil
    }
  }

  /// Notes that the partition brought events, the latest of them with this event time.
  ///
  /// - Returns: whether that would have carried the watermark too far ahead of the wall clock.
  @discardableResult
  public mutating func observe(_ partition: Int32, maxEventTime: Int64, now: Int64, wall: Int64) -> Bool {
    guard var state = partitions[partition] else { return false }
    let latest = limit(wall)
    let candidate = min(maxEventTime - outOfOrderness, latest)
    state.watermark = max(state.watermark ?? candidate, candidate)
    state.lastActivity = now
    state.isIdle = false
    partitions[partition] = state
    silence = nil
    return maxEventTime - outOfOrderness > latest
  }

  /// Says that the partition is not silent: it has events that cannot be read yet, which must not be late when they can.
  public mutating func stayActive(_ partition: Int32, now: Int64) {
    partitions[partition]?.lastActivity = now
    partitions[partition]?.isIdle = false
    silence = nil
  }

  /// Says that for this long nothing could be read, because the broker or the database was away: that was no silence.
  public mutating func skip(_ duration: Int64) {
    for number in partitions.keys { partitions[number]?.lastActivity += duration }
    silence?.since += duration
  }

  /// The combined watermark at this moment; nil while no event has been seen.
  public mutating func advance(now: Int64) -> Int64? {
    var lowest: Int64?
    var isWaiting = false
    for (number, state) in partitions {
      if !state.isIdle, now - state.lastActivity >= idleTimeout { partitions[number]?.isIdle = true }
      guard partitions[number]?.isIdle == false else { continue }
      // An active partition without any event yet may still bring the oldest ones: nothing can be said before.
      guard let watermark = state.watermark else {
        isWaiting = true
        continue
      }
      lowest = min(lowest ?? watermark, watermark)
    }
    if isWaiting { return combined }
    if let lowest {
      combined = max(combined ?? lowest, lowest)
    } else if let reached = silence {
      combined = max(combined ?? reached.watermark, reached.watermark + max(0, now - reached.since))
    } else if let greatest = partitions.values.compactMap(\.watermark).max() {
      let watermark = max(combined ?? greatest, greatest)
      combined = watermark
      silence = (since: now, watermark: watermark)
    }
    return combined
  }

  /// Whether the partition has been silent for so long that it no longer holds the watermark back.
  public func isIdle(_ partition: Int32) -> Bool {
    partitions[partition]?.isIdle ?? false
  }

  /// What to store for a partition: its own watermark, but not less than the combined one. What is computed of the stored
  /// ones, by readers and after a restart, then goes back as little as the combined one does. nil: it may still bring the
  /// oldest event.
  public func stored(_ partition: Int32) -> Int64? {
    guard let state = partitions[partition] else { return nil }
    guard let combined else { return state.watermark }
    return state.watermark.map { max($0, combined) } ?? (state.isIdle ? combined : nil)
  }
}

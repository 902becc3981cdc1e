import Events

/// The value of the earliest or the latest event time; of several with that time the least or the greatest, so that it does
/// not matter in which order they come.
///
/// - Parameters:
///   - values: of the events.
///   - bests: the values that groups have.
///   - bestTimes: when those were.
///   - wantsLater: whether it is the latest one and the greatest.
@inline(__always)
func pick<Value>(
  _ values: UnsafeMutablePointer<Value>, _ times: UnsafeMutablePointer<Int64>, _ bests: StateColumn,
  _ bestTimes: StateColumn, _ presences: StateColumn, _ groups: UnsafePointer<Int32>, _ mask: UnsafePointer<UInt8>?,
  _ count: Int, wantsLater: Bool, _ isLess: (Value, Value) -> Bool
) {
  for event in 0..<count where mask?[event] ?? 1 == 1 {
    let group = groups[event]
    let best = bests.cell(group, of: Value.self)
    let bestTime = bestTimes.cell(group, of: Int64.self)
    let present = presences.cell(group, of: UInt8.self)
    let time = times[event]
    if present.pointee == 1 {
      let isNext = wins(time, over: bestTime.pointee, wantsLater) {
        wantsLater ? isLess(best.pointee, values[event]) : isLess(values[event], best.pointee)
      }
      if !isNext { continue }
    }
    best.pointee = values[event]
    bestTime.pointee = time
    present.pointee = 1
  }
}

/// Whether an event takes the place of the best one so far; of equal times the values decide.
@inline(__always)
private func wins(_ time: Int64, over best: Int64, _ wantsLater: Bool, byValue: () -> Bool) -> Bool {
  time == best ? byValue() : wantsLater == (time > best)
}

/// The same of texts. Each group has a place of its own for its text, which is written over as long as the next one fits: the
/// latest of a million texts takes no more memory than the longest.
///
/// - Parameter capacities: bytes of those places.
func pickTexts(
  _ values: UnsafePointer<TextView>, _ times: UnsafeMutablePointer<Int64>, _ bests: StateColumn,
  _ bestTimes: StateColumn, _ capacities: StateColumn, _ presences: StateColumn, _ groups: UnsafePointer<Int32>,
  _ mask: UnsafePointer<UInt8>?, _ count: Int, _ texts: inout TextArena, wantsLater: Bool
) {
  // Events in no group may have any text.
  for event in 0..<count where groups[event] != 0 && mask?[event] ?? 1 == 1 {
    let group = groups[event]
    let best = bests.cell(group, of: TextView.self)
    let bestTime = bestTimes.cell(group, of: Int64.self)
    let present = presences.cell(group, of: UInt8.self)
    let time = times[event]
    if present.pointee == 1 {
      let isNext = wins(time, over: bestTime.pointee, wantsLater) {
        let order = orderOfTexts(values[event], best.pointee)
        return wantsLater ? order > 0 : order < 0
      }
      if !isNext { continue }
    }
    best.pointee = copy(values[event], to: best.pointee, capacities.cell(group, of: Int.self), &texts)
    bestTime.pointee = time
    present.pointee = 1
  }
}

/// - Parameters:
///   - place: where the group's text was; read only when `capacity` is not 0.
///   - capacity: bytes that fit there; grows to a power of two.
private func copy(
  _ text: TextView, to place: TextView, _ capacity: UnsafeMutablePointer<Int>, _ texts: inout TextArena
) -> TextView {
  guard text.count > 0 else { return capacity.pointee == 0 ? .empty : TextView(start: place.start, count: 0) }
  var start = UnsafeMutablePointer(mutating: place.start)
  if text.count > capacity.pointee {
    capacity.pointee = max(16, 1 << (Int.bitWidth - (text.count - 1).leadingZeroBitCount))
    start = texts.reserve(capacity.pointee)
  }
  start.update(from: text.start, count: text.count)
  return TextView(start: UnsafePointer(start), count: text.count)
}

import Events
import Plan

/// When the first and the last event of each group were: two cells of a group's row beside its accumulators. The events of
/// a group lie in one cell of time and so in one session, whose ends these are.
struct SessionBounds {
  private let window: WindowAssigner
  private let first: Int
  private let last: Int

  /// nil for windows that are no sessions.
  ///
  /// - Parameter layout: gets the cells.
  init?(_ window: WindowAssigner, layout: inout GroupStates.Layout) {
    guard window.isSession else { return nil }
    self.window = window
    first = layout.add(bytes: 8)
    last = layout.add(bytes: 8)
  }

  // A group without an event is all zeros. So both cells grow, from 1 on: as the distance from what no event time is
  // before, and from what none is after.
  private static let earliest = UInt64(bitPattern: WindowOperator.earliest) &- 1
  private static let latest = UInt64(bitPattern: WindowOperator.latest) &+ 1

  /// Adds a batch: event `i` goes to `groups[i]`.
  func add(_ times: UnsafePointer<Int64>, to states: GroupStates, _ groups: UnsafePointer<Int32>, _ count: Int) {
    let firsts = StateColumn(start: states.base + first)
    let lasts = StateColumn(start: states.base + last)
    for event in 0..<count {
      let time = UInt64(bitPattern: times[event])
      let before = firsts.cell(groups[event], of: UInt64.self)
      let after = lasts.cell(groups[event], of: UInt64.self)
      before.pointee = max(before.pointee, SessionBounds.latest &- time)
      after.pointee = max(after.pointee, time &- SessionBounds.earliest)
    }
  }

  /// Where the sessions of all groups begin and end, whose rows are in `copy`.
  func drain(_ copy: DeltaRows) -> (starts: [Int64], ends: [Int64]) {
    let firsts = DeltaCells(rows: copy, offset: first)
    let lasts = DeltaCells(rows: copy, offset: last)
    var starts: [Int64] = []
    var ends: [Int64] = []
    starts.reserveCapacity(copy.count)
    ends.reserveCapacity(copy.count)
    for row in 0..<copy.count {
      let time = Int64(bitPattern: lasts.value(row, as: UInt64.self) &+ SessionBounds.earliest)
      starts.append(Int64(bitPattern: SessionBounds.latest &- firsts.value(row, as: UInt64.self)))
      ends.append(window.sessionEnd(after: time) ?? time)
    }
    return (starts, ends)
  }
}

import Plan

/// Gives every window that a flush touches a dense slot: one table for all aggregates with windows of that size.
final class WindowTable {
  /// The start of a tumbling window: aligned to 2000-01-01T00:00:00Z as the SQL function `tumble` is.
  static let origin: Int64 = 946_684_800_000_000

  /// Memory for more windows than this is given back.
  private static let keptWindows = 1 << 14

  let size: Int64
  private(set) var starts: [Int64] = []
  /// The slot of each event of the batch last assigned.
  let slots: UnsafeMutablePointer<Int32>
  private var slotOf: [Int64: Int32] = [:]

  /// - Parameter capacity: events of a batch.
  init(size: Int64, capacity: Int) {
    self.size = size
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: 0, count: capacity)
  }

  deinit {
    slots.deallocate()
  }

  /// Bytes held, about. Windows of events that take no part are in it, too.
  var memory: Int { starts.capacity * 8 + slotOf.capacity * 24 }

  func start(of time: Int64) -> Int64 {
    floorDivide(time - WindowTable.origin, size) * size + WindowTable.origin
  }

  /// Finds the slots of a batch's events. They arrive nearly in order, so whole runs of them share a window: no
  /// division and no look-up for each.
  func assign(_ times: UnsafeMutablePointer<Int64>, _ count: Int) {
    var row = 0
    while row < count {
      let start = start(of: times[row])
      row = fillRun(times, from: row, count, start: start, size: size, slot: slot(ofWindowFrom: start), slots)
    }
  }

  private func slot(ofWindowFrom start: Int64) -> Int32 {
    if let known = slotOf[start] { return known }
    let slot = Int32(starts.count)
    starts.append(start)
    slotOf[start] = slot
    return slot
  }

  func removeAll() {
    let isOrdinary = starts.count <= WindowTable.keptWindows
    starts.removeAll(keepingCapacity: isOrdinary)
    slotOf.removeAll(keepingCapacity: isOrdinary)
  }
}

/// Gives the events from `first` on the slot, as long as they lie in the window; returns the first that does not.
private func fillRun(
  _ times: UnsafeMutablePointer<Int64>, from first: Int, _ count: Int, start: Int64, size: Int64, slot: Int32,
  _ slots: UnsafeMutablePointer<Int32>
) -> Int {
  let last = start &+ size &- 1
  var row = first
  // Blocks without a branch inside, so that they can be vectorised: a difference is negative outside.
  let block = 64
  while row + block <= count {
    var outside: Int64 = 0
    for index in row..<row + block { outside |= (times[index] &- start) | (last &- times[index]) }
    guard outside >= 0 else { break }
    (slots + row).update(repeating: slot, count: block)
    row += block
  }
  while row < count, times[row] >= start, times[row] <= last {
    slots[row] = slot
    row += 1
  }
  return row
}

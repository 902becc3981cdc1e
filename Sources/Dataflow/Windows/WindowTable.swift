import Plan

/// Gives every pane that a flush touches a dense slot: one table for all aggregates with the same panes.
final class WindowTable {
  /// Memory for more windows than this is given back.
  private static let keptWindows = 1 << 14

  let panes: PaneAssigner
  private(set) var starts: [Int64] = []
  /// Where they end.
  private(set) var ends: [Int64] = []
  /// The slot of each event of the batch last assigned.
  let slots: UnsafeMutablePointer<Int32>
  private var slotOf: [Int64: Int32] = [:]

  /// - Parameter capacity: events of a batch.
  init(_ panes: PaneAssigner, capacity: Int) {
    self.panes = panes
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: 0, count: capacity)
  }

  deinit {
    slots.deallocate()
  }

  /// Bytes held, about. Windows of events that take no part are in it, too.
  var memory: Int { (starts.capacity + ends.capacity) * 8 + slotOf.capacity * 24 }

  /// Finds the slots of a batch's events. They arrive nearly in order, so whole runs of them share a pane: no
  /// division and no look-up for each.
  func assign(_ times: UnsafeMutablePointer<Int64>, _ count: Int) {
    var row = 0
    while row < count {
      let pane = panes.pane(of: times[row])
      row = fillRun(times, from: row, count, panes.events(of: pane), slot: slot(of: pane), slots)
    }
  }

  private func slot(of pane: Range<Int64>) -> Int32 {
    if let known = slotOf[pane.lowerBound] { return known }
    let slot = Int32(starts.count)
    starts.append(pane.lowerBound)
    ends.append(pane.upperBound)
    slotOf[pane.lowerBound] = slot
    return slot
  }

  func removeAll() {
    let isOrdinary = starts.count <= WindowTable.keptWindows
    starts.removeAll(keepingCapacity: isOrdinary)
    ends.removeAll(keepingCapacity: isOrdinary)
    slotOf.removeAll(keepingCapacity: isOrdinary)
  }
}

/// Gives the events from `first` on the slot, as long as they lie in the pane; returns the first that does not.
private func fillRun(
  _ times: UnsafeMutablePointer<Int64>, from first: Int, _ count: Int, _ pane: Range<Int64>, slot: Int32,
  _ slots: UnsafeMutablePointer<Int32>
) -> Int {
  let (start, last) = (pane.lowerBound, pane.upperBound &- 1)
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

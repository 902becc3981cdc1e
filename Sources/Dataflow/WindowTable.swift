import Plan

/// Gives every window that a flush touches a dense slot.
///
/// Events arrive nearly in order, so the window of the previous event is tried first: no division, no look-up.
struct WindowTable {
  /// The start of a tumbling window: aligned to 2000-01-01T00:00:00Z as the SQL function `tumble` is.
  static let origin: Int64 = 946_684_800_000_000

  /// Memory for more windows than this is given back.
  private static let keptWindows = 1 << 14

  let size: Int64
  private(set) var starts: [Int64] = []
  private var slots: [Int64: Int32] = [:]
  private var lastStart: Int64 = .max
  private var lastSlot: Int32 = 0

  init(_ assigner: WindowAssigner) {
    switch assigner {
    case .tumble(let size): self.size = size
    }
  }

  /// Bytes held, about. Windows of events that take no part are in it, too.
  var memory: Int { starts.capacity * 8 + slots.capacity * 24 }

  func start(of time: Int64) -> Int64 {
    floorDivide(time - WindowTable.origin, size) * size + WindowTable.origin
  }

  @inline(__always)
  mutating func slot(of time: Int64) -> Int32 {
    if time >= lastStart, time - lastStart < size { return lastSlot }
    return look(up: start(of: time))
  }

  @inline(never)
  private mutating func look(up start: Int64) -> Int32 {
    lastStart = start
    if let known = slots[start] {
      lastSlot = known
    } else {
      lastSlot = Int32(starts.count)
      starts.append(start)
      slots[start] = lastSlot
    }
    return lastSlot
  }

  mutating func removeAll() {
    let isOrdinary = starts.count <= WindowTable.keptWindows
    starts.removeAll(keepingCapacity: isOrdinary)
    slots.removeAll(keepingCapacity: isOrdinary)
    lastStart = .max
  }
}

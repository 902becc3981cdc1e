/// The memory of one aggregate's accumulators, a row for each group: what an event of a rare group touches lies together
/// and not in a cache line for each accumulator.
///
/// Row 0 belongs to no group: events that take no part (filtered, late, failed) are added there, so that the loops need
/// no branch for them. All zeros is a group without an event.
final class GroupStates {
  /// Where an accumulator finds its cells within a row.
  struct Layout {
    /// In bytes; a multiple of 16, so that cells of every type are aligned.
    private(set) var stride = 0
    private var used = 0

    /// Makes room for a cell of 1, 8 or 16 bytes and returns its offset in the row.
    mutating func add(bytes: Int) -> Int {
      // A cell starts at a multiple of its size.
      used = (used + bytes - 1) / bytes * bytes
      defer {
        used += bytes
        stride = (used + 15) / 16 * 16
      }
      return used
    }
  }

  /// Groups are named by where their rows begin, in units of so many bytes.
  static let unit = 8
  /// Rows of 64 bytes, which are common, then lie in one cache line each.
  private static let alignment = 64
  private static let initialRows = 1024
  /// More rows than this are given back: they would count against the next delta's bound.
  static let keptRows = 1 << 17

  let stride: Int
  private(set) var base: UnsafeMutableRawPointer
  private var capacity = GroupStates.initialRows
  /// Rows of groups, and row 0.
  private var used = 1

  init(_ layout: Layout) {
    stride = max(layout.stride, 16)
    base = .allocate(byteCount: capacity * stride, alignment: GroupStates.alignment)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: stride)
  }

  deinit {
    base.deallocate()
  }

  /// Bytes held.
  var memory: Int { capacity * stride }

  /// Of more, not all is in the second-level cache.
  private static let cachedBytes = 1 << 18

  /// Whether what rows lead to has to be waited for.
  var areFarApart: Bool { used * stride > GroupStates.cachedBytes }

  /// Makes room for groups up to row `count`; new ones are cleared.
  func grow(to count: Int) {
    guard count > used else { return }
    if count > capacity {
      while capacity < count { capacity *= 2 }
      reallocate()
    }
    (base + used * stride).initializeMemory(as: UInt8.self, repeating: 0, count: (count - used) * stride)
    used = count
  }

  /// A copy of the groups' rows, row 1 first: one copy for all accumulators, because what belongs to one of them is
  /// scattered over all that memory.
  func copy() -> DeltaRows {
    DeltaRows(count: used - 1, stride: stride) { rows, target in
      target.copyMemory(from: base + (rows.lowerBound + 1) * stride, byteCount: rows.count * stride)
    }
  }

  /// Forgets the groups from row `count` on.
  func removeLast(downTo count: Int) {
    used = min(used, count)
  }

  /// Forgets all groups.
  func removeAll() {
    used = 1
    if capacity > GroupStates.keptRows { releaseMemory() }
  }

  /// Forgets all groups and gives back memory beyond the initial size.
  func releaseMemory() {
    used = 1
    capacity = GroupStates.initialRows
    reallocate()
  }

  /// Moves the rows in use to memory of the present capacity.
  private func reallocate() {
    let old = base
    base = .allocate(byteCount: capacity * stride, alignment: GroupStates.alignment)
    base.copyMemory(from: old, byteCount: used * stride)
    old.deallocate()
  }
}

/// One cell of every row.
struct StateColumn {
  /// The cell of row 0.
  let start: UnsafeMutableRawPointer

  /// The cell of the group that events name so.
  @inline(__always)
  func cell<Value>(_ group: Int32, of type: Value.Type) -> UnsafeMutablePointer<Value> {
    (start + Int(group) &* GroupStates.unit).assumingMemoryBound(to: type)
  }
}

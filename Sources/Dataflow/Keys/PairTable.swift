import CPrefetch
import Events
import Glibc

/// Gives every distinct pair of 32-bit ids an id: how several key columns and the window become one group.
///
/// A group of any number of keys is folded from the left, ((window, key), key), …, so there is no limit on keys and no
/// second, slower path.
///
/// Ids are dense (1, 2, …, in units of `scale`), so a matrix of all possible pairs is usually small: a look-up is one
/// load (finding groups took 126 instructions an event with hashing, and takes 56). Pairs of large ids are found by
/// hashing, in slots.
struct PairTable: ~Copyable {
  private struct Slot {
    var pair: UInt64
    /// 0: free.
    var id: Int32
  }

  /// 8 MB, of which only pages with pairs are resident: enough for 100,000 keys in a dozen windows.
  private static let maximumCells = 1 << 21
  private static let keptSlots = 1 << 17
  /// Of more cells, not all are in the first-level caches.
  private static let cachedCells = 1 << 15
  /// Look-ups of one block are on their way at the same time.
  private static let blockSize = 64
  /// As many neighbouring cells are cleared in the time of one somewhere.
  private static let cellsOfOneWrite = 16

  /// The id of (first, second) at `first << shift | second`, 0 where there is none.
  private var cells: UnsafeMutablePointer<Int32>
  private var cellCount = 0
  private var shift = 0
  /// Open addressing; empty while there is a matrix.
  private var slots: UnsafeMutablePointer<Slot>
  private var slotCount = 0
  private var pairs: [UInt64] = [0]
  private let seed: UInt64
  /// What ids are multiples of.
  private let scale: Int32

  /// Id 0 is never given: callers use it for "no group".
  init(seed: UInt64, scale: Int32 = 1) {
    self.seed = seed
    self.scale = scale
    cells = PairTable.zeros(0)
    slots = .allocate(capacity: 0)
  }

  deinit {
    free(cells)
    slots.deallocate()
  }

  /// Pairs known, plus one for the id 0.
  var count: Int { pairs.count }

  var memory: Int {
    cellCount * MemoryLayout<Int32>.stride + slotCount * MemoryLayout<Slot>.stride + pairs.capacity * 8
  }

  /// Replaces each id, counted without the scale, by the first of its pair, and puts the second beside it.
  func unfold(_ ids: inout [Int32], seconds: inout [Int32]) {
    for row in ids.indices {
      let pair = pairs[Int(ids[row])]
      ids[row] = Int32(truncatingIfNeeded: pair >> 32)
      seconds[row] = Int32(truncatingIfNeeded: pair)
    }
  }

  /// Writes to `ids` the id of the pair of `firsts[row]` and `seconds[row]` (nil: NULL's id); 0 where `takesPart` is 0.
  ///
  /// - Parameters:
  ///   - firsts: may be `ids`.
  ///   - firstCount: all firsts are below.
  ///   - secondCount: all seconds are below.
  ///   - states: where the rows are that ids name, in units of `GroupStates.unit`: they are asked for when there are many.
  mutating func intern(
    _ firsts: UnsafePointer<Int32>, firstCount: Int, _ seconds: UnsafePointer<Int32>?, secondCount: Int,
    takesPart: UnsafePointer<UInt8>?, _ ids: UnsafeMutablePointer<Int32>, states: UnsafeRawPointer?, _ count: Int
  ) {
    prepare(firstCount, secondCount)
    if slotCount == 0, cellCount > PairTable.cachedCells, let seconds, takesPart == nil {
      internFarApart(firsts, seconds, ids, states: states, count)
    } else if slotCount == 0 {
      eachRow(&self, firsts, ids, seconds, takesPart, count) { table, first, second in table.look(upCell: first, second)
      }
    } else {
      eachRow(&self, firsts, ids, seconds, takesPart, count) { table, first, second in table.look(up: first, second) }
    }
  }

  /// The same for a large matrix, in passes over each block: what the second one needs, the first has asked memory for,
  /// and the third one makes the pairs that are new. Where they are many, nobody could foretell which rows they are.
  private mutating func internFarApart(
    _ firsts: UnsafePointer<Int32>, _ seconds: UnsafePointer<Int32>, _ ids: UnsafeMutablePointer<Int32>,
    states: UnsafeRawPointer?, _ count: Int
  ) {
    let states = states ?? UnsafeRawPointer(cells)
    withUnsafeTemporaryAllocation(of: (row: Int, first: Int32).self, capacity: PairTable.blockSize) { misses in
      for start in stride(from: 0, to: count, by: PairTable.blockSize) {
        let block = start..<min(start + PairTable.blockSize, count)
        for row in block { streampulse_prefetch(cells + cell(firsts[row], seconds[row])) }
        var missed = 0
        for row in block {
          let first = firsts[row]
          let id = cells[cell(first, seconds[row])]
          streampulse_prefetch(states + Int(id) &* GroupStates.unit)
          ids[row] = id
          misses[missed] = (row, first)
          missed &+= id == 0 ? 1 : 0
        }
        for index in 0..<missed {
          let (row, first) = misses[index]
          ids[row] = look(upCell: first, seconds[row])
        }
      }
    }
  }

  @inline(__always)
  private mutating func look(upCell first: Int32, _ second: Int32) -> Int32 {
    let cell = cell(first, second)
    let id = cells[cell]
    return id != 0 ? id : insert(first, second, cell: cell)
  }

  @inline(__always)
  private func cell(_ first: Int32, _ second: Int32) -> Int {
    Int(first) &<< shift | Int(second)
  }

  private var nextID: Int32 { Int32(pairs.count) * scale }

  @inline(never)
  private mutating func insert(_ first: Int32, _ second: Int32, cell: Int) -> Int32 {
    let id = nextID
    pairs.append(PairTable.pair(first, second))
    cells[cell] = id
    return id
  }

  @inline(__always)
  private static func pair(_ first: Int32, _ second: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
  }

  /// Makes room for pairs below these ids.
  private mutating func prepare(_ firstCount: Int, _ secondCount: Int) {
    if slotCount > 0, pairs.count > 1 { return }
    if slotCount == 0, secondCount <= 1 << shift, firstCount << shift <= cellCount { return }
    // Powers of two, so that it seldom grows.
    let shift = Int.bitWidth - (secondCount - 1).leadingZeroBitCount
    let firsts = Int.bitWidth - (firstCount - 1).leadingZeroBitCount
    if firsts + shift <= PairTable.maximumCells.trailingZeroBitCount {
      makeCells(1 << (firsts + shift), shift: shift)
    } else if slotCount == 0 {
      free(cells)
      cells = PairTable.zeros(0)
      cellCount = 0
      makeSlots(max(1024, (pairs.count * 2 + 1).nextPowerOfTwo))
    }
  }

  private mutating func makeCells(_ count: Int, shift: Int) {
    slots.deallocate()
    slots = .allocate(capacity: 0)
    slotCount = 0
    free(cells)
    cells = PairTable.zeros(count)
    cellCount = count
    self.shift = shift
    for id in 1..<pairs.count {
      cells[cell(of: pairs[id])] = Int32(id) * scale
    }
  }

  /// From calloc, which takes no page of memory before it is written.
  private static func zeros(_ count: Int) -> UnsafeMutablePointer<Int32> {
    guard let memory = calloc(max(count, 1), MemoryLayout<Int32>.stride) else {
      preconditionFailure("no memory for \(count) pairs of ids")
    }
    return memory.bindMemory(to: Int32.self, capacity: count)
  }

  private func cell(of pair: UInt64) -> Int {
    cell(Int32(truncatingIfNeeded: pair >> 32), Int32(truncatingIfNeeded: pair))
  }

  // MARK: - Slots

  @inline(__always)
  private mutating func look(up first: Int32, _ second: Int32) -> Int32 {
    let pair = PairTable.pair(first, second)
    var index = Int(truncatingIfNeeded: hashInteger(pair, seed: seed)) & (slotCount - 1)
    while true {
      let slot = slots[index]
      if slot.id == 0 { return insert(pair, at: index) }
      if slot.pair == pair { return slot.id }
      index = (index + 1) & (slotCount - 1)
    }
  }

  @inline(never)
  private mutating func insert(_ pair: UInt64, at index: Int) -> Int32 {
    let id = nextID
    pairs.append(pair)
    slots[index] = Slot(pair: pair, id: id)
    if pairs.count * 2 >= slotCount { makeSlots(slotCount * 2) }
    return id
  }

  private mutating func makeSlots(_ count: Int) {
    slots.deallocate()
    slotCount = count
    slots = .allocate(capacity: count)
    slots.initialize(repeating: Slot(pair: 0, id: 0), count: count)
    for id in 1..<pairs.count {
      var index = Int(truncatingIfNeeded: hashInteger(pairs[id], seed: seed)) & (count - 1)
      while slots[index].id != 0 { index = (index + 1) & (count - 1) }
      slots[index] = Slot(pair: pairs[id], id: Int32(id) * scale)
    }
  }

  /// Forgets the pairs that came last, so that `count` is `newCount` again.
  mutating func removeLast(downTo newCount: Int) {
    guard newCount < count else { return }
    if slotCount == 0 {
      for pair in pairs[newCount...] { cells[cell(of: pair)] = 0 }
    }
    pairs.removeLast(count - newCount)
    if slotCount > 0 { makeSlots(slotCount) }
  }

  /// Forgets all pairs and gives back all memory.
  mutating func releaseMemory() {
    self = PairTable(seed: seed, scale: scale)
  }

  /// Forgets all pairs. Keeps its memory unless that has grown beyond what an ordinary flush needs.
  mutating func removeAll() {
    let isLarge = pairs.count > GroupStates.keptRows
    if isLarge || slotCount > PairTable.keptSlots {
      releaseMemory()
      return
    }
    slots.update(repeating: Slot(pair: 0, id: 0), count: slotCount)
    if pairs.count < cellCount / PairTable.cellsOfOneWrite {
      for pair in pairs { cells[cell(of: pair)] = 0 }
    } else {
      cells.update(repeating: 0, count: cellCount)
    }
    pairs.removeLast(pairs.count - 1)
  }
}

/// As in `KeyInterner`, the loop takes the table as `inout`: one exclusivity check a batch instead of one an event.
@inline(__always)
private func eachRow(
  _ table: inout PairTable, _ firsts: UnsafePointer<Int32>, _ ids: UnsafeMutablePointer<Int32>,
  _ seconds: UnsafePointer<Int32>?, _ takesPart: UnsafePointer<UInt8>?, _ count: Int,
  _ find: (inout PairTable, Int32, Int32) -> Int32
) {
  if let seconds, takesPart == nil {
    for row in 0..<count { ids[row] = find(&table, firsts[row], seconds[row]) }
  } else {
    for row in 0..<count {
      let takesPart = takesPart?[row] ?? 1 == 1
      ids[row] = takesPart ? find(&table, firsts[row], seconds?[row] ?? ValueDictionary.null) : 0
    }
  }
}

extension Int {
  /// The least power of two that is not below; for positive numbers.
  var nextPowerOfTwo: Int { 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}

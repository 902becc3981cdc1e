import CPrefetch
import Events

/// What groups' sketches keep: for each a small hash table of codes with their counts, all in one arena.
///
/// A group's cell leads to its table, nil: it has none. A table's first word has the mask of its slots (lower half) and how
/// many are in use (upper half); a slot is a code, which is never 0, over its count.
struct SketchTables: ~Copyable {
  typealias Table = UnsafeMutablePointer<UInt64>

  /// Bits of a slot that hold the count; the code is above them.
  static let usualCountBits: UInt64 = 44
  private let countBits: UInt64
  /// In place of the slots' mask: what follows is a bit for each code.
  private static let isDense: UInt64 = 0xffff_ffff
  private static let firstSlots = 8
  /// A table of so many codes takes more than a bit for each code there is.
  private static let sparseCodes: UInt64 = 384

  /// Of more, not all is in the second-level cache.
  private static let cachedBytes = 1 << 18
  /// Codes of one block are looked for at the same time.
  private static let blockSize = 32

  private var arena = TextArena(chunkSize: 256 * 1024)
  private var usedBytes = 0

  init(countBits: UInt64 = SketchTables.usualCountBits) {
    self.countBits = countBits
  }

  /// Bytes held.
  var memory: Int { arena.capacity }

  /// Forgets all tables.
  mutating func removeAll() {
    arena.reset()
    usedBytes = 0
  }

  /// Whether what cells lead to has to be waited for.
  private var areFarApart: Bool { usedBytes > SketchTables.cachedBytes }

  /// Adds a code of each event that takes part to its group's table. Tables that are far apart are asked for a block ahead.
  ///
  /// - Parameters:
  ///   - code: of an event; never 0.
  ///   - add: puts a code into a table.
  @inline(__always)
  mutating func addEach(
    to cells: StateColumn, _ groups: UnsafePointer<Int32>, _ mask: UnsafePointer<UInt8>?, _ count: Int,
    code: (Int) -> UInt64, add: (inout SketchTables, UInt64, UnsafeMutablePointer<Table?>) -> Void
  ) {
    guard areFarApart else {
      for event in 0..<count where groups[event] != 0 && mask?[event] ?? 1 == 1 {
        add(&self, code(event), cells.cell(groups[event], of: Table?.self))
      }
      return
    }
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: SketchTables.blockSize) { block in
      for first in stride(from: 0, to: count, by: block.count) {
        let codes = UnsafeMutableBufferPointer(rebasing: block[..<min(block.count, count - first)])
        for index in codes.indices {
          let event = first + index
          // What takes no part may be anything.
          codes[index] = groups[event] != 0 && mask?[event] ?? 1 == 1 ? code(event) : 0
        }
        SketchTables.prefetch(codes, cells, groups, from: first)
        for index in codes.indices where codes[index] != 0 {
          add(&self, codes[index], cells.cell(groups[first + index], of: Table?.self))
        }
      }
    }
  }

  /// Asks for what codes will touch, the heads of the tables before their slots.
  ///
  /// - Parameter codes: of a block of events; 0: none.
  private static func prefetch(
    _ codes: UnsafeMutableBufferPointer<UInt64>, _ cells: StateColumn, _ groups: UnsafePointer<Int32>, from first: Int
  ) {
    for index in codes.indices where codes[index] != 0 {
      // nil where there is none.
      streampulse_prefetch(cells.cell(groups[first + index], of: Table?.self).pointee)
    }
    for index in codes.indices where codes[index] != 0 {
      guard let table = cells.cell(groups[first + index], of: Table?.self).pointee else { continue }
      let mask = table[0] & 0xffff_ffff
      let slot = mask == isDense ? (codes[index] &- 1) &>> 6 : hash(codes[index]) & mask
      streampulse_prefetch(table + (Int(slot) &+ 1))
    }
  }

  // MARK: Counts

  /// Counts the code.
  @inline(__always)
  mutating func count(_ code: UInt64, in cell: UnsafeMutablePointer<Table?>) {
    guard let table = cell.pointee else {
      insert(code, in: cell)
      return
    }
    let mask = table[0] & 0xffff_ffff
    var slot = SketchTables.hash(code) & mask
    while true {
      let entry = table[Int(slot) &+ 1]
      if entry &>> countBits == code {
        table[Int(slot) &+ 1] = entry &+ 1
        return
      }
      if entry == 0 { break }
      slot = (slot &+ 1) & mask
    }
    insert(code, in: cell)
  }

  @inline(__always)
  private static func hash(_ code: UInt64) -> UInt64 {
    (code &* 0x9e37_79b9_7f4a_7c15) &>> 32
  }

  /// Puts in a code that the table does not have, with the count 1.
  private mutating func insert(_ code: UInt64, in cell: UnsafeMutablePointer<Table?>) {
    let table = tableWithRoom(in: cell)
    place(code << countBits | 1, table)
    table[0] &+= 1 << 32
  }

  private func place(_ entry: UInt64, _ table: Table) {
    let mask = table[0] & 0xffff_ffff
    var slot = SketchTables.hash(entry &>> countBits) & mask
    while table[Int(slot) + 1] != 0 { slot = (slot &+ 1) & mask }
    table[Int(slot) + 1] = entry
  }

  /// The cell's table, of which at most three quarters will be in use with one more.
  private mutating func tableWithRoom(in cell: UnsafeMutablePointer<Table?>) -> Table {
    guard let table = cell.pointee else {
      let table = makeTable(slots: SketchTables.firstSlots)
      cell.pointee = table
      return table
    }
    let slots = Int(table[0] & 0xffff_ffff) + 1
    let used = Int(table[0] >> 32)
    guard (used + 1) * 4 > slots * 3 else { return table }
    let larger = makeTable(slots: slots * 2)
    for slot in 1...slots where table[slot] != 0 { place(table[slot], larger) }
    larger[0] |= UInt64(used) << 32
    cell.pointee = larger
    return larger
  }

  private mutating func makeTable(slots: Int) -> Table {
    let table = words(slots + 1)
    table[0] = UInt64(slots - 1)
    return table
  }

  /// Cleared memory. Everything in the arena is whole words, so each begins at a word.
  private mutating func words(_ count: Int) -> Table {
    usedBytes += count * 8
    let start = UnsafeMutableRawPointer(arena.reserve(count * 8)).bindMemory(to: UInt64.self, capacity: count)
    start.update(repeating: 0, count: count)
    return start
  }

  /// Gathers codes and counts as they are packed, in the order of the codes.
  static func entries(of table: Table, into list: inout [UInt64]) {
    unorderedEntries(of: table, into: &list)
    sortByCode(&list)
  }

  /// The same in any order.
  static func unorderedEntries(of table: Table, into list: inout [UInt64]) {
    list.removeAll(keepingCapacity: true)
    let slots = Int(table[0] & 0xffff_ffff) + 1
    for slot in 1...slots where table[slot] != 0 { list.append(table[slot]) }
  }

  /// Codes of states that are stored in their order have at most 18 bits.
  private static let sortedBits: UInt64 = 18
  private static let digitBits: UInt64 = 9

  /// By digits of the codes, the lower one first: a comparison of two entries takes longer than to move both.
  private static func sortByCode(_ list: inout [UInt64]) {
    guard list.count > 32 else { return list.sort() }
    list.withUnsafeMutableBufferPointer { list in
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: list.count) { other in
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 1 << Int(digitBits)) { places in
          var (from, to) = (list, other)
          for digit in 0..<sortedBits / digitBits {
            let shift = usualCountBits + digit * digitBits
            let mask: UInt64 = 1 << digitBits - 1
            places.update(repeating: 0)
            for entry in from { places[Int(entry &>> shift & mask)] &+= 1 }
            var before = 0
            for place in places.indices { (places[place], before) = (before, before &+ places[place]) }
            for entry in from {
              let place = Int(entry &>> shift & mask)
              to[places[place]] = entry
              places[place] &+= 1
            }
            swap(&from, &to)
          }
        }
      }
    }
  }

  /// How many codes a table has.
  @inline(__always)
  static func used(_ table: Table) -> UInt64 { table[0] &>> 32 }

  /// Takes the count of the next code off all of them where a table has more than so many, and forgets those that have none
  /// left.
  func keepMost(_ most: Int, of table: Table) {
    guard SketchTables.used(table) > most else { return }
    var entries: [UInt64] = []
    SketchTables.unorderedEntries(of: table, into: &entries)
    let counts = entries.map { $0 & (1 << countBits - 1) }.sorted(by: >)
    let excess = counts[most]
    let slots = Int(table[0] & 0xffff_ffff) + 1
    (table + 1).update(repeating: 0, count: slots)
    var kept: UInt64 = 0
    for entry in entries where entry & (1 << countBits - 1) > excess {
      place(entry - excess, table)
      kept += 1
    }
    table[0] = table[0] & 0xffff_ffff | kept << 32
  }

  // MARK: Sets

  /// Puts a coupon into the cell's set.
  @inline(__always)
  mutating func insert(coupon: UInt64, into cell: UnsafeMutablePointer<Table?>) {
    if let table = cell.pointee {
      let mask = table[0] & 0xffff_ffff
      if mask == SketchTables.isDense {
        table[Int(coupon >> 6) &+ 1] |= 1 << (coupon & 63)
        return
      }
      let code = coupon &+ 1
      var slot = SketchTables.hash(code) & mask
      while true {
        let entry = table[Int(slot) &+ 1]
        if entry &>> countBits == code { return }
        if entry == 0 { break }
        slot = (slot &+ 1) & mask
      }
      if table[0] >> 32 >= SketchTables.sparseCodes {
        makeDense(table, cell)
        insert(dense: coupon, cell)
        return
      }
    }
    insert(coupon &+ 1, in: cell)
  }

  private func insert(dense coupon: UInt64, _ cell: UnsafeMutablePointer<Table?>) {
    guard let table = cell.pointee else { return }
    table[Int(coupon >> 6) + 1] |= 1 << (coupon & 63)
  }

  private mutating func makeDense(_ table: Table, _ cell: UnsafeMutablePointer<Table?>) {
    let dense = words(DistinctSketch.bits / 64 + 1)
    dense[0] = SketchTables.isDense
    cell.pointee = dense
    let slots = Int(table[0] & 0xffff_ffff) + 1
    for slot in 1...slots where table[slot] != 0 {
      insert(dense: table[slot] >> countBits - 1, cell)
    }
  }

  /// Gathers the coupons of a set, in order.
  static func coupons(of table: Table, into list: inout [UInt64]) {
    guard table[0] & 0xffff_ffff == isDense else {
      entries(of: table, into: &list)
      for index in list.indices { list[index] = list[index] >> usualCountBits - 1 }
      return
    }
    list.removeAll(keepingCapacity: true)
    for word in 0..<DistinctSketch.bits / 64 {
      var rest = table[word + 1]
      while rest != 0 {
        list.append(UInt64(word * 64 + rest.trailingZeroBitCount))
        rest &= rest - 1
      }
    }
  }
}

import CPrefetch
import Events

/// Gives every distinct byte string a dense id: open addressing, linear probing, one seeded hash per look-up.
///
/// The bytes are copied once, when they are first seen. Ids stay valid until `removeAll()`.
struct ValueDictionary: ~Copyable {
  /// The id of NULL, which is no byte string.
  static let null: Int32 = 0

  /// Eight to a cache line, because the slot is what look-ups of many keys miss.
  private struct Slot {
    /// The upper half of the value's hash.
    var tag: UInt32 = 0
    /// 0: free.
    var id: Int32 = 0
  }

  /// Values of up to 16 bytes are compared by their words, without following the address: in the order of their first
  /// appearance, so that frequent values are neighbours.
  private struct Entry {
    var first: UInt64
    var last: UInt64
    var start: UnsafePointer<UInt8>
    var count: Int

    /// Equal to no text: that of NULL's id, which free slots have.
    static var none: Entry { Entry(first: 0, last: 0, start: TextView.empty.start, count: -1) }
  }

  /// A short value of a small dictionary, found without following an id.
  private struct Shortcut {
    var first: UInt64 = 0
    var last: UInt64 = 0
    var count: Int32 = -1
    var id: Int32 = 0
  }

  private static let shortcutBits = 10
  /// In a larger dictionary too many values would share a shortcut.
  private static let shortcutValues = 1 << 8

  private var slots: UnsafeMutablePointer<Slot>
  private var slotMask: Int
  private var entries: UnsafeMutablePointer<Entry>
  private var entryCapacity: Int
  /// Each value has one place, which the first that comes to it keeps.
  private let shortcuts: UnsafeMutablePointer<Shortcut>
  private var arena = TextArena(chunkSize: 256 * 1024)
  private let seed: UInt64
  private let hashing: ValueHash
  /// Ids given, including that of NULL.
  private(set) var count = 1
  /// Length of the longest value, in bytes.
  private(set) var longest = 0

  init(seed: UInt64) {
    self.seed = seed
    hashing = ValueHash(seed: seed)
    slotMask = 1023
    slots = .allocate(capacity: 1024)
    slots.initialize(repeating: Slot(), count: 1024)
    entryCapacity = 512
    entries = ValueDictionary.allocate(entryCapacity)
    entries.initialize(to: .none)
    shortcuts = .allocate(capacity: 1 << ValueDictionary.shortcutBits)
    shortcuts.initialize(repeating: Shortcut(), count: 1 << ValueDictionary.shortcutBits)
  }

  deinit {
    slots.deallocate()
    entries.deallocate()
    shortcuts.deallocate()
  }

  /// No entry lies in two cache lines.
  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Entry> {
    UnsafeMutableRawPointer.allocate(byteCount: capacity * MemoryLayout<Entry>.stride, alignment: 64)
      .bindMemory(to: Entry.self, capacity: capacity)
  }

  subscript(id: Int32) -> TextView {
    let entry = entries[Int(id)]
    return TextView(start: entry.start, count: max(entry.count, 0))
  }

  /// The values with these ids, of so many bytes each, or views of them (`memory` holds the texts); zeros for NULL.
  borrowing func rows(_ ids: [Int32], of type: PhysicalType) -> DeltaRows {
    DeltaRows(count: ids.count, stride: type.width) { rows, target in
      var target = target
      for row in rows {
        let ahead = row + ValueDictionary.blockSize
        if ahead < ids.count { streampulse_prefetch(entries + Int(ids[ahead])) }
        let value = self[ids[row]]
        if type == .text {
          target.storeBytes(of: value, as: TextView.self)
        } else if value.count == type.width {
          target.copyMemory(from: value.start, byteCount: type.width)
        } else {
          target.initializeMemory(as: UInt8.self, repeating: 0, count: type.width)
        }
        target += type.width
      }
    }
  }

  /// Where the texts are.
  var memory: [TextChunk] { arena.chunks }

  /// Bytes held.
  var byteCount: Int {
    (slotMask + 1) * MemoryLayout<Slot>.stride + entryCapacity * MemoryLayout<Entry>.stride + arena.capacity
      + MemoryLayout<Shortcut>.stride << ValueDictionary.shortcutBits
  }

  /// The longest text that `find` finds.
  private static let shortLength = 32
  /// Look-ups of one block are on their way at the same time, while another block's are expected: of more, some would
  /// have to wait for their turn.
  private static let blockSize = 16
  /// Of more values, slots and entries are not in the second-level cache any more.
  private static let cachedCount = 1 << 13

  /// Finds the texts that are known, short, and in the first slot they can be in: nearly all. Others get the id 0, and
  /// their rows are listed in `misses`; returns how many there are.
  borrowing func find(
    _ texts: UnsafePointer<TextView>, _ ids: UnsafeMutablePointer<Int32>, _ misses: UnsafeMutablePointer<Int32>,
    _ count: Int
  ) -> Int {
    if self.count <= ValueDictionary.shortcutValues, longest <= 16 { return findByShortcut(texts, ids, misses, count) }
    if self.count > ValueDictionary.cachedCount { return findFarApart(texts, ids, misses, count) }
    var missed = 0
    for row in 0..<count {
      let ends = equalityWords(texts[row].start, texts[row].count)
      let id = find(texts[row], ends, hash(texts[row], ends))
      ValueDictionary.note(id, of: row, ids, misses, &missed)
    }
    return missed
  }

  /// The same for few short values, which nearly every stream has among its keys: 31 instructions instead of 50.
  @inline(never)
  private borrowing func findByShortcut(
    _ texts: UnsafePointer<TextView>, _ ids: UnsafeMutablePointer<Int32>, _ misses: UnsafeMutablePointer<Int32>,
    _ count: Int
  ) -> Int {
    var missed = 0
    for row in 0..<count {
      let text = texts[row]
      var id: Int32 = 0
      if text.count <= 16 {
        let ends = equalityWords(text.start, text.count)
        let known = shortcuts + hashing.bits(ends, ValueDictionary.shortcutBits)
        let difference =
          (known.pointee.first ^ ends.first) | (known.pointee.last ^ ends.last)
          | UInt64(truncatingIfNeeded: Int(known.pointee.count) ^ text.count)
        id = difference == 0 ? known.pointee.id : 0
      }
      ValueDictionary.note(id, of: row, ids, misses, &missed)
    }
    return missed
  }

  /// The same in three passes, each a block behind the other: what one needs, the pass before has asked memory for. It
  /// also finds texts in the second slot they can be in, which is in the same cache line.
  @inline(never)
  private borrowing func findFarApart(
    _ texts: UnsafePointer<TextView>, _ ids: UnsafeMutablePointer<Int32>, _ misses: UnsafeMutablePointer<Int32>,
    _ count: Int
  ) -> Int {
    var missed = 0
    let size = ValueDictionary.blockSize
    // Of the last two blocks, until the second pass has used them.
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * size) { hashes in
      for first in stride(from: 0, to: count + 2 * size, by: size) {
        for row in (first..<first + size).clamped(to: 0..<count) {
          let text = texts[row]
          let hash = hash(text, equalityWords(text.start, text.count))
          hashes[row & (2 * size - 1)] = hash
          streampulse_prefetch(slots + (Int(truncatingIfNeeded: hash) & slotMask))
        }
        for row in (first - size..<first).clamped(to: 0..<count) {
          let hash = hashes[row & (2 * size - 1)]
          let home = Int(truncatingIfNeeded: hash) & slotMask
          // 1 when it is not there, without a branch that could not be foretold.
          let difference = slots[home].tag ^ UInt32(truncatingIfNeeded: hash >> 32)
          let step = Int(truncatingIfNeeded: (UInt64(difference) &+ UInt64(UInt32.max)) >> 32)
          let id = slots[(home &+ step) & slotMask].id
          streampulse_prefetch(entries + Int(id))
          ids[row] = id
        }
        for row in (first - 2 * size..<first - size).clamped(to: 0..<count) {
          let text = texts[row]
          let id = verify(ids[row], text, equalityWords(text.start, text.count))
          ValueDictionary.note(id, of: row, ids, misses, &missed)
        }
      }
    }
    return missed
  }

  /// Keeps what was found, and lists the row as a miss when that is nothing, without a branch.
  @inline(__always)
  private static func note(
    _ id: Int32, of row: Int, _ ids: UnsafeMutablePointer<Int32>, _ misses: UnsafeMutablePointer<Int32>,
    _ missed: inout Int
  ) {
    ids[row] = id
    misses[missed] = Int32(truncatingIfNeeded: row)
    missed &+= id == 0 ? 1 : 0
  }

  /// The hash of a short text; of a long one, anything.
  @inline(__always)
  private borrowing func hash(_ text: TextView, _ ends: (first: UInt64, last: UInt64)) -> UInt64 {
    guard text.count > 16 else { return hashing.short(ends, text.count) }
    guard text.count <= ValueDictionary.shortLength else { return 0 }
    return hashing.finish(hashing.head(firstWords(text)), ends, text.count)
  }

  @inline(__always)
  private borrowing func find(_ text: TextView, _ ends: (first: UInt64, last: UInt64), _ hash: UInt64) -> Int32 {
    let slot = slots[Int(truncatingIfNeeded: hash) & slotMask]
    guard slot.tag == UInt32(truncatingIfNeeded: hash >> 32) else { return 0 }
    return verify(slot.id, text, ends)
  }

  /// The id, if it is that of the text, which must not be long.
  @inline(__always)
  private borrowing func verify(_ id: Int32, _ text: TextView, _ ends: (first: UInt64, last: UInt64)) -> Int32 {
    let entry = entries + Int(id)
    guard entry.pointee.count == text.count,
      (entry.pointee.first ^ ends.first) | (entry.pointee.last ^ ends.last) == 0
    else { return 0 }
    if text.count > 16 {
      guard text.count <= ValueDictionary.shortLength else { return 0 }
      let known = firstWords(TextView(start: entry.pointee.start, count: text.count))
      let words = firstWords(text)
      guard (known.0 ^ words.0) | (known.1 ^ words.1) == 0 else { return 0 }
    }
    return id
  }

  @inline(__always)
  private borrowing func firstWords(_ text: TextView) -> (UInt64, UInt64) {
    let raw = UnsafeRawPointer(text.start)
    return (raw.loadUnaligned(as: UInt64.self), raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  /// The id of the bytes; that of NULL when they are not known. May be called by several threads at once, as `find`.
  borrowing func known(_ text: TextView) -> Int32 {
    let words = equalityWords(text.start, text.count)
    let hash = hashing(text, ends: words)
    let tag = UInt32(truncatingIfNeeded: hash >> 32)
    var index = Int(truncatingIfNeeded: hash) & slotMask
    while slots[index].id != 0 {
      let entry = entries + Int(slots[index].id)
      if slots[index].tag == tag, entry.pointee.first == words.first, entry.pointee.last == words.last,
        entry.pointee.count == text.count,
        text.count <= 16 || bytesEqual(entry.pointee.start, text.start, text.count - 16)
      {
        return slots[index].id
      }
      index = (index + 1) & slotMask
    }
    return ValueDictionary.null
  }

  /// The id of the bytes, or nil when they are new and `accepts` refuses them.
  @inline(never)
  mutating func intern(_ text: TextView, accepts: (TextView) -> Bool) -> Int32? {
    let words = equalityWords(text.start, text.count)
    let hash = hashing(text, ends: words)
    let tag = UInt32(truncatingIfNeeded: hash >> 32)
    var index = Int(truncatingIfNeeded: hash) & slotMask
    while true {
      let slot = slots[index]
      if slot.tag == tag {
        let entry = entries[Int(slot.id)]
        if entry.first == words.first, entry.last == words.last, entry.count == text.count,
          text.count <= 16 || bytesEqual(entry.start, text.start, text.count - 16)
        {
          return slot.id
        }
      }
      if slot.id == 0 { return insert(text, words, tag: tag, at: index, accepts: accepts) }
      index = (index + 1) & slotMask
    }
  }

  @inline(never)
  private mutating func insert(
    _ text: TextView, _ words: (first: UInt64, last: UInt64), tag: UInt32, at index: Int, accepts: (TextView) -> Bool
  ) -> Int32? {
    guard accepts(text) else { return nil }
    if count == entryCapacity { growEntries() }
    let id = Int32(count)
    (entries + count).initialize(
      to: Entry(first: words.first, last: words.last, start: arena.append(text.bytes).start, count: text.count))
    if count < ValueDictionary.shortcutValues, text.count <= 16 {
      let shortcut = shortcuts + hashing.bits(words, ValueDictionary.shortcutBits)
      if shortcut.pointee.id == 0 {
        shortcut.pointee = Shortcut(first: words.first, last: words.last, count: Int32(text.count), id: id)
      }
    }
    count += 1
    longest = max(longest, text.count)
    slots[index] = Slot(tag: tag, id: id)
    if count * 2 > slotMask { growSlots() }
    return id
  }

  private mutating func growEntries() {
    let larger = ValueDictionary.allocate(entryCapacity * 2)
    larger.initialize(from: entries, count: count)
    entries.deallocate()
    entries = larger
    entryCapacity *= 2
  }

  private mutating func growSlots() {
    slots.deallocate()
    let capacity = (slotMask + 1) * 4
    slotMask = capacity - 1
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: Slot(), count: capacity)
    for id in 1..<count {
      let value = entries[id]
      let hash = hashing(TextView(start: value.start, count: value.count), ends: (value.first, value.last))
      var index = Int(truncatingIfNeeded: hash) & slotMask
      while slots[index].id != 0 { index = (index + 1) & slotMask }
      slots[index] = Slot(tag: UInt32(truncatingIfNeeded: hash >> 32), id: Int32(id))
    }
  }

  /// Forgets all values and gives back memory beyond the initial size.
  mutating func removeAll() {
    self = ValueDictionary(seed: seed)
  }
}

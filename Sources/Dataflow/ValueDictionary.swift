import Events
import Glibc

/// Gives every distinct byte string a dense id: open addressing, linear probing, one seeded hash per look-up.
///
/// The bytes are copied once, when they are first seen. Ids stay valid until `removeAll()`.
struct ValueDictionary: ~Copyable {
  /// The id of NULL, which is no byte string.
  static let null: Int32 = 0

  private struct Slot {
    /// The upper half of the hash: most unequal values are told apart without touching their bytes.
    var tag: UInt32
    /// 0: free.
    var id: Int32
  }

  private var slots: UnsafeMutablePointer<Slot>
  private var slotMask: Int
  private var entries: UnsafeMutablePointer<TextView>
  private var entryCapacity: Int
  private var arena = TextArena(chunkSize: 256 * 1024)
  private let seed: UInt64
  /// Ids given, including that of NULL.
  private(set) var count = 1
  /// Length of the longest value, in bytes.
  private(set) var longest = 0

  init(seed: UInt64) {
    self.seed = seed
    slotMask = 1023
    slots = .allocate(capacity: 1024)
    slots.initialize(repeating: Slot(tag: 0, id: 0), count: 1024)
    entryCapacity = 512
    entries = .allocate(capacity: entryCapacity)
    entries.initialize(repeating: .empty, count: entryCapacity)
  }

  deinit {
    slots.deallocate()
    entries.deallocate()
  }

  subscript(id: Int32) -> TextView {
    entries[Int(id)]
  }

  /// Bytes held.
  var memory: Int {
    (slotMask + 1) * MemoryLayout<Slot>.stride + entryCapacity * MemoryLayout<TextView>.stride + arena.capacity
  }

  /// The id of the bytes, or nil when they are new and `accepts` refuses them.
  @inline(__always)
  mutating func intern(_ text: TextView, accepts: (TextView) -> Bool) -> Int32? {
    let hash = hashBytes(text.start, text.count, seed: seed)
    let tag = UInt32(truncatingIfNeeded: hash >> 32)
    var index = Int(truncatingIfNeeded: hash) & slotMask
    while true {
      let slot = slots[index]
      if slot.id == 0 { return insert(text, tag: tag, at: index, accepts: accepts) }
      if slot.tag == tag, shortTextsEqual(entries[Int(slot.id)], text) { return slot.id }
      index = (index + 1) & slotMask
    }
  }

  @inline(never)
  private mutating func insert(_ text: TextView, tag: UInt32, at index: Int, accepts: (TextView) -> Bool) -> Int32? {
    guard accepts(text) else { return nil }
    if count == entryCapacity { growEntries() }
    let id = Int32(count)
    entries[count] = arena.append(text.bytes)
    count += 1
    longest = max(longest, text.count)
    slots[index] = Slot(tag: tag, id: id)
    if count * 2 > slotMask { growSlots() }
    return id
  }

  private mutating func growEntries() {
    let larger = UnsafeMutablePointer<TextView>.allocate(capacity: entryCapacity * 2)
    larger.initialize(repeating: .empty, count: entryCapacity * 2)
    larger.update(from: entries, count: count)
    entries.deallocate()
    entries = larger
    entryCapacity *= 2
  }

  private mutating func growSlots() {
    slots.deallocate()
    let capacity = (slotMask + 1) * 4
    slotMask = capacity - 1
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: Slot(tag: 0, id: 0), count: capacity)
    for id in 1..<count {
      let hash = hashBytes(entries[id].start, entries[id].count, seed: seed)
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

/// Keys are short: comparing words inline is cheaper than calling memcmp.
@inline(__always)
private func shortTextsEqual(_ left: TextView, _ right: TextView) -> Bool {
  let count = left.count
  guard count == right.count else { return false }
  let first = UnsafeRawPointer(left.start)
  let second = UnsafeRawPointer(right.start)
  if count >= 8 {
    if count <= 16 {
      return first.loadUnaligned(as: UInt64.self) == second.loadUnaligned(as: UInt64.self)
        && first.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
          == second.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    }
    return memcmp(first, second, count) == 0
  }
  if count >= 4 {
    return first.loadUnaligned(as: UInt32.self) == second.loadUnaligned(as: UInt32.self)
      && first.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
        == second.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
  }
  for index in 0..<count where left.start[index] != right.start[index] { return false }
  return true
}

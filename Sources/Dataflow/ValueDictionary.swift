import Events
import Glibc

/// Gives every distinct byte string a dense id: open addressing, linear probing, one seeded hash per look-up.
///
/// The bytes are copied once, when they are first seen. Ids stay valid until `removeAll()`.
struct ValueDictionary: ~Copyable {
  /// The id of NULL, which is no byte string.
  static let null: Int32 = 0

  /// Values of up to 16 bytes are compared within the slot: one cache line, where following the id to the entry and on
  /// to the bytes would be three (12 ns less per look-up of 1,000 titles).
  private struct Slot {
    var first: UInt64 = 0
    var last: UInt64 = 0
    var count: Int32 = 0
    /// 0: free.
    var id: Int32 = 0
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
    slots.initialize(repeating: Slot(), count: 1024)
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
    let words = endWords(text.start, text.count)
    let hash = hashBytes(text.start, text.count, ends: words, seed: seed)
    var index = Int(truncatingIfNeeded: hash) & slotMask
    while true {
      let slot = slots[index]
      if slot.id == 0 { return insert(text, words, at: index, accepts: accepts) }
      if slot.first == words.first, slot.last == words.last, Int(slot.count) == text.count,
        text.count <= 16 || memcmp(entries[Int(slot.id)].start, text.start, text.count) == 0
      {
        return slot.id
      }
      index = (index + 1) & slotMask
    }
  }

  @inline(never)
  private mutating func insert(
    _ text: TextView, _ words: (first: UInt64, last: UInt64), at index: Int, accepts: (TextView) -> Bool
  ) -> Int32? {
    guard accepts(text) else { return nil }
    if count == entryCapacity { growEntries() }
    let id = Int32(count)
    entries[count] = arena.append(text.bytes)
    count += 1
    longest = max(longest, text.count)
    slots[index] = Slot(first: words.first, last: words.last, count: Int32(text.count), id: id)
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
    slots.initialize(repeating: Slot(), count: capacity)
    for id in 1..<count {
      let value = entries[id]
      let words = endWords(value.start, value.count)
      var index = Int(truncatingIfNeeded: hashBytes(value.start, value.count, ends: words, seed: seed)) & slotMask
      while slots[index].id != 0 { index = (index + 1) & slotMask }
      slots[index] = Slot(first: words.first, last: words.last, count: Int32(value.count), id: Int32(id))
    }
  }

  /// Forgets all values and gives back memory beyond the initial size.
  mutating func removeAll() {
    self = ValueDictionary(seed: seed)
  }
}

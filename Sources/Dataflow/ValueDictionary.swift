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

  private var slots: UnsafeMutablePointer<Slot>
  private var slotMask: Int
  private var entries: UnsafeMutablePointer<Entry>
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
    entries.initialize(repeating: .none, count: entryCapacity)
  }

  deinit {
    slots.deallocate()
    entries.deallocate()
  }

  subscript(id: Int32) -> TextView {
    let entry = entries[Int(id)]
    return TextView(start: entry.start, count: max(entry.count, 0))
  }

  /// Bytes held.
  var memory: Int {
    (slotMask + 1) * MemoryLayout<Slot>.stride + entryCapacity * MemoryLayout<Entry>.stride + arena.capacity
  }

  /// The id of a text that is known, short, and in the first slot it can be in; else 0. Nine look-ups of ten end here;
  /// apart from `intern`, so that the loop over them has no more variables than the processor has registers.
  @inline(__always)
  borrowing func find(_ text: TextView) -> Int32 {
    let raw = UnsafeRawPointer(text.start)
    var hash = initialHash(seed: seed)
    let words = endWords(text.start, text.count)
    var heads: (UInt64, UInt64) = (0, 0)
    if text.count > 16 {
      guard text.count <= 32 else { return 0 }
      heads = (raw.loadUnaligned(as: UInt64.self), raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      hash = hashStep(hash, heads)
    }
    hash = finalHash(hash, words, text.count)
    let slot = slots[Int(truncatingIfNeeded: hash) & slotMask]
    let entry = entries + Int(slot.id)
    guard slot.tag == UInt32(truncatingIfNeeded: hash >> 32), entry.pointee.count == text.count,
      (entry.pointee.first ^ words.first) | (entry.pointee.last ^ words.last) == 0
    else { return 0 }
    if text.count > 16 {
      let known = UnsafeRawPointer(entry.pointee.start)
      let other = (known.loadUnaligned(as: UInt64.self), known.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      guard (other.0 ^ heads.0) | (other.1 ^ heads.1) == 0 else { return 0 }
    }
    return slot.id
  }

  /// The id of the bytes, or nil when they are new and `accepts` refuses them.
  @inline(never)
  mutating func intern(_ text: TextView, accepts: (TextView) -> Bool) -> Int32? {
    let words = endWords(text.start, text.count)
    let hash = hashBytes(text.start, text.count, ends: words, seed: seed)
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
    entries[count] = Entry(
      first: words.first, last: words.last, start: arena.append(text.bytes).start, count: text.count)
    count += 1
    longest = max(longest, text.count)
    slots[index] = Slot(tag: tag, id: id)
    if count * 2 > slotMask { growSlots() }
    return id
  }

  private mutating func growEntries() {
    let larger = UnsafeMutablePointer<Entry>.allocate(capacity: entryCapacity * 2)
    larger.initialize(repeating: .none, count: entryCapacity * 2)
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
      let hash = hashBytes(value.start, value.count, ends: (value.first, value.last), seed: seed)
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

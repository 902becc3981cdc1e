import Events

/// Gives every distinct pair of 32-bit ids a dense id: how several key columns and the window become one group.
///
/// A group of any number of keys is folded from the left, ((window, key), key), …, so there is no limit on keys and no
/// second, slower path.
struct PairTable: ~Copyable {
  private struct Slot {
    var pair: UInt64
    /// 0: free.
    var id: Int32
  }

  private var slots: UnsafeMutablePointer<Slot>
  private var slotMask: Int
  private var pairs: [UInt64]
  private let seed: UInt64

  /// Id 0 is never given: callers use it for "no group".
  init(seed: UInt64) {
    self.seed = seed
    slotMask = 1023
    slots = .allocate(capacity: 1024)
    slots.initialize(repeating: Slot(pair: 0, id: 0), count: 1024)
    pairs = [0]
  }

  deinit {
    slots.deallocate()
  }

  /// Ids given, plus one for the id 0.
  var count: Int { pairs.count }

  var memory: Int { (slotMask + 1) * MemoryLayout<Slot>.stride + pairs.capacity * 8 }

  /// The pair that got this id.
  subscript(id: Int32) -> (first: Int32, second: Int32) {
    let pair = pairs[Int(id)]
    return (Int32(truncatingIfNeeded: pair >> 32), Int32(truncatingIfNeeded: pair))
  }

  @inline(__always)
  mutating func intern(_ first: Int32, _ second: Int32) -> Int32 {
    let pair = UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
    var index = Int(truncatingIfNeeded: hashInteger(pair, seed: seed)) & slotMask
    while true {
      let slot = slots[index]
      if slot.id == 0 { return insert(pair, at: index) }
      if slot.pair == pair { return slot.id }
      index = (index + 1) & slotMask
    }
  }

  @inline(never)
  private mutating func insert(_ pair: UInt64, at index: Int) -> Int32 {
    let id = Int32(pairs.count)
    pairs.append(pair)
    slots[index] = Slot(pair: pair, id: id)
    if pairs.count * 2 > slotMask { grow() }
    return id
  }

  private mutating func grow() {
    slots.deallocate()
    let capacity = (slotMask + 1) * 4
    slotMask = capacity - 1
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: Slot(pair: 0, id: 0), count: capacity)
    for id in 1..<pairs.count {
      var index = Int(truncatingIfNeeded: hashInteger(pairs[id], seed: seed)) & slotMask
      while slots[index].id != 0 { index = (index + 1) & slotMask }
      slots[index] = Slot(pair: pairs[id], id: Int32(id))
    }
  }

  /// Forgets all pairs. Keeps its memory unless that has grown beyond what an ordinary flush needs.
  mutating func removeAll() {
    if slotMask >= 1 << 17 {
      self = PairTable(seed: seed)
    } else {
      slots.update(repeating: Slot(pair: 0, id: 0), count: slotMask + 1)
      pairs.removeLast(pairs.count - 1)
    }
  }
}

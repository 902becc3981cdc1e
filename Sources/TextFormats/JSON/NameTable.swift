import Events

/// The names of the objects that are open, to find one that is there twice. The time for an object is linear in its names.
struct NameTable: ~Copyable {
  /// Beyond these names an object is looked through at its end, by a table of their hashes.
  private static let fewNames = 48

  private var names = UnsafeMutableBufferPointer<NameHash>.allocate(capacity: 256)
  private(set) var count = 0
  /// Indices of names, plus one.
  private var table = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 256)

  deinit {
    names.deallocate()
    table.deallocate()
  }

  /// Begins a document.
  mutating func removeAll() { count = 0 }

  /// Adds a name to the object that begins at `first`; false when it is known to have the name already.
  ///
  /// - Parameter seen: a bit for some of the hashes of the object's names.
  @inline(__always)
  mutating func append(_ name: NameHash, first: Int, seen: inout UInt64) -> Bool {
    let bit = 1 &<< (name.hash &>> 58)
    if seen & bit != 0, isRepeated(name, first: first) { return false }
    seen |= bit
    if count == names.count { grow() }
    names.initializeElement(at: count, to: name)
    count &+= 1
    return true
  }

  private func isRepeated(_ name: NameHash, first: Int) -> Bool {
    guard count - first <= NameTable.fewNames else { return false }
    for index in first..<count where names[index] == name { return true }
    return false
  }

  /// Ends the object that begins at `first`; false when one of many names is there twice.
  @inline(__always)
  mutating func close(first: Int) -> Bool {
    let isGood = count - first <= NameTable.fewNames || areDistinct(first: first)
    count = first
    return isGood
  }

  private mutating func areDistinct(first: Int) -> Bool {
    var placeCount = 256
    while placeCount < 2 * (count - first) { placeCount *= 2 }
    if table.count < placeCount {
      table.deallocate()
      table = .allocate(capacity: placeCount)
    }
    UnsafeMutableBufferPointer(rebasing: table[..<placeCount]).initialize(repeating: 0)
    for index in first..<count {
      var place = Int(truncatingIfNeeded: names[index].hash) & (placeCount - 1)
      while table[place] > 0 {
        if names[first + Int(table[place]) - 1] == names[index] { return false }
        place = (place + 1) & (placeCount - 1)
      }
      table[place] = UInt32(index - first + 1)
    }
    return true
  }

  private mutating func grow() {
    let larger = UnsafeMutableBufferPointer<NameHash>.allocate(capacity: 2 * names.count)
    _ = larger.moveInitialize(fromContentsOf: names)
    names.deallocate()
    names = larger
  }
}

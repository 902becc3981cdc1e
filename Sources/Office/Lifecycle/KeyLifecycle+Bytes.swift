/// As it is kept in a table: little-endian numbers without gaps. Another layout is another version, with which the key
/// begins anew.
extension KeyLifecycle {
  private static let version: Int64 = 1
  /// What stands for no time.
  private static let never = Int64.min

  var encoded: [UInt8] {
    var numbers: [Int64] = [
      KeyLifecycle.version, Int64(phase.rawValue), newest ?? KeyLifecycle.never, Int64(badWindows), Int64(goodWindows),
      since, Int64(bitPattern: peak.bitPattern), resolvedAt ?? KeyLifecycle.never, Int64(flaps), Int64(recent.count),
    ]
    for window in recent {
      numbers += [
        window.start, Int64(bitPattern: window.value.bitPattern), Int64(window.weight) << 1 | (window.isBad ? 1 : 0),
      ]
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(numbers.count * 8)
    for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
    return bytes
  }

  /// - Parameter bytes: of a table that somebody may have written to. nil: they say nothing.
  init?(decoding bytes: [UInt8]) {
    guard bytes.count >= 80, bytes.count.isMultiple(of: 8) else { return nil }
    let numbers = stride(from: 0, to: bytes.count, by: 8).map { Int64(littleEndianAt: $0, in: bytes) }
    guard numbers[0] == KeyLifecycle.version, let phase = UInt8(exactly: numbers[1]).flatMap(Phase.init(rawValue:)),
      (0...Int64(Int32.max)).contains(numbers[3]), (0...Int64(Int32.max)).contains(numbers[4]),
      (0...Int64(LifecycleRules.mostFlaps)).contains(numbers[8]),
      (0...Int64(KeyLifecycle.rememberedWindows)).contains(numbers[9]), numbers.count == 10 + 3 * Int(numbers[9])
    else { return nil }
    self.init()
    self.phase = phase
    newest = numbers[2] == KeyLifecycle.never ? nil : numbers[2]
    badWindows = Int(numbers[3])
    goodWindows = Int(numbers[4])
    since = numbers[5]
    peak = Double(bitPattern: UInt64(bitPattern: numbers[6]))
    resolvedAt = numbers[7] == KeyLifecycle.never ? nil : numbers[7]
    flaps = Int(numbers[8])
    recent = (0..<Int(numbers[9])).map { (index: Int) -> Judged in
      let start = 10 + 3 * index
      return Judged(
        start: numbers[start], value: Double(bitPattern: UInt64(bitPattern: numbers[start + 1])),
        weight: Int(numbers[start + 2] >> 1), isBad: numbers[start + 2] & 1 == 1)
    }
  }
}

extension Int64 {
  /// The eight bytes from an index on, all of which are there.
  init(littleEndianAt start: Int, in bytes: [UInt8]) {
    var value: UInt64 = 0
    for index in 0..<8 { value |= UInt64(bytes[start + index]) << UInt64(8 * index) }
    self = Int64(bitPattern: value)
  }
}

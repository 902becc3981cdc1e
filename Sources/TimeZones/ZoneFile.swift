import Events

extension ZoneRules {
  /// Reads a file of compiled zone data (RFC 9636, "TZif"), of version 2 or later.
  ///
  /// - Returns: nil for bytes that are no such file.
  public convenience init?(name: String, file bytes: [UInt8]) {
    var reader = ZoneFileReader(bytes: bytes)
    guard let first = reader.header(), first.version >= UInt8(ascii: "2") else { return nil }
    // The first block has times of 32 bits, which readers of the second do not look at.
    reader.skip(first.size(ofTime: 4))
    guard let header = reader.header(), header.types > 0,
      let changes = reader.times(header.times), let kinds = reader.take(header.times),
      let types = reader.offsets(header.types), kinds.allSatisfy({ $0 < types.count })
    else { return nil }
    reader.skip(header.size(ofTime: 8) - header.times * 9 - header.types * 6)
    guard changes.indices.dropFirst().allSatisfy({ changes[$0 - 1] < changes[$0] }), let footer = reader.footer() else {
      return nil
    }
    var times = changes
    var offsets = [types.first { !$0.isDaylight }?.seconds ?? types[0].seconds]
    offsets += kinds.map { types[Int($0)].seconds }
    var repeats = false
    if !footer.isEmpty {
      guard let rule = YearlyRule(footer) else { return nil }
      repeats = rule.append(to: &times, &offsets)
    }
    self.init(name: name, changes: times, offsets: offsets, repeats: repeats)
  }
}

/// Numbers are in network byte order.
private struct ZoneFileReader {
  struct Header {
    var version: UInt8
    var universalFlags: Int
    var standardFlags: Int
    var leaps: Int
    var times: Int
    var types: Int
    var characters: Int

    /// Bytes of the block that follows.
    func size(ofTime bytes: Int) -> Int {
      times * (bytes + 1) + types * 6 + characters + leaps * (bytes + 4) + standardFlags + universalFlags
    }
  }

  struct LocalType {
    /// East of UTC.
    var seconds: Int64
    var isDaylight: Bool
  }

  private let bytes: [UInt8]
  private var position = 0
  /// More of anything is in no file.
  private static let mostEntries = 100_000

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func skip(_ count: Int) { position += count }

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, position <= bytes.count, count <= bytes.count - position else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }

  mutating func header() -> Header? {
    guard let magic = take(4), Array(magic) == Array("TZif".utf8), let version = take(16)?.first else { return nil }
    var counts: [Int] = []
    for _ in 0..<6 {
      guard let count = integer(4), (0...Int64(Self.mostEntries)).contains(count) else { return nil }
      counts.append(Int(count))
    }
    return Header(
      version: version, universalFlags: counts[0], standardFlags: counts[1], leaps: counts[2], times: counts[3],
      types: counts[4], characters: counts[5])
  }

  mutating func times(_ count: Int) -> [Int64]? {
    var times: [Int64] = []
    for _ in 0..<count {
      guard let time = integer(8) else { return nil }
      times.append(time)
    }
    return times
  }

  mutating func offsets(_ count: Int) -> [LocalType]? {
    var types: [LocalType] = []
    for _ in 0..<count {
      guard let seconds = integer(4), let rest = take(2), let flag = rest.first else { return nil }
      types.append(LocalType(seconds: seconds, isDaylight: flag != 0))
    }
    return types
  }

  /// The text between two line feeds at the end.
  mutating func footer() -> String? {
    guard take(1)?.first == UInt8(ascii: "\n"), position <= bytes.count else { return nil }
    return String(decoding: bytes[position...].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// A signed number of so many bytes.
  private mutating func integer(_ count: Int) -> Int64? {
    guard let taken = take(count), let first = taken.first else { return nil }
    var value = Int64(Int8(bitPattern: first))
    for byte in taken.dropFirst() { value = value << 8 | Int64(byte) }
    return value
  }
}

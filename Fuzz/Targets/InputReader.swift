import AvroTestSupport

/// Takes an input apart: choices and lengths from the front, zeros once it is used up.
struct InputReader: RandomBits {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  /// Eight bytes, little-endian.
  mutating func bits() -> UInt64 {
    (0..<8).reduce(0) { bits, index in bits | UInt64(byte()) << (8 * UInt64(index)) }
  }

  /// Below `bound`; a single byte where that is enough, so that inputs stay short.
  mutating func below(_ bound: Int) -> Int {
    bound <= 256 ? Int(byte()) % bound : Int(bits() % UInt64(bound))
  }

  mutating func take(_ count: Int) -> [UInt8] {
    let end = min(position + count, bytes.count)
    defer { position = end }
    return Array(bytes[position..<end])
  }

  mutating func rest() -> [UInt8] { take(bytes.count - position) }

  /// Up to `limit` payloads: 255 is a tombstone, 254 takes all that is left, anything less is a length.
  mutating func payloads(limit: Int) -> [[UInt8]?] {
    var payloads: [[UInt8]?] = []
    while !isAtEnd, payloads.count < limit {
      switch byte() {
      case 255: payloads.append(nil)
      case 254: payloads.append(rest())
      case let count: payloads.append(take(Int(count)))
      }
    }
    return payloads
  }
}

import Events

/// Hashes that Postgres computes as well, by functions that any session can call: its own form of Bob Jenkins' lookup3
/// (src/common/hashfn.c), with 64 bits and the seed 0. Stored sketches depend on them.
enum PostgresHash {
  /// `hashint4extended(0, value)`: the value goes in as the seed, all 64 bits of it.
  @inline(__always)
  static func integer(_ value: Int64) -> UInt64 {
    var state = State(length: 4)
    if value != 0 {
      state.a &+= UInt32(truncatingIfNeeded: value >> 32)
      state.b &+= UInt32(truncatingIfNeeded: value)
      state.mix()
    }
    return state.finish()
  }

  /// `hashfloat8extended(value, 0)`.
  @inline(__always)
  static func double(_ value: Double) -> UInt64 {
    if value == 0 { return 0 }
    let bits = value.isNaN ? 0x7ff8_0000_0000_0000 : value.bitPattern
    var state = State(length: 8)
    state.a &+= UInt32(truncatingIfNeeded: bits)
    state.b &+= UInt32(truncatingIfNeeded: bits >> 32)
    return state.finish()
  }

  /// `hashtextextended(value COLLATE "C", 0)`.
  @inline(__always)
  static func bytes(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let start = bytes.baseAddress else { return State(length: 0).finish() }
    return hash(UnsafeRawPointer(start), bytes.count)
  }

  /// `hashtextextended(trim_scale(value)::text, 0)`.
  static func decimal(_ unscaled: Int128, scale: Int) -> UInt64 {
    var (rest, places) = (unscaled.magnitude, scale)
    while places > 0, rest % 10 == 0 {
      rest /= 10
      places -= 1
    }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 48 + scale) { digits in
      var first = digits.count
      func prepend(_ byte: UInt8) {
        first -= 1
        digits[first] = byte
      }
      var written = 0
      while rest > 0 || written <= places {
        if written == places, places > 0 { prepend(UInt8(ascii: ".")) }
        prepend(UInt8(ascii: "0") + UInt8(rest % 10))
        rest /= 10
        written += 1
      }
      if unscaled < 0 { prepend(UInt8(ascii: "-")) }
      return bytes(UnsafeBufferPointer(rebasing: digits[first...]))
    }
  }

  private static func hash(_ start: UnsafeRawPointer, _ count: Int) -> UInt64 {
    var state = State(length: UInt32(truncatingIfNeeded: count))
    var (next, rest) = (start, count)
    while rest >= 12 {
      state.a &+= next.word(0)
      state.b &+= next.word(4)
      state.c &+= next.word(8)
      state.mix()
      next += 12
      rest -= 12
    }
    // What is left, up to 11 bytes, as little-endian words; the lowest byte of the last word belongs to the length.
    if rest >= 8 {
      state.a &+= next.word(0)
      state.b &+= next.word(4)
      for index in 8..<rest { state.c &+= next.byte(index) &<< UInt32(8 * (index - 7)) }
    } else if rest >= 4 {
      state.a &+= next.word(0)
      for index in 4..<rest { state.b &+= next.byte(index) &<< UInt32(8 * (index - 4)) }
    } else {
      for index in 0..<rest { state.a &+= next.byte(index) &<< UInt32(8 * index) }
    }
    return state.finish()
  }

  private struct State {
    var a: UInt32
    var b: UInt32
    var c: UInt32

    @inline(__always)
    init(length: UInt32) {
      a = 0x9e37_79b9 &+ length &+ 3_923_095
      b = a
      c = a
    }

    @inline(__always)
    mutating func mix() {
      a &-= c
      a ^= rotated(c, 4)
      c &+= b
      b &-= a
      b ^= rotated(a, 6)
      a &+= c
      c &-= b
      c ^= rotated(b, 8)
      b &+= a
      a &-= c
      a ^= rotated(c, 16)
      c &+= b
      b &-= a
      b ^= rotated(a, 19)
      a &+= c
      c &-= b
      c ^= rotated(b, 4)
      b &+= a
    }

    @inline(__always)
    consuming func finish() -> UInt64 {
      c ^= b
      c &-= rotated(b, 14)
      a ^= c
      a &-= rotated(c, 11)
      b ^= a
      b &-= rotated(a, 25)
      c ^= b
      c &-= rotated(b, 16)
      a ^= c
      a &-= rotated(c, 4)
      b ^= a
      b &-= rotated(a, 14)
      c ^= b
      c &-= rotated(b, 24)
      return UInt64(b) << 32 | UInt64(c)
    }
  }
}

@inline(__always)
private func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 {
  word &<< bits | word &>> (32 &- bits)
}

extension UnsafeRawPointer {
  @inline(__always)
  fileprivate func word(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  @inline(__always)
  fileprivate func byte(_ offset: Int) -> UInt32 {
    UInt32(load(fromByteOffset: offset, as: UInt8.self))
  }
}

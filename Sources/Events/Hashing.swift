/// A seeded 64-bit hash of a byte string, in the manner of wyhash (Wang Yi): 8 bytes a step, folded by a 64×64→128-bit
/// multiplication. The seed is random per process, so that nobody can prepare keys that collide.
@inlinable @inline(__always)
public func hashBytes(_ start: UnsafePointer<UInt8>, _ count: Int, seed: UInt64) -> UInt64 {
  hashBytes(start, count, ends: endWords(start, count), seed: seed)
}

/// The same, for a caller that has the `endWords` already.
@inlinable @inline(__always)
public func hashBytes(
  _ start: UnsafePointer<UInt8>, _ count: Int, ends: (first: UInt64, last: UInt64), seed: UInt64
) -> UInt64 {
  let raw = UnsafeRawPointer(start)
  var hash = initialHash(seed: seed)
  var offset = 0
  while offset + 16 < count {
    hash = hashStep(
      hash,
      (
        raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
        raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
      ))
    offset += 16
  }
  return finalHash(hash, ends, count)
}

// The parts of `hashBytes`, for a caller that has the words of a short string in registers: the start, a step for each
// 16 bytes before the last 16 (or fewer), and the end.

@inlinable @inline(__always)
public func initialHash(seed: UInt64) -> UInt64 {
  seed ^ 0xa076_1d64_78bd_642f
}

@inlinable @inline(__always)
public func hashStep(_ hash: UInt64, _ words: (UInt64, UInt64)) -> UInt64 {
  foldedMultiply(words.0 ^ 0xe703_7ed1_a0b4_28db, words.1 ^ hash)
}

@inlinable @inline(__always)
public func finalHash(_ hash: UInt64, _ ends: (first: UInt64, last: UInt64), _ count: Int) -> UInt64 {
  foldedMultiply(
    0x8ebc_6af0_9c88_c6e3 ^ UInt64(truncatingIfNeeded: count), hashStep(hash, (ends.first, ends.last)))
}

/// The first and the last eight bytes, overlapping in short strings; of more than 16 bytes, the last sixteen.
///
/// Two strings of the same length up to 16 are equal exactly when their words are.
@inlinable @inline(__always)
public func endWords(_ start: UnsafePointer<UInt8>, _ count: Int) -> (first: UInt64, last: UInt64) {
  let raw = UnsafeRawPointer(start)
  if count > 16 {
    return (
      raw.loadUnaligned(fromByteOffset: count - 16, as: UInt64.self),
      raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    )
  }
  if count >= 8 {
    return (raw.loadUnaligned(as: UInt64.self), raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
  }
  if count >= 4 {
    return (
      UInt64(raw.loadUnaligned(as: UInt32.self)),
      UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
    )
  }
  guard count > 0 else { return (0, 0) }
  return (UInt64(start[0]) << 16 | UInt64(start[count >> 1]) << 8 | UInt64(start[count - 1]), 0)
}

/// The same for one 64-bit value.
@inlinable @inline(__always)
public func hashInteger(_ value: UInt64, seed: UInt64) -> UInt64 {
  foldedMultiply(value ^ seed, 0x9e37_79b9_7f4a_7c15)
}

@inlinable @inline(__always)
public func foldedMultiply(_ left: UInt64, _ right: UInt64) -> UInt64 {
  let product = left.multipliedFullWidth(by: right)
  return product.high ^ product.low
}

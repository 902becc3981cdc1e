/// A seeded 64-bit hash of a byte string, in the manner of wyhash (Wang Yi): 8 bytes a step, folded by a 64×64→128-bit
/// multiplication. Stable: ids that users keep are made with it.
public func hashBytes(_ start: UnsafePointer<UInt8>, _ count: Int, seed: UInt64) -> UInt64 {
  let raw = UnsafeRawPointer(start)
  var hash = seed ^ 0xa076_1d64_78bd_642f
  func step(_ first: UInt64, _ second: UInt64) {
    hash = foldedMultiply(first ^ 0xe703_7ed1_a0b4_28db, second ^ hash)
  }
  var offset = 0
  while offset + 16 < count {
    step(
      raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
      raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
    offset += 16
  }
  let ends = endWords(start, count)
  step(ends.first, ends.last)
  return foldedMultiply(0x8ebc_6af0_9c88_c6e3 ^ UInt64(truncatingIfNeeded: count), hash)
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

/// Two words of a string, equal to those of another one of the same length up to 16 exactly when the strings are equal; of
/// more than 16 bytes, the last sixteen. Not those of `endWords`.
///
/// Keys of less and of more than 8 bytes stand in one column, and nobody could foretell a branch on it: four loads that
/// overlap, where those in the middle depend on the length by a shift (as wyhash reads short strings).
@inlinable @inline(__always)
public func equalityWords(_ start: UnsafePointer<UInt8>, _ count: Int) -> (first: UInt64, last: UInt64) {
  guard count <= 16, count >= 4 else { return endWords(start, count) }
  let raw = UnsafeRawPointer(start)
  let step = (count &>> 3) &* 4
  func load(_ offset: Int) -> UInt64 { UInt64(raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
  return (load(0) | load(step) &<< 32, load(count &- 4) | load(count &- 4 &- step) &<< 32)
}

/// A seeded hash of one 64-bit value.
@inlinable @inline(__always)
public func hashInteger(_ value: UInt64, seed: UInt64) -> UInt64 {
  foldedMultiply(value ^ seed, 0x9e37_79b9_7f4a_7c15)
}

@inlinable @inline(__always)
public func foldedMultiply(_ left: UInt64, _ right: UInt64) -> UInt64 {
  let product = left.multipliedFullWidth(by: right)
  return product.high ^ product.low
}

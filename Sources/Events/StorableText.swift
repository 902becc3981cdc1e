@usableFromInline let highBits: UInt64 = 0x8080_8080_8080_8080
@usableFromInline let lowBits: UInt64 = 0x0101_0101_0101_0101

/// Whether Postgres can store the bytes as `text`: UTF-8 without a zero byte.
@inlinable @inline(__always)
public func isStorableText(_ text: TextView) -> Bool {
  let count = text.count
  let raw = UnsafeRawPointer(text.start)
  // Nearly all text is ASCII: eight bytes at a time, the last ones by an overlapping load.
  if count >= 8 {
    var refused = refusals(raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
    var offset = 0
    while offset < count - 8 {
      refused |= refusals(raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    return refused & highBits == 0 || isStorableUTF8(text)
  }
  for index in 0..<count where text.start[index] == 0 || text.start[index] >= 0x80 { return isStorableUTF8(text) }
  return true
}

/// No high bit is set when the eight bytes are from 1 to 127: a byte above has its own, and the first zero byte gets one
/// when 1 is taken from it.
@inlinable @inline(__always)
func refusals(_ word: UInt64) -> UInt64 {
  word | (word &- lowBits)
}

@usableFromInline @inline(never)
func isStorableUTF8(_ text: TextView) -> Bool {
  if text.bytes.contains(0) { return false }
  var decoder = UTF8()
  var bytes = text.bytes.makeIterator()
  while true {
    switch decoder.decode(&bytes) {
    case .scalarValue: continue
    case .emptyInput: return true
    case .error: return false
    }
  }
}

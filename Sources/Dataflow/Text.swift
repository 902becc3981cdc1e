import Events

/// Whether Postgres can store the bytes as `text`: UTF-8 without a zero byte.
func isStorableText(_ text: TextView) -> Bool {
  let raw = UnsafeRawPointer(text.start)
  var index = 0
  // Eight ASCII bytes at a time: no high bit set and no byte zero (Mycroft's test for a zero byte).
  while index + 8 <= text.count {
    let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
    if word & 0x8080_8080_8080_8080 != 0 { break }
    if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { return false }
    index += 8
  }
  let rest = UnsafeBufferPointer(rebasing: text.bytes[index...])
  if rest.contains(0) { return false }
  if rest.allSatisfy({ $0 < 0x80 }) { return true }
  var decoder = UTF8()
  var bytes = rest.makeIterator()
  while true {
    switch decoder.decode(&bytes) {
    case .scalarValue: continue
    case .emptyInput: return true
    case .error: return false
    }
  }
}

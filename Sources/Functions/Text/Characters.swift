import Events

/// Characters (code points) of a text that is UTF-8: every byte that is no continuation begins one.
extension TextView {
  @inline(__always)
  private static func begins(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }

  var characterCount: Int {
    var found = 0
    for offset in 0..<count where TextView.begins(start[offset]) { found &+= 1 }
    return found
  }

  /// Where so many characters end; the text's end when it has fewer.
  func offset(ofCharacter number: Int) -> Int {
    guard number > 0 else { return 0 }
    if number >= count { return number == count && isASCII ? count : offsetByWalking(number) }
    return offsetByWalking(number)
  }

  private func offsetByWalking(_ number: Int) -> Int {
    var left = number
    var offset = 0
    while offset < count {
      if TextView.begins(start[offset]) {
        if left == 0 { return offset }
        left -= 1
      }
      offset += 1
    }
    return count
  }

  private var isASCII: Bool {
    for offset in 0..<count where start[offset] >= 0x80 { return false }
    return true
  }

  /// Where the character at `offset` ends.
  @inline(__always)
  func end(ofCharacterAt offset: Int) -> Int {
    var end = offset + 1
    while end < count, !TextView.begins(start[end]) { end += 1 }
    return end
  }

  /// Where the character that ends at `offset` begins.
  @inline(__always)
  func start(ofCharacterBefore offset: Int) -> Int {
    var begin = offset - 1
    while begin > 0, !TextView.begins(start[begin]) { begin -= 1 }
    return begin
  }

  func piece(_ range: Range<Int>) -> TextView {
    range.isEmpty ? .empty : TextView(start: start + range.lowerBound, count: range.count)
  }

  /// Where `part`, which is not empty, is found from `offset` on; nil when it is not.
  func find(_ part: TextView, from offset: Int = 0) -> Int? {
    let first = part.start[0]
    var here = offset
    let last = count - part.count
    while here <= last {
      if start[here] == first, begins(with: part, at: here) { return here }
      here += 1
    }
    return nil
  }

  @inline(__always)
  func begins(with part: TextView, at offset: Int) -> Bool {
    guard offset + part.count <= count else { return false }
    for index in 0..<part.count where start[offset + index] != part.start[index] { return false }
    return true
  }

  /// Whether one of the text's characters is `character`.
  func contains(character: TextView) -> Bool {
    var offset = 0
    while offset < count {
      let end = end(ofCharacterAt: offset)
      if end - offset == character.count, begins(with: character, at: offset) { return true }
      offset = end
    }
    return false
  }
}

/// What `tolower` and `toupper` make of a byte in the collation "C".
@inline(__always)
func lowercasedASCII(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

@inline(__always)
func uppercasedASCII(_ byte: UInt8) -> UInt8 { (0x61...0x7A).contains(byte) ? byte & 0xDF : byte }

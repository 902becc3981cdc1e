import CTextScan
import Events

/// A string as it stands between its quotes; checked.
struct JSONText {
  var raw: TextView
  var hasEscapes = false
  /// An escaped U+0000 is among its characters.
  var hasZero = false

  /// Why a text is no string, found at the cursor.
  enum Fault: Error {
    case unclosed, control, escape, hexadecimal, surrogate, invalidUTF8
  }

  /// Reads on from behind the opening quote, and moves behind the closing one or to what is wrong.
  init(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) throws(Fault) {
    let start = cursor
    raw = TextView(start: start, count: 0)
    while true {
      while end - cursor >= streampulse_scan_width {
        let plain = Int(streampulse_plain_count(cursor))
        cursor += plain
        if plain < streampulse_scan_width { break }
      }
      guard cursor < end else { throw .unclosed }
      switch cursor.pointee {
      case UInt8(ascii: "\""):
        raw.count = cursor - start
        cursor += 1
        return
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try takeEscape(&cursor, end)
      case 0..<0x20: throw .control
      case 0x80...:
        let count = sequenceCount(cursor, end)
        guard count > 0 else { throw .invalidUTF8 }
        cursor += count
      default: cursor += 1
      }
    }
  }

  private mutating func takeEscape(
    _ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) throws(Fault) {
    guard end - cursor >= 2 else {
      cursor = end
      throw .unclosed
    }
    guard cursor[1] == UInt8(ascii: "u") else {
      guard simpleEscape(cursor[1]) != nil else { throw .escape }
      cursor += 2
      return
    }
    guard let code = hexadecimal(cursor + 2, end) else { throw .hexadecimal }
    var length = 6
    if code & 0xF800 == 0xD800 {
      guard code < 0xDC00, end - cursor >= 8, cursor[6] == UInt8(ascii: "\\"), cursor[7] == UInt8(ascii: "u") else {
        throw .surrogate
      }
      guard let low = hexadecimal(cursor + 8, end) else { throw .hexadecimal }
      guard low & 0xFC00 == 0xDC00 else { throw .surrogate }
      length = 12
    }
    if code == 0 { hasZero = true }
    cursor += length
  }

  /// A copy in the arena without escapes.
  func unescaped(_ arena: inout TextArena) -> TextView {
    let start = arena.reserve(raw.count)
    var target = start
    var source = raw.start
    let end = source + raw.count
    while source < end {
      guard source.pointee == UInt8(ascii: "\\") else {
        target.pointee = source.pointee
        target += 1
        source += 1
        continue
      }
      if let byte = simpleEscape(source[1]) {
        target.pointee = byte
        target += 1
        source += 2
        continue
      }
      var code = hexadecimal(source + 2, end) ?? 0
      source += 6
      if code & 0xFC00 == 0xD800, let low = hexadecimal(source + 2, end) {
        code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
        source += 6
      }
      target += encode(code, target)
    }
    return TextView(start: UnsafePointer(start), count: target - start)
  }
}

/// What stands for the character behind a backslash; nil for `u` and what is no escape.
private func simpleEscape(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
  case UInt8(ascii: "b"): 0x08
  case UInt8(ascii: "f"): 0x0C
  case UInt8(ascii: "n"): 0x0A
  case UInt8(ascii: "r"): 0x0D
  case UInt8(ascii: "t"): 0x09
  default: nil
  }
}

private func hexadecimal(_ digits: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UInt32? {
  guard end - digits >= 4 else { return nil }
  var code: UInt32 = 0
  for index in 0..<4 {
    let digit: UInt8
    switch digits[index] {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = digits[index] - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = digits[index] - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = digits[index] - UInt8(ascii: "A") + 10
    default: return nil
    }
    code = code << 4 | UInt32(digit)
  }
  return code
}

/// Writes the UTF-8 of a character, which is never longer than its escape, and returns its length.
private func encode(_ code: UInt32, _ target: UnsafeMutablePointer<UInt8>) -> Int {
  switch code {
  case 0..<0x80:
    target[0] = UInt8(code)
    return 1
  case 0x80..<0x800:
    target[0] = UInt8(0xC0 | code >> 6)
    target[1] = UInt8(0x80 | code & 0x3F)
    return 2
  case 0x800..<0x10000:
    target[0] = UInt8(0xE0 | code >> 12)
    target[1] = UInt8(0x80 | code >> 6 & 0x3F)
    target[2] = UInt8(0x80 | code & 0x3F)
    return 3
  default:
    target[0] = UInt8(0xF0 | code >> 18 & 7)
    target[1] = UInt8(0x80 | code >> 12 & 0x3F)
    target[2] = UInt8(0x80 | code >> 6 & 0x3F)
    target[3] = UInt8(0x80 | code & 0x3F)
    return 4
  }
}

/// The length of the UTF-8 sequence of more than one byte at `text`; 0 when there is none (The Unicode Standard, table 3-7).
@inline(__always)
private func sequenceCount(_ text: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int {
  let lead = text.pointee
  let left = end - text
  func continues(_ index: Int) -> Bool { text[index] & 0xC0 == 0x80 }
  switch lead {
  case 0xC2...0xDF: return left >= 2 && continues(1) ? 2 : 0
  case 0xE0...0xEF:
    guard left >= 3, continues(1), continues(2) else { return 0 }
    // Not longer than it must be, and no surrogate.
    return (lead == 0xE0 && text[1] < 0xA0) || (lead == 0xED && text[1] > 0x9F) ? 0 : 3
  case 0xF0...0xF4:
    guard left >= 4, continues(1), continues(2), continues(3) else { return 0 }
    return (lead == 0xF0 && text[1] < 0x90) || (lead == 0xF4 && text[1] > 0x8F) ? 0 : 4
  default: return 0
  }
}

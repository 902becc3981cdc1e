/// The canonical text of a uuid: 36 characters in lower case.
enum UUIDText {
  static let count = 36

  /// Whether `text` is canonical already.
  static func isCanonical(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard text.count == count else { return false }
    for (index, byte) in text.enumerated() {
      switch byte {
      case UInt8(ascii: "-"): guard isDash(index) else { return false }
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"):
        guard !isDash(index) else { return false }
      default: return false
      }
    }
    return true
  }

  /// `text` in lower case, when that makes it canonical.
  static func canonical(_ text: [UInt8]) -> [UInt8]? {
    let lower = text.map { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) ? $0 | 0x20 : $0 }
    return lower.withUnsafeBufferPointer { isCanonical($0) } ? lower : nil
  }

  /// The text of 16 bytes.
  static func text(of bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    for byte in bytes {
      if isDash(text.count) { text.append(UInt8(ascii: "-")) }
      for digit in [byte >> 4, byte & 15] {
        text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    }
    return text
  }

  private static func isDash(_ index: Int) -> Bool {
    index == 8 || index == 13 || index == 18 || index == 23
  }
}

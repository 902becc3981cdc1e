/// The canonical text of a uuid: 36 characters in lower case.
public enum UUIDText {
  public static let count = 36

  /// Whether `text` is canonical already.
  public static func isCanonical(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
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
  public static func canonical(_ text: [UInt8]) -> [UInt8]? {
    let lower = text.map { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) ? $0 | 0x20 : $0 }
    return lower.withUnsafeBufferPointer { isCanonical($0) } ? lower : nil
  }

  /// Reads a uuid as Postgres does, in either case: 32 hexadecimal digits, with a hyphen or none behind each four of them
  /// but the last, in braces or not. False when it is none.
  ///
  /// - Parameter canonical: room for `count` bytes.
  public static func read(
    _ text: UnsafeBufferPointer<UInt8>, into canonical: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    // With all that may stand between the digits it has 41 characters.
    guard (32...41).contains(text.count) else { return false }
    let isBraced = text[0] == UInt8(ascii: "{")
    var next = isBraced ? 1 : 0
    var written = 0
    for digit in 0..<32 {
      guard next < text.count else { return false }
      let byte = text[next]
      let lower = byte | 0x20
      guard byte &- UInt8(ascii: "0") < 10 || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(lower) else {
        return false
      }
      canonical[written] = lower
      written += 1
      next += 1
      if isDash(written) {
        canonical[written] = UInt8(ascii: "-")
        written += 1
      }
      if digit % 4 == 3, digit < 31, next < text.count, text[next] == UInt8(ascii: "-") { next += 1 }
    }
    if isBraced {
      guard next < text.count, text[next] == UInt8(ascii: "}") else { return false }
      next += 1
    }
    return next == text.count
  }

  /// The text of 16 bytes.
  public static func text(of bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
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

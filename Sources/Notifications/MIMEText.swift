import Events
import Hexadecimal
import Plan

/// The header of a mail (RFC 5322), with encoded words (RFC 2047) where a text is not plain ASCII.
struct HeaderLines {
  private(set) var bytes: [UInt8] = []

  /// A value that is ours and needs neither encoding nor folding.
  mutating func add(_ name: String, _ value: String) { bytes += "\(name): \(value)\r\n".utf8 }

  mutating func add(_ name: String, _ addresses: [MailAddress]) {
    let texts = addresses.map { address in
      address.name.isEmpty ? address.address : "\(phrase(address.name)) <\(address.address)>"
    }
    // Each on a line of its own: none is long.
    add(name, texts.joined(separator: ",\r\n "))
  }

  mutating func add(unstructured name: String, _ text: String) {
    add(name, isPlain(text) && name.utf8.count + text.utf8.count <= 76 ? text : encodedWords(text))
  }

  private func phrase(_ name: String) -> String {
    isPlain(name) ? "\"\(name.filter { $0 != "\\" })\"" : encodedWords(name)
  }

  private func isPlain(_ text: String) -> Bool {
    // `=?` would be the beginning of an encoded word.
    text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } && !text.contains("=?")
  }

  /// Words of at most 64 characters, which leaves room for a header's name; none ends within a character of the text.
  private func encodedWords(_ text: String) -> String {
    var words: [String] = []
    var part: [UInt8] = []
    func flush() {
      if !part.isEmpty { words.append("=?utf-8?B?\(Base64.encode(part))?=") }
      part = []
    }
    for scalar in text.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if part.count + bytes.count > 39 { flush() }
      part += bytes
    }
    flush()
    return words.joined(separator: "\r\n ")
  }
}

/// RFC 2045, section 6.7: lines of at most 76 characters, each ending in CR LF.
func quotedPrintable(_ text: String) -> [UInt8] {
  let digits = Array("0123456789ABCDEF".utf8)
  var output: [UInt8] = []
  var width = 0
  let bytes = Array(text.utf8)
  for (index, byte) in bytes.enumerated() {
    if byte == UInt8(ascii: "\n") {
      output += [13, 10]
      width = 0
      continue
    }
    let isLast = index + 1 == bytes.count || bytes[index + 1] == UInt8(ascii: "\n")
    // A blank at a line's end would be lost.
    let isPlain = (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "=") || byte == 0x20 && !isLast
    let size = isPlain ? 1 : 3
    if width + size > 75 {
      output += [UInt8(ascii: "="), 13, 10]
      width = 0
    }
    output += isPlain ? [byte] : [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    width += size
  }
  return output
}

/// `Sat, 31 Jan 2026 12:00:00 +0000`: RFC 5322, section 3.3.
enum MailDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// - Parameter microseconds: since 1970 UTC, a time from then to the year 9999; others are brought there.
  static func text(_ microseconds: Int64) -> String {
    let seconds = min(max(microseconds / 1_000_000, 0), 253_402_300_799)
    let (day, time) = (seconds / 86_400, seconds % 86_400)
    let date = CalendarDate.date(days: day)
    let clock = DateTimeText.time(microseconds: time * 1_000_000)
    return "\(days[Int(day % 7)]), \(date.day) \(months[Int(date.month) - 1]) \(date.year) \(clock) +0000"
  }
}

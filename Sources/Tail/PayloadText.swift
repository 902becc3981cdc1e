import Events
import Hexadecimal
import JSON

/// A record's payload as it is to be looked at.
enum PayloadText {
  /// Printable text as it is, with `\n` and `\r` for line breaks; other bytes in hexadecimal, as Postgres shows them.
  static func append(_ record: Record, to line: inout [UInt8]) {
    guard record.payload != nil else { return line.append(contentsOf: "(no payload)".utf8) }
    let bytes = record.payloadBytes
    guard isPrintable(bytes) else { return line.append(contentsOf: ("\\x" + bytes.hexadecimal()).utf8) }
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\n"): line.append(contentsOf: "\\n".utf8)
      case UInt8(ascii: "\r"): line.append(contentsOf: "\\r".utf8)
      default: line.append(byte)
      }
    }
  }

  /// `"payload": …`, a text or null, or `"payload_hex": …` for bytes that are no text.
  static func appendMember(_ record: Record, to line: inout [UInt8]) {
    guard record.payload != nil else { return line.append(contentsOf: "\"payload\": null".utf8) }
    let bytes = record.payloadBytes
    if isText(bytes) {
      line.append(contentsOf: "\"payload\": ".utf8)
      appendJSONString(utf8: bytes, to: &line)
    } else {
      line.append(contentsOf: "\"payload_hex\": \"\(bytes.hexadecimal())\"".utf8)
    }
  }

  private static func isText(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return true }
    return isStorableText(TextView(start: start, count: bytes.count))
  }

  private static func isPrintable(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard isText(bytes) else { return false }
    var previous: UInt8 = 0
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): break
      case 0..<0x20, 0x7F: return false
      // U+0080 to U+009F.
      case 0x80..<0xA0 where previous == 0xC2: return false
      default: break
      }
      previous = byte
    }
    return true
  }
}

/// Appends a JSON document, or a part of one, so that nothing of an event can steer a terminal: the control characters
/// that JSON lets stand in texts, U+007F to U+009F, are escaped.
func appendPrintable(_ document: [UInt8], to line: inout [UInt8]) {
  var index = 0
  while index < document.count {
    let byte = document[index]
    let next = index + 1 < document.count ? document[index + 1] : 0
    if byte == 0x7F {
      appendJSONEscape(byte, to: &line)
    } else if byte == 0xC2, (0x80..<0xA0).contains(next) {
      appendJSONEscape(next, to: &line)
      index += 1
    } else {
      line.append(byte)
    }
    index += 1
  }
}

/// The same for a message, whose control characters are all shown as points.
func appendPrintable(_ message: String, to line: inout [UInt8]) {
  for scalar in message.unicodeScalars {
    line.append(contentsOf: String(scalar.properties.generalCategory == .control ? "." : scalar).utf8)
  }
}

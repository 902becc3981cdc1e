import Hexadecimal

/// How log lines look.
public enum LogFormat: Sendable {
  /// For people: time, level, message, `key=value`.
  case text
  /// The same with colours, for terminals.
  case colouredText
  /// One JSON object a line, for programs.
  case json

  /// From the text of `LOG_FORMAT`; nil for any other, e.g. `auto`.
  public init?(name: String) {
    switch name {
    case "text": self = .text
    case "json": self = .json
    default: return nil
    }
  }
}

extension LogFormat {
  /// One line with its end. Nothing in `message` or `fields` can begin another line.
  ///
  /// - Parameter microseconds: since 1970 UTC.
  func line(level: LogLevel, message: StaticString, fields: [LogField], microseconds: Int64) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(160 + fields.count * 24)
    switch self {
    case .json:
      line += "{\"time\":\"".utf8
      appendTimestamp(microseconds, to: &line)
      line += "\",\"level\":\"\(level.name)\",\"message\":".utf8
      appendJSON(message.description, to: &line)
      for field in fields {
        line += ",\"\(field.key.rawValue)\":".utf8
        appendJSON(field.value, to: &line)
      }
      line += "}\n".utf8
    case .text, .colouredText:
      let isColoured = if case .colouredText = self { true } else { false }
      appendTimestamp(microseconds, to: &line)
      line += " ".utf8
      let padded = level.name.uppercased() + String(repeating: " ", count: 7 - level.name.count)
      line += (isColoured ? "\(level.colour)\(padded)\u{1b}[0m " : "\(padded) ").utf8
      line += message.description.utf8
      for field in fields {
        line += (isColoured ? " \u{1b}[2m\(field.key.rawValue)=\u{1b}[0m" : " \(field.key.rawValue)=").utf8
        appendText(field.value, to: &line)
      }
      line += "\n".utf8
    }
    return line
  }
}

extension LogLevel {
  fileprivate var colour: String {
    switch self {
    case .trace, .debug: "\u{1b}[2m"
    case .info: "\u{1b}[32m"
    case .notice: "\u{1b}[36m"
    case .warning: "\u{1b}[33m"
    case .error: "\u{1b}[31m"
    }
  }
}

/// `2026-01-31T12:00:00.123456Z`.
private func appendTimestamp(_ microseconds: Int64, to line: inout [UInt8]) {
  func append(_ value: Int64, digits: Int) {
    let text = String(value)
    line += repeatElement(UInt8(ascii: "0"), count: max(0, digits - text.utf8.count))
    line += text.utf8
  }
  let days = microseconds.flooredQuotient(86_400_000_000)
  let time = microseconds - days * 86_400_000_000
  // Days to a date of the Gregorian calendar, with years that begin in March (Howard Hinnant's algorithm).
  let shifted = days + 719_468
  let era = shifted.flooredQuotient(146_097)
  let dayOfEra = shifted - era * 146_097
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let shiftedMonth = (5 * dayOfYear + 2) / 153
  let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  append(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), digits: 4)
  line += "-".utf8
  append(month, digits: 2)
  line += "-".utf8
  append(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, digits: 2)
  line += "T".utf8
  append(time / 3_600_000_000, digits: 2)
  line += ":".utf8
  append(time / 60_000_000 % 60, digits: 2)
  line += ":".utf8
  append(time / 1_000_000 % 60, digits: 2)
  line += ".".utf8
  append(time % 1_000_000, digits: 6)
  line += "Z".utf8
}

extension Int64 {
  fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}

private func appendJSON(_ value: LogValue, to line: inout [UInt8]) {
  switch value {
  case .text(let text): appendJSON(text, to: &line)
  case .integer(let integer): line += String(integer).utf8
  case .number(let number): line += (number.isFinite ? "\(number)" : "\"\(number)\"").utf8
  case .boolean(let boolean): line += (boolean ? "true" : "false").utf8
  }
}

private func appendJSON(_ text: String, to line: inout [UInt8]) {
  line += "\"".utf8
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "\""): line += "\\\"".utf8
    case UInt8(ascii: "\\"): line += "\\\\".utf8
    case UInt8(ascii: "\n"): line += "\\n".utf8
    case 0..<0x20, 0x7f: line += "\\u00\(byte.hexadecimal)".utf8
    default: line.append(byte)
    }
  }
  line += "\"".utf8
}

/// Quoted only when it could be misread without.
private func appendText(_ value: LogValue, to line: inout [UInt8]) {
  guard case .text(let text) = value else { return appendPlain(value, to: &line) }
  let isPlain =
    !text.isEmpty
    && text.utf8.allSatisfy {
      $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "\\")
    }
  if isPlain { line += text.utf8 } else { appendJSON(text, to: &line) }
}

private func appendPlain(_ value: LogValue, to line: inout [UInt8]) {
  if case .number(let number) = value, number.isFinite, abs(number) < 1e9 {
    // A thousandth is enough for a person.
    line += "\((number * 1000).rounded() / 1000)".utf8
  } else {
    appendJSON(value, to: &line)
  }
}

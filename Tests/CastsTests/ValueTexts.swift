import Events
import Plan
import Testing

@testable import PostgresOracle

/// What a declared column makes of a text: a type with its modifiers.
struct ValueTextType: CustomTestStringConvertible, Sendable {
  var type: SQLType
  /// As in SQL.
  var name: String
  var precision: Int?
  var maximumCharacters: Int?

  var testDescription: String { name }

  static let all: [ValueTextType] = [
    ValueTextType(type: .timestamptz, name: "timestamptz"), ValueTextType(type: .timestamp, name: "timestamp"),
    ValueTextType(type: .date, name: "date"), ValueTextType(type: .time, name: "time"),
    ValueTextType(type: .integer, name: "integer"), ValueTextType(type: .bigint, name: "bigint"),
    ValueTextType(type: .doublePrecision, name: "double precision"),
    ValueTextType(type: .numeric(scale: 0), name: "numeric(5,0)", precision: 5),
    ValueTextType(type: .numeric(scale: 2), name: "numeric(12,2)", precision: 12),
    ValueTextType(type: .numeric(scale: 9), name: "numeric(38,9)", precision: 38),
    ValueTextType(type: .numeric(scale: 38), name: "numeric(38,38)", precision: 38),
    ValueTextType(type: .boolean, name: "boolean"), ValueTextType(type: .uuid, name: "uuid"),
    ValueTextType(type: .text, name: "varchar(3)", maximumCharacters: 3),
  ]

  /// The shape of all texts that the type takes, white space around them left out; nil where it takes what Postgres takes.
  var shape: Regex<Substring>? {
    switch type {
    case .timestamptz:
      /(?:[0-9]{4,7}-[0-9]{2}-[0-9]{2})[Tt ](?:[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2}|:[0-9]{2}:[0-9]{2})?)/
    case .timestamp: /(?:[0-9]{4,7}-[0-9]{2}-[0-9]{2})(?:[Tt ](?:[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?))?/
    case .date: /[0-9]{4,7}-[0-9]{2}-[0-9]{2}/
    case .time: /[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?/
    case .integer, .bigint: /[+-]?[0-9]+/
    case .doublePrecision, .numeric: /[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/
    default: nil
    }
  }
}

/// What Postgres takes of a text and the engine refuses: all of it, as `docs/definitions.md` has it.
enum Refusal {
  /// Not of the type's `shape`: other forms of dates and times than ISO 8601's extended one, an offset too few or too
  /// many, words such as `now`, `infinity` and `NaN`, hexadecimal numbers.
  case otherShape
  /// A date or a time of more than 100 characters.
  case tooLong
  /// A timestamp after AD 294247-01-10T04:00:54.775806Z, where 64 bits of microseconds since 1970 end.
  case afterTheLastMicrosecond

  /// - Parameter code: what the engine says of the text.
  init?(_ text: String, _ type: ValueTextType, _ code: EventErrorCode) {
    let blanks: Set<Unicode.Scalar> = [" ", "\t", "\n", "\u{B}", "\u{C}", "\r"]
    var rest = text.unicodeScalars[...]
    while let first = rest.first, blanks.contains(first) { rest.removeFirst() }
    while let last = rest.last, blanks.contains(last) { rest.removeLast() }
    guard let shape = type.shape else { return nil }
    let isTime = [.timestamptz, .timestamp, .date, .time].contains(type.type)
    if String(rest).wholeMatch(of: shape) == nil {
      self = .otherShape
    } else if isTime, rest.count > 100 {
      self = .tooLong
    } else if [.timestamptz, .timestamp].contains(type.type), code == .timeOutOfRange,
      let year = Int(String(rest.prefix { $0 != "-" })), (294_246...294_276).contains(year)
    {
      self = .afterTheLastMicrosecond
    } else {
      return nil
    }
  }
}

extension RandomValues {
  /// A text that a column of the type may meet: one of its values in some spelling, or nearly one.
  mutating func valueText(of type: ValueTextType) -> String {
    var text = wellFormedText(of: type.type)
    if chance(3) { text = mutated(text) }
    if chance(20) { text = pick([" ", "\t", "\n "]) + text }
    if chance(20) { text += pick([" ", "\r\n", "\u{B}"]) }
    return text
  }

  private mutating func wellFormedText(of type: SQLType) -> String {
    switch type {
    case .timestamptz: isoDate() + pick(["T", "T", " ", "t"]) + isoTime() + (chance(10) ? "" : isoOffset())
    case .timestamp: chance(8) ? isoDate() : isoDate() + pick(["T", " "]) + isoTime() + (chance(10) ? isoOffset() : "")
    case .date: isoDate()
    case .time: isoTime()
    case .integer, .bigint: chance(4) ? text() : String(integer(.min ... .max) >> pick([0, 16, 31, 32, 33, 50]))
    case .doublePrecision, .numeric: chance(8) ? text() : decimalText()
    case .uuid: constant(of: .uuid)
    case .boolean: constant(of: .boolean)
    default: (0..<Int.random(in: 0...6, using: &self)).map { _ in pick(["a", "b", " ", " ", "ä", "日", "😀"]) }.joined()
    }
  }

  /// A number of units since 1970.
  mutating func epochText() -> String {
    switch Int.random(in: 0..<6, using: &self) {
    case 0: return decimalText()
    case 1: return String(integer(.min ... .max))
    case 2: return String(Double(integer(-9_999_999_999...9_999_999_999)) / pick([1, 1000, 1e6, 1e7]))
    // Halves of a microsecond or of another unit.
    case 3:
      return "\(integer(-99_999...99_999)).\(pick(["5", "0005", "0000005", "00000050001", "0000015", "00000149999"]))"
    case 4:
      return "\(integer(-99_999_999...99_999_999))\(pick(["500", "499", "501", "1500", "2500", "e3", "e-3", "e-9"]))"
    default: return mutated(String(integer(0...4_000_000_000)))
    }
  }

  private mutating func digits(_ range: ClosedRange<Int>) -> String {
    let width = String(range.upperBound).count
    // Most are good, some one beyond.
    let value = chance(12) ? pick([range.lowerBound - 1, range.upperBound + 1]) : Int.random(in: range, using: &self)
    let text = String(max(value, 0))
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }

  private mutating func isoDate() -> String {
    let years = [
      "0001", "0000", "0004", "1582", "1900", "1969", "1970", "2000", "2024", "2025", "9999", "10000", "00002025",
      "0002025", "294246", "294247", "294276", "294277", "5874897", "5874898", "9999999", "20250", "999",
    ]
    return "\(chance(3) ? pick(years) : digits(1970...2030))-\(digits(1...12))-\(digits(1...(chance(3) ? 31 : 28)))"
  }

  private mutating func isoTime() -> String {
    var text = chance(16) ? "24:00" : digits(0...23) + ":" + digits(0...59)
    if chance(6) { return text }
    text += ":" + (chance(16) ? "60" : digits(0...59))
    if chance(2) { return text }
    let count = chance(3) ? Int.random(in: 7...20, using: &self) : Int.random(in: 1...6, using: &self)
    let fraction = (0..<count).map { _ in String(next() % 10) }.joined()
    return text + "."
      + (chance(8)
        ? pick(["5", "4999995", "0000005", "0000015", "9999995", "99999949999", "99999950000000000001"]) : fraction)
  }

  private mutating func isoOffset() -> String {
    guard !chance(2) else { return pick(["Z", "z"]) }
    let offset = pick(["+", "-"]) + digits(0...15)
    return switch Int.random(in: 0..<4, using: &self) {
    case 0: offset
    case 1: offset + digits(0...59)
    case 2: offset + ":" + digits(0...59)
    default: offset + ":" + digits(0...59) + ":" + digits(0...59)
    }
  }

  private mutating func decimalText() -> String {
    var text = number()
    // Where a rounding begins.
    if chance(4) {
      text = "\(integer(-99_999...99_999)).\(pick(["5", "005", "00499999999999999999999", "995", "0050"]))"
    }
    if chance(8) {
      text += pick(["e1", "E-2", "e+3", "e-30", "e37", "e400", "e-20000", "e1073741823", "e-1073741824"])
    }
    if chance(12) { text = pick(["+", "000", "-", "."]) + text }
    if chance(12) { text += "." }
    return text
  }

  /// The text with a character more, one less, or another one.
  private mutating func mutated(_ text: String) -> String {
    var characters = Array(text.unicodeScalars)
    let others = Array("0123456789-:+.TZtz eE/,_ADBCMPajnsuy{}\u{A0}".unicodeScalars)
    for _ in 0..<Int.random(in: 1...2, using: &self) {
      let index = Int.random(in: 0...characters.count, using: &self)
      switch Int.random(in: 0..<4, using: &self) {
      case 0: characters.insert(pick(others), at: index)
      case 1 where index < characters.count: characters.remove(at: index)
      case 2 where index + 1 < characters.count: characters.swapAt(index, index + 1)
      default: if index < characters.count { characters[index] = pick(others) }
      }
    }
    return String(String.UnicodeScalarView(characters))
  }
}

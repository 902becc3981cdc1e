import Events
import Plan

@testable import PostgresOracle

/// A declared column of a JSON stream, and the same in Postgres' words.
struct JSONDocumentColumn: Sendable {
  var declared: DeclaredColumn
  /// Postgres' path from the document `d`.
  var path: String
  /// The `jsonb_typeof` of what it takes; nil for any.
  var kind: String?
  /// What it makes of `v`, a value of that kind.
  var shown: String

  static let all: [JSONDocumentColumn] = [
    JSONDocumentColumn(.text, "a", kind: "string", "v #>> '{}'"),
    JSONDocumentColumn(.integer, "b", kind: "number", whole("v::integer")),
    JSONDocumentColumn(.bigint, "c", kind: "number", whole("v::bigint")),
    JSONDocumentColumn(.doublePrecision, "d", kind: "number", SQLType.doublePrecision.shown("v::double precision")),
    JSONDocumentColumn(
      DeclaredColumn(name: "e", type: .numeric(scale: 2), precision: 12), kind: "number",
      "trunc(v::numeric(12,2) * 100)::text"),
    JSONDocumentColumn(.boolean, "f", kind: "boolean", "(v::boolean)::text"),
    JSONDocumentColumn(
      DeclaredColumn(name: "g", type: .text, maximumCharacters: 5), kind: "string",
      "pg_temp.fitted(v #>> '{}')"),
    JSONDocumentColumn(
      .timestamptz, "h", kind: "string", SQLType.timestamptz.shown("(v #>> '{}')::timestamptz")),
    JSONDocumentColumn(
      DeclaredColumn(name: "i", type: .timestamptz, unit: .milliseconds), kind: "number",
      "pg_temp.microseconds(v::numeric * 1000)"),
    JSONDocumentColumn(.jsonb, "j", kind: nil, "v::text"),
    JSONDocumentColumn(.uuid, "k", kind: "string", "((v #>> '{}')::uuid)::text"),
    JSONDocumentColumn(
      DeclaredColumn(name: "inner", type: .text, path: [.member("o"), .member("a")]), path: "d -> 'o' -> 'a'",
      kind: "string", "v #>> '{}'"),
    JSONDocumentColumn(
      DeclaredColumn(name: "second", type: .bigint, path: [.member("o"), .member("l"), .element(1)]),
      path: "d -> 'o' -> 'l' -> 1", kind: "number", whole("v::bigint")),
    JSONDocumentColumn(
      DeclaredColumn(name: "deep", type: .jsonb, path: [.member("l"), .element(0), .element(2), .member("é")]),
      path: "d -> 'l' -> 0 -> 2 -> 'é'", kind: nil, "v::text"),
    JSONDocumentColumn(
      DeclaredColumn(name: "coerced", type: .bigint, path: [.member("m")], isCoerced: true), path: "d -> 'm'",
      kind: nil,
      """
      CASE jsonb_typeof(v) WHEN 'number' THEN \(whole("v::bigint")) WHEN 'string' THEN ((v #>> '{}')::bigint)::text
        ELSE 'error kind' END
      """),
  ]

  /// The same value, whatever text it is.
  var asText: JSONDocumentColumn {
    var column = self
    column.declared.type = .text
    return column
  }

  /// Of a number with a fraction Postgres makes the nearest whole one; the engine refuses it.
  private static func whole(_ sql: String) -> String {
    "CASE WHEN v::numeric = trunc(v::numeric) THEN (\(sql))::text ELSE 'error fraction' END"
  }

  private init(_ type: SQLType, _ name: String, kind: String?, _ shown: String) {
    self.init(DeclaredColumn(name: name, type: type), kind: kind, shown)
  }

  private init(_ declared: DeclaredColumn, path: String? = nil, kind: String?, _ shown: String) {
    self.declared = declared
    self.path = path ?? "d -> '\(declared.name)'"
    self.kind = kind
    self.shown = shown
  }
}

extension RandomValues {
  /// A document, or what is nearly one: members in any order, values of every kind, all of JSON's spellings; some of them
  /// damaged.
  ///
  /// - Parameter order: of the members of documents that look like each other.
  mutating func jsonDocument(order: [Int]) -> [UInt8] {
    let isUsual = chance(2)
    var names = isUsual ? order : Array(0..<Self.members.count).shuffled(using: &self)
    if !isUsual { names.removeLast(Int.random(in: 0...names.count, using: &self)) }
    let members = names.map { member($0, isUsual: isUsual) } + (chance(30) ? [member(0, isUsual: false)] : [])
    let comma = isUsual ? "," : pick([",", ", ", " ,\n\t"])
    let document =
      pick(["", "", "", " ", "\r\n"]) + "{\(members.joined(separator: comma))}" + pick(["", "", "", "\n", "  "])
    return chance(6) ? damaged(Array(document.utf8)) : Array(document.utf8)
  }

  private static let members =
    JSONDocumentColumn.all.compactMap { column -> String? in
      column.declared.path.count == 1 ? column.declared.name : nil
    } + ["o", "l", "m", "unknown", "é", "x y", ""]

  static var jsonMemberCount: Int { members.count }

  private mutating func member(_ index: Int, isUsual: Bool) -> String {
    let name = Self.members[index]
    let written = isUsual || !chance(12) ? name : name.unicodeScalars.map { escape($0) }.joined()
    let value = isUsual ? (chance(30) ? anything(3) : usual(name)) : (chance(12) ? anything(0) : usual(name))
    return "\"\(written)\":\(isUsual ? "" : pick(["", "", " "]))\(value)"
  }

  /// A value that fits the member's columns, or one in twenty that nearly does.
  private mutating func usual(_ name: String) -> String {
    let fits = !chance(20)
    switch name {
    case "a", "é": return string(0...24)
    case "b":
      return fits ? pick(["\(integer(Int64(Int32.min)...Int64(Int32.max)))", "7", "1e3", "12.00", "null"]) : number()
    case "c": return fits ? pick(["\(integer(.min ... .max))", "1.0", "-0", "20e-1"]) : number()
    case "m":
      return pick(["\(integer(.min ... .max))", "\"\(integer(.min ... .max))\"", "\" 7 \"", fits ? "0" : "\"1.0\""])
    case "d": return fits ? "\(Double(integer(.min ... .max)) / 1024)" : number()
    case "e":
      let usual = "\(integer(-99_999...99_999)).\(Int.random(in: 0...999, using: &self))"
      return fits ? pick([usual, "1e5", "0.005", "-0.995", "0"]) : number()
    case "f": return pick(["true", "false", "null"])
    case "g": return fits ? pick(["\"abc\"", "\"abcde   \"", "\"äöüß€\"", "\"\"", string(0...5)]) : string(6...8)
    case "h":
      let usual = ["\"2025-08-31T08:00:00Z\"", "\"2025-08-31 08:00:00.123456+02:00\"", "\"2024-02-29T23:59:60+00\""]
      return pick(fits ? usual : ["\"2025-02-30T08:00:00Z\"", "\"yesterday at noon\""])
    case "i":
      return pick([
        "\(integer(-9_999_999_999_999...9_999_999_999_999))", "1736937000000.0005", "1e12", fits ? "0" : "17e15",
      ])
    case "j", "unknown": return anything(0)
    case "k":
      let usual = ["\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"", "\"{A0EEBC999C0B4EF8BB6D6BB9BD380A11}\""]
      return pick(fits ? usual : ["\"a0\""])
    case "o":
      let list = (0..<Int.random(in: 0...3, using: &self)).map { _ in pick(["1", "-5", "null", fits ? "7.0" : "\"x\""])
      }
      return pick([
        "{\"a\":\(string(0...12)),\"l\":[\(list.joined(separator: ","))]}", "{\"l\":[0,1],\"a\":null,\"b\":{\"a\":1}}",
        "[1,2]", "null", "{\"l\":{\"1\":5}}", "{}",
      ])
    case "l":
      return pick(["[[0,1,{\"é\":\(anything(2))}]]", "[[0,1,{\"e\\u0301\":1}]]", "[[],[0,1,2]]", "{\"0\":1}", "[]"])
    default: return anything(1)
    }
  }

  /// Any JSON at all.
  private mutating func anything(_ depth: Int) -> String {
    if depth == 0, chance(150) {
      let levels = Int.random(in: 1...400, using: &self)
      return String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    switch Int.random(in: 0..<(depth > 3 ? 4 : 7), using: &self) {
    case 0: return pick(["true", "false", "null"])
    case 1: return string(0...10)
    case 2:
      return chance(8)
        ? pick(["1e131071", "1e131072", "1e-16383", "1e-16384", "0e999999999999", "1e400", "-1e-400", "2.5e-324"])
        : number()
    case 3: return "\(Int64(bitPattern: next()) >> Int64.random(in: 0...63, using: &self))"
    case 4:
      return "["
        + (0..<Int.random(in: 0...4, using: &self)).map { _ in anything(depth + 1) }.joined(
          separator: pick([",", " , "])) + "]"
    default:
      let names = (0..<Int.random(in: 0...5, using: &self)).map { _ in
        chance(2) ? pick(["\"a\"", "\"b\"", "\"aa\"", "\"é\"", "\"e\u{301}\""]) : string(0...5)
      }
      return "{" + names.map { "\($0)\(pick([":", " : "]))\(anything(depth + 1))" }.joined(separator: ",") + "}"
    }
  }

  private mutating func string(_ range: ClosedRange<Int>) -> String {
    let characters = (0..<Int.random(in: range, using: &self)).map { _ in
      switch Int.random(in: 0..<12, using: &self) {
      case 0:
        pick([
          "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u00e9", "\\u001F", "\\uD83D\\uDE00", "\\u20ac",
          chance(20) ? "\\u0000" : "'", chance(20) ? "\\ud83d" : "\u{7F}", chance(20) ? "\\x" : "{",
        ])
      case 1: pick(["é", "ß", "€", "😀", "\u{2028}", "e\u{301}", "\u{10FFFF}", "中"])
      default: pick(["a", "b", "Z", "0", " ", "_", ",", ":"])
      }
    }
    return "\"\(characters.joined())\""
  }

  private func escape(_ scalar: Unicode.Scalar) -> String {
    scalar.utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }

  private mutating func damaged(_ document: [UInt8]) -> [UInt8] {
    var bytes = document
    let place = Int.random(in: 0..<bytes.count, using: &self)
    let others = Array("\"\\{}[]:,0-+.eEtfnu \n\u{0}\u{1F}".utf8) + [0x80, 0xC3, 0xE2, 0xED, 0xF4, 0xFF]
    switch Int.random(in: 0..<6, using: &self) {
    case 0: bytes.removeSubrange(place...)
    case 1: bytes.remove(at: place)
    case 2: bytes.insert(pick(others), at: place)
    case 3:
      let end = min(bytes.count, place + Int.random(in: 1...8, using: &self))
      bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 4: bytes += pick([[0x7D], [0x2C], [0x00], Array("{}".utf8), Array("x".utf8)])
    default: bytes[place] = pick(others)
    }
    return bytes
  }
}

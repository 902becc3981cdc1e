import Events
import Formats
import JSON
import Testing

@Suite struct EventDocumentsTests {
  /// A batch of one row, and its document.
  private func document(
    _ columns: [(path: String, type: SQLType)], shown: [Int]? = nil, longestValue: Int = .max,
    fill: (EventBatch) -> Void
  ) -> String {
    let specs = columns.map {
      ColumnSpec(path: $0.path.split(separator: ".").map(String.init), type: $0.type, isNullable: true)
    }
    let batch = EventBatch(specs: specs, capacity: 1)
    batch.reset(count: 1)
    fill(batch)
    var output: [UInt8] = []
    EventDocuments(specs, shown: shown, longestValue: longestValue).append(batch, row: 0, to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  /// The value of a single column.
  private func value(_ type: SQLType, longestValue: Int = .max, _ fill: (Column) -> Void) -> String {
    let document = document([("a", type)], longestValue: longestValue) { fill($0.columns[0]) }
    return String(document.dropFirst(#"{"a": "#.count).dropLast())
  }

  /// The same of a text, a document or bytes.
  private func value(_ type: SQLType, _ bytes: [UInt8], longestValue: Int = .max) -> String {
    document([("a", type)], longestValue: longestValue) { batch in
      batch.columns[0].texts[0] = bytes.withUnsafeBufferPointer { batch.arena.append($0) }
    }.dropFirst(#"{"a": "#.count).dropLast().description
  }

  @Test("paths are objects within objects, in the order of the columns that are shown")
  func nesting() {
    let columns: [(path: String, type: SQLType)] = [
      ("at", .integer), ("user.region", .integer), ("user.device.os", .integer), ("size", .integer),
      ("user.age", .integer),
    ]
    let fill = { (batch: EventBatch) in for index in 0..<5 { batch.columns[index].integers[0] = Int64(index) } }
    #expect(
      document(columns, fill: fill) == #"{"at": 0, "user": {"region": 1, "device": {"os": 2}, "age": 4}, "size": 3}"#)
    #expect(document(columns, shown: [3, 2], fill: fill) == #"{"size": 3, "user": {"device": {"os": 2}}}"#)
    #expect(document(columns, shown: [], fill: fill) == "{}")
  }

  @Test("a column that is called like a record around another one does not hide it")
  func conflicts() {
    let fill = { (batch: EventBatch) in for index in 0..<3 { batch.columns[index].integers[0] = Int64(index) } }
    #expect(
      document([("user", .integer), ("user.region", .integer), ("b", .integer)], fill: fill)
        == #"{"user": 0, "user.region": 1, "b": 2}"#)
    #expect(
      document([("user.region", .integer), ("user", .integer), ("user.x", .integer)], fill: fill)
        == #"{"user": {"region": 0, "x": 2}, "user": 1}"#)
  }

  @Test("values of every type are what Postgres' to_jsonb makes of them, times in UTC")
  func types() {
    #expect(value(.boolean) { $0.booleans[0] = 1 } == "true")
    #expect(value(.integer) { $0.integers[0] = -7 } == "-7")
    #expect(value(.bigint) { $0.integers[0] = .min } == "-9223372036854775808")
    #expect(value(.numeric(scale: 2)) { $0.decimals[0] = -5 } == "-0.05")
    #expect(value(.numeric(scale: 0)) { $0.decimals[0] = 12 } == "12")
    #expect(value(.doublePrecision) { $0.doubles[0] = 20.0 } == "20")
    #expect(value(.doublePrecision) { $0.doubles[0] = 1e300 } == "1e+300")
    #expect(value(.timestamptz) { $0.integers[0] = 1_767_225_600_250_000 } == #""2026-01-01T00:00:00.250Z""#)
    #expect(value(.timestamp) { $0.integers[0] = 1_767_225_600_000_000 } == #""2026-01-01T00:00:00""#)
    #expect(value(.date) { $0.integers[0] = 19_782 } == #""2024-02-29""#)
    #expect(value(.time) { $0.integers[0] = 1_000_000 } == #""00:00:01""#)
    #expect(value(.uuid, Array("00000000-0000-4000-8000-000000000000".utf8)).count == 38)
    #expect(value(.bytea, [0, 255]) == #""\\x00ff""#)
    #expect(value(.jsonb, Array("{\"b\" :[1,\n2], \"a\":\"é\"}".utf8)) == #"{"a": "é", "b": [1, 2]}"#)
    #expect(value(.text, Array("say \"hi\"\n".utf8)) == #""say \"hi\"\n""#)
    #expect(value(.text, []) == #""""#)
    #expect(value(.text) { $0.validity[0] = 0 } == "null")
  }

  @Test("what JSON has no number for is a text", arguments: [Double.nan, .infinity, -.infinity])
  func noNumber(_ number: Double) {
    let text = value(.doublePrecision) { $0.doubles[0] = number }
    #expect([#""NaN""#, #""Infinity""#, #""-Infinity""#].contains(text))
  }

  @Test("characters that Postgres cannot store are shown as U+FFFD")
  func unstorable() {
    #expect(value(.text, [0x61, 0, 0x62]) == "\"a\u{FFFD}b\"")
    #expect(value(.text, [0x61, 0xFF, 0xC3]) == "\"a\u{FFFD}\u{FFFD}\"")
  }

  @Test(
    "a document that Postgres could not hold is a text",
    arguments: [(#"{"a": "\u0000"}"#, #""{\"a\": \"\\u0000\"}""#), ("1e999999", #""1e999999""#), ("{", #""{""#)])
  func unholdable(_ document: String, _ expected: String) {
    #expect(value(.jsonb, Array(document.utf8)) == expected)
  }

  @Test("long values are cut between characters, and say so")
  func cuts() throws {
    #expect(value(.text, Array("abcdef".utf8), longestValue: 6) == #""abcdef""#)
    #expect(value(.text, Array("abcdef".utf8), longestValue: 5) == #""abcde…""#)
    #expect(value(.text, Array("abcdé".utf8), longestValue: 5) == #""abcd…""#)
    #expect(value(.text, Array("ab😀".utf8), longestValue: 5) == #""ab…""#)
    #expect(value(.text, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80], longestValue: 5).hasSuffix("…\""))
    #expect(value(.bytea, [1, 2, 3], longestValue: 2) == #""\\x0102…""#)
    let document = Array((#"{"a": ""# + String(repeating: "x", count: 100) + "\"}").utf8)
    #expect(value(.jsonb, document, longestValue: 10) == #""{\"a\": \"xxx…""#)
    #expect(value(.jsonb, document, longestValue: 200).hasPrefix(#"{"a": "xx"#))
  }

  @Test("whatever bytes a text, a document or a bytea holds, the event is a JSON document")
  func anything() throws {
    var generator = Seeded(state: 3)
    for _ in 0..<2_000 {
      let count = Int.random(in: 0...20, using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      for type in [SQLType.text, .jsonb, .bytea] {
        let text = value(type, bytes, longestValue: 12)
        #expect(throws: Never.self) { try JSONValue(parsing: text) }
        #expect(!text.utf8.contains(0) && !text.contains(#"\u0000"#))
      }
    }
  }
}

/// SplitMix64: the same numbers for the same seed.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}

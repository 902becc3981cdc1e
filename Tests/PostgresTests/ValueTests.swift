import Postgres
import Testing

@Suite struct ValueTests {
  static let parameters: [(PostgresParameter, String, String?)] = [
    (.null, "integer", nil), (.text("naïve 漢 🎬"), "text", "naïve 漢 🎬"), (.text(""), "text", ""),
    (.untyped("7"), "integer", "7"), (.untyped(""), "text", ""), (.bigint(.min), "bigint", "-9223372036854775808"),
    (.doublePrecision(0.1), "float8", "0.1"), (.doublePrecision(.nan), "float8", "NaN"),
    (.doublePrecision(-.infinity), "float8", "-Infinity"), (.boolean(true), "boolean", "t"),
    (.bytea([0, 255, 92]), "bytea", "\\x00ff5c"), (.bytea([]), "bytea", "\\x"),
    (.jsonb("{\"b\": [1, null], \"a\": \"漢\"}"), "jsonb", "{\"a\": \"漢\", \"b\": [1, null]}"),
    (.timestamptz(microseconds: 0), "timestamptz", "1970-01-01 00:00:00+00"),
    (.timestamptz(microseconds: 1_769_862_896_000_789), "timestamptz", "2026-01-31 12:34:56.000789+00"),
    (.timestamptz(microseconds: .max), "timestamptz", "infinity"),
    (.timestamptz(microseconds: .min), "timestamptz", "-infinity"),
  ]

  @Test("a parameter arrives as it was sent", arguments: parameters)
  func parameter(parameter: PostgresParameter, type: String, text: String?) throws {
    let connection = try connectUTC()
    #expect(try connection.query("SELECT $1::\(type)", [parameter])[0, 0] == text)
  }

  @Test("results are read in the types that callers need")
  func results() throws {
    let connection = try TestCluster.connect()
    let row = try connection.query(#"SELECT 42, 0.5, true, false, '\x00ff'::bytea, NULL, 'NaN'::float8, 'x'"#)
    #expect(row.integer(0, 0) == 42 && row.double(0, 1) == 0.5)
    #expect(row.boolean(0, 2) == true && row.boolean(0, 3) == false && row.boolean(0, 7) == nil)
    #expect(row.bytea(0, 4) == [0, 255] && row.bytea(0, 7) == nil)
    #expect(row.integer(0, 5) == nil && row.double(0, 5) == nil && row.boolean(0, 5) == nil && row.bytea(0, 5) == nil)
    #expect(row.double(0, 6)?.isNaN == true && row.integer(0, 7) == nil)
    #expect(row.withBytes(0, 7) { $0.map(Array.init) } == [120])
    #expect(row.withBytes(0, 5) { $0 == nil })
  }

  @Test("a result lives on after its connection")
  func resultOutlivesConnection() throws {
    let connection = try TestCluster.connect()
    let result = try connection.query("SELECT repeat('x', 100000)")
    connection.close()
    #expect(result[0, 0]?.count == 100_000)
  }

  @Test("a timestamp that Postgres cannot hold is refused, not turned into infinity")
  func timestampOutOfRange() throws {
    let connection = try TestCluster.connect()
    for value in [Int64.min + 1, Int64.min + 946_684_800_000_000, -300_000_000_000_000_000] {
      let error = #expect(throws: PostgresError.self) {
        try connection.query("SELECT $1", [.timestamptz(microseconds: value)])
      }
      #expect(error?.sqlstate == "22008")
    }
  }

  @Test("a zero byte, which Postgres cannot store, is an error of the statement")
  func zeroByte() throws {
    let connection = try TestCluster.connect()
    #expect(throws: PostgresError.self) { try connection.query("SELECT $1", [.text("a\0b")]) }
    #expect(throws: PostgresError.self) { try connection.query("SELECT 'a\0b'") }
    #expect(try connection.query("SELECT 1").integer(0, 0) == 1)
  }
}

func connectUTC() throws -> PostgresConnection {
  try PostgresConnection(TestCluster.settings().with("options", "-c timezone=UTC"))
}

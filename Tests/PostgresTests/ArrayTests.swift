import Postgres
import Testing

@Suite struct ArrayTests {
  @Test("arrays of every type arrive as they were built, NULLs included")
  func everyType() throws {
    var cases: [(PostgresArray, String, String)] = []
    func add(_ element: PostgresElement, _ type: String, _ text: String, _ fill: (inout PostgresArray) -> Void) {
      var array = PostgresArray(element)
      fill(&array)
      array.appendNull()
      cases.append((array, type, text))
    }
    add(.bigint, "bigint[]", "{1,-9223372036854775808,NULL}") {
      $0.append(1 as Int64)
      $0.append(Int64.min)
    }
    add(.integer, "integer[]", "{-2147483648,2147483647,NULL}") {
      $0.append(Int64(Int32.min))
      $0.append(Int64(Int32.max))
    }
    add(.doublePrecision, "float8[]", "{0.1,NaN,Infinity,-0,NULL}") {
      for value in [0.1, .nan, .infinity, -0.0] { $0.append(value) }
    }
    add(.boolean, "boolean[]", "{t,f,NULL}") {
      $0.append(true)
      $0.append(false)
    }
    add(.text, "text[]", #"{"",漢🎬,"a \"b\" \\ {,}","NULL",NULL}"#) {
      for value in ["", "漢🎬", #"a "b" \ {,}"#, "NULL"] { $0.append(value) }
    }
    add(.bytea, "bytea[]", #"{"\\x00ff","\\x",NULL}"#) { array in
      [UInt8]([0, 255]).withUnsafeBufferPointer { array.append(bytes: $0) }
      array.append("")
    }
    add(.bits, "varbit[]", "{0000000011111110,\"\",NULL}") { array in
      [UInt8]([0, 254]).withUnsafeBufferPointer { array.append(bytes: $0) }
      array.append("")
    }
    add(.jsonb, "jsonb[]", #"{"{\"a\": 1}",NULL}"#) { $0.append(#"{"a":1}"#) }
    add(.uuid, "uuid[]", "{01234567-89ab-cdef-0123-456789abcdef,NULL}") {
      $0.append("01234567-89AB-cdef-0123-456789abcdef")
    }
    add(.timestamptz, "timestamptz[]", #"{"1969-12-31 23:59:59.999999+00",infinity,-infinity,NULL}"#) {
      for value in [Int64(-1), .max, .min] { $0.append(value) }
    }
    add(.timestamp, "timestamp[]", #"{"2000-01-01 00:00:00",NULL}"#) { $0.append(946_684_800_000_000 as Int64) }
    add(.date, "date[]", "{1970-01-01,2000-02-29,NULL}") {
      $0.append(0 as Int64)
      $0.append(11_016 as Int64)
    }
    add(.time, "time[]", "{00:00:00,23:59:59.999999,NULL}") {
      $0.append(0 as Int64)
      $0.append(86_399_999_999 as Int64)
    }
    add(.numeric, "numeric[]", "{1.50,NULL}") { $0.append(unscaled: 150, scale: 2) }

    #expect(Set(cases.map(\.0.element)) == Set(PostgresElement.allCases))
    let connection = try connectUTC()
    for (array, type, text) in cases {
      #expect(try connection.query("SELECT $1::\(type)::text", [.array(array)])[0, 0] == text)
    }
  }

  @Test("numerics keep every digit and their scale", arguments: [0, 1, 2, 3, 4, 5, 8, 37, 38, 100])
  func numerics(scale: Int) throws {
    let nines = Int128("99999999999999999999999999999999999999") ?? 0
    let values: [Int128] = [
      0, 1, -1, 9, 10, 100, 9999, 10_000, 10_001, 100_000_000, 120_003_400_000, nines, -nines, nines / 3, .max, .min,
    ]
    var array = PostgresArray(.numeric, capacityHint: values.count)
    for value in values { array.append(unscaled: value, scale: scale) }
    let connection = try TestCluster.connect()
    let result = try connection.query(
      "SELECT value FROM unnest($1) WITH ORDINALITY AS t(value, n) ORDER BY n", [.array(array)])
    for (row, value) in values.enumerated() {
      #expect(result[row, 0] == decimalText(value, scale: scale))
    }
  }

  @Test("an empty array is an array, not NULL", arguments: PostgresElement.allCases)
  func empty(element: PostgresElement) throws {
    let connection = try TestCluster.connect()
    #expect(try connection.query("SELECT cardinality($1)", [.array(PostgresArray(element))]).integer(0, 0) == 0)
  }

  @Test("ten thousand rows of several columns go through unnest")
  func manyRows() throws {
    let count = 10_000
    var keys = PostgresArray(.text, capacityHint: count)
    var sums = PostgresArray(.doublePrecision, capacityHint: count)
    var counts = PostgresArray(.bigint, capacityHint: count)
    for row in 0..<count {
      keys.append("key \(row) 漢")
      if row % 3 == 0 { sums.appendNull() } else { sums.append(Double(row) / 2) }
      counts.append(Int64(row))
    }
    #expect(counts.count == count)
    let connection = try TestCluster.connect()
    try connection.execute("CREATE TEMP TABLE t (key text PRIMARY KEY, sum float8, count bigint)")
    let result = try connection.query(
      "INSERT INTO t SELECT * FROM unnest($1, $2, $3) ORDER BY 1", [.array(keys), .array(sums), .array(counts)])
    #expect(result.affectedRows == count)
    let totals = try connection.query(
      "SELECT count(*) FILTER (WHERE sum IS NULL), sum(sum), sum(count), min(key) FROM t")
    let rowsWithSum = (0..<count).filter { $0 % 3 != 0 }
    let expectedSum = rowsWithSum.reduce(0.0) { sum, row in sum + Double(row) / 2 }
    #expect(totals.integer(0, 0) == Int64(count - rowsWithSum.count))
    #expect(totals.double(0, 1) == expectedSum)
    #expect(totals.integer(0, 2) == Int64(count * (count - 1) / 2) && totals[0, 3] == "key 0 漢")
  }

  @Test("an array can be emptied and filled again")
  func reuse() throws {
    var array = PostgresArray(.bigint)
    array.appendNull()
    array.append(5 as Int64)
    array.removeAll()
    #expect(array.count == 0)
    array.append(6 as Int64)
    let connection = try TestCluster.connect()
    #expect(try connection.query("SELECT $1::text", [.array(array)])[0, 0] == "{6}")
  }

  @Test(
    "text that is no uuid is refused by the server", arguments: ["", "zzzz", "01234567-89ab-cdef-0123-456789abcde"])
  func badUUID(text: String) throws {
    var array = PostgresArray(.uuid)
    array.append(text)
    let connection = try TestCluster.connect()
    let error = #expect(throws: PostgresError.self) { try connection.query("SELECT $1", [.array(array)]) }
    guard case .server? = error?.kind else {
      Issue.record("not refused by the server: \(String(describing: error))")
      return
    }
    #expect(error?.isConnectionLost == false)
  }

  @Test("text that is not UTF-8 is refused by the server")
  func badUTF8() throws {
    var array = PostgresArray(.text)
    [UInt8]([0x61, 0xff]).withUnsafeBufferPointer { array.append(bytes: $0) }
    let connection = try TestCluster.connect()
    let error = #expect(throws: PostgresError.self) { try connection.query("SELECT $1", [.array(array)]) }
    #expect(error?.sqlstate == "22021")
  }

  @Test("a date that Postgres cannot hold is refused", arguments: [Int64.max, .min, 4_000_000_000])
  func badDate(days: Int64) throws {
    var array = PostgresArray(.date)
    array.append(days)
    let connection = try TestCluster.connect()
    let error = #expect(throws: PostgresError.self) { try connection.query("SELECT $1", [.array(array)]) }
    #expect(error?.sqlstate == "22008")
  }
}

/// `unscaled` / 10^`scale` as Postgres writes it, by text alone.
private func decimalText(_ unscaled: Int128, scale: Int) -> String {
  var digits = String(unscaled.magnitude)
  guard scale > 0 else { return (unscaled < 0 ? "-" : "") + digits }
  if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
  return (unscaled < 0 ? "-" : "") + digits.dropLast(scale) + "." + digits.suffix(scale)
}

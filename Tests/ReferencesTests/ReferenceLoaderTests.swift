import Events
import Plan
import Postgres
import References
import Storage
import TestThreads
import Testing

@testable import Dataflow
@testable import ProcessingTestSupport

/// Tables read into memory are what they are in Postgres.
@Suite(.blocking) struct ReferenceLoaderTests {
  private let connection: PostgresConnection

  init() throws {
    connection = try PostgresConnection(TestCluster.makeDatabase())
  }

  private func load(
    _ declaration: String, _ table: String, limits: ReferenceLimits = ReferenceLimits()
  ) throws -> ReferenceTable {
    let reference = try declared(declaration)
    try connection.execute(table)
    return try ReferenceLoader(connection, limits: limits).load(reference)
  }

  @Test("values of every type arrive as the engine keeps them")
  func types() throws {
    let table = try load(
      """
      CREATE TABLE t (k uuid PRIMARY KEY, b boolean, i integer, l bigint, n numeric(20,3), d double precision, t text,
        tz timestamptz, ts timestamp, day date, clock time, j jsonb);
      """,
      """
      CREATE TABLE t (k uuid PRIMARY KEY, b boolean, i integer, l bigint, n numeric(20,3), d double precision, t text,
        tz timestamptz, ts timestamp, day date, clock time, j jsonb);
      INSERT INTO t VALUES (
        '00112233-4455-6677-8899-AABBCCDDEEFF', true, -7, 9223372036854775807, -12.345, 0.1, 'é "x"',
        '2026-01-01 00:00:00.000001+00', '1969-12-31 23:59:59', '1970-01-02', '00:00:01.5', '{"a": 1}')
      """)
    #expect(table.rowCount == 1)
    let columns = table.columns
    #expect(columns[0].texts[1].description == "00112233-4455-6677-8899-aabbccddeeff")
    #expect(columns[1].booleans[1] == 1)
    #expect(columns[2].integers[1] == -7)
    #expect(columns[3].integers[1] == .max)
    #expect(columns[4].decimals[1] == -12345)
    #expect(columns[5].doubles[1] == 0.1)
    #expect(columns[6].texts[1].description == "é \"x\"")
    #expect(columns[7].integers[1] == 1_767_225_600_000_001)
    #expect(columns[8].integers[1] == -1_000_000)
    #expect(columns[9].integers[1] == 1)
    #expect(columns[10].integers[1] == 1_500_000)
    #expect(columns[11].texts[1].description == "{\"a\": 1}")
    #expect(columns.allSatisfy { $0.validity[0] == 0 && $0.validity[1] == 1 })
  }

  @Test("a large table comes in portions, and is all there")
  func large() throws {
    let table = try load(
      contents,
      """
      CREATE TABLE contents (content_id text PRIMARY KEY, publisher text, tier integer);
      INSERT INTO contents SELECT 'c' || i, NULL, i FROM generate_series(1, 12345) AS i
      """)
    #expect(table.rowCount == 12345)
    #expect((1...12345).allSatisfy { table.columns[2].validity[$0] == 1 })
  }

  @Test("infinite bounds of a validity are none; an infinite value cannot be used")
  func infinity() throws {
    let declaration = """
      CREATE TABLE t (a text, b timestamptz, e timestamptz, UNIQUE (a, b)) WITH (valid_from = 'b', valid_to = 'e');
      """
    let rows =
      "CREATE TABLE t (a text, b timestamptz, e timestamptz); INSERT INTO t VALUES ('x', '-infinity', 'infinity')"
    #expect(try load(declaration, rows).rowCount == 1)
    #expect(throws: StorageError.self) {
      try load(
        "CREATE TABLE u (a text PRIMARY KEY, b timestamptz);",
        "CREATE TABLE u (a text PRIMARY KEY, b timestamptz); INSERT INTO u VALUES ('x', 'infinity')")
    }
  }

  @Test("what cannot be used is refused with the table and the row's key")
  func unusable() throws {
    let declaration = """
      CREATE TABLE t (a text, b timestamptz, e timestamptz, UNIQUE (a, b)) WITH (valid_from = 'b', valid_to = 'e');
      """
    let rows = """
      CREATE TABLE t (a text, b timestamptz, e timestamptz);
      INSERT INTO t VALUES ('x', NULL, '2026-01-02 00:00Z'), ('x', '2026-01-01 00:00Z', NULL)
      """
    let error = #expect(throws: StorageError.self) { try load(declaration, rows) }
    #expect(
      error?.description
        == "the table t cannot be used: two rows of the key (x) are valid at the same time, at 2026-01-01 00:00:00+00")
  }

  @Test("a table beyond the bounds is refused, with the setting that bounds it")
  func bounds() throws {
    let rows = """
      CREATE TABLE contents (content_id text PRIMARY KEY, publisher text, tier integer);
      INSERT INTO contents SELECT 'c' || i, repeat('x', 1000), i FROM generate_series(1, 3000) AS i
      """
    let error = #expect(throws: StorageError.self) { try load(contents, rows, limits: ReferenceLimits(maxRows: 2999)) }
    #expect(
      error?.description
        == "the table contents cannot be used: it has more than 2999 rows, which REFERENCE_MAX_ROWS allows")
    let reference = try declared(contents)
    let narrow = ReferenceLoader(connection, limits: ReferenceLimits(maxBytes: 1 << 20))
    #expect(throws: StorageError.self) { try narrow.load(reference) }
  }

  @Test("names that are no plain words are quoted, and values that look like SQL stay values")
  func hostile() throws {
    let table = try load(
      "CREATE TABLE \"a\"\"b; DROP TABLE x\" (\"select\" text PRIMARY KEY, \"v 1\" text);",
      """
      CREATE TABLE "a""b; DROP TABLE x" ("select" text PRIMARY KEY, "v 1" text);
      INSERT INTO "a""b; DROP TABLE x" VALUES ('''; DROP TABLE y; --', 'x')
      """)
    #expect(table.rowCount == 1)
  }
}

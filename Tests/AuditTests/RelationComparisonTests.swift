import Audit
import Postgres
import TestThreads
import Testing

@testable import ProcessingTestSupport

/// Two tables of the same rows, which the tests make different.
@Suite(.blocking) struct RelationComparisonTests {
  private let connection: PostgresConnection

  init() throws {
    connection = try PostgresConnection(TestCluster.makeDatabase())
    for name in ["a", "b"] {
      try connection.execute(
        """
        CREATE TABLE \(name) (shop text, window_start timestamptz, orders bigint, mean double precision, parts bigint[],
          UNIQUE NULLS NOT DISTINCT (shop, window_start));
        INSERT INTO \(name)
        SELECT s, '2026-01-01T00:00:00Z'::timestamptz + m * INTERVAL '1 minute', m, m / 3.0, ARRAY[m, 1]
        FROM unnest(ARRAY['x', 'y', NULL]) AS s, generate_series(1, 5) AS m
        """)
    }
  }

  private func compare(_ keys: [String]? = nil, from time: String? = nil) throws -> RelationComparison.Report {
    try RelationComparison(connection, "a", "b").run(by: keys, from: time)
  }

  @Test("equal rows are equal in any order, with NULL among the keys, and with sums that differ in their last digits")
  func equal() throws {
    try connection.execute(
      "UPDATE b SET mean = mean * (1 + 1e-12); CREATE TABLE c AS SELECT * FROM b ORDER BY random()")
    let report = try RelationComparison(connection, "a", "c").run(by: nil, from: nil)
    #expect(report.isEqual)
    #expect(report.common == 15)
    #expect(report.examples == [])
  }

  @Test("what differs is counted by row and by column, with both values of some")
  func different() throws {
    try connection.execute(
      """
      UPDATE b SET orders = 7, parts = ARRAY[9::bigint] WHERE shop = 'x' AND orders = 2;
      UPDATE b SET mean = NULL WHERE shop = 'y' AND orders < 3;
      DELETE FROM a WHERE shop = 'x' AND orders = 5;
      DELETE FROM b WHERE shop IS NULL AND orders > 3
      """)
    let report = try compare()
    #expect([report.common, report.onlyFirst, report.onlySecond, report.different] == [12, 2, 1, 3])
    #expect(report.columns.map { "\($0.name) \($0.rows)" } == ["mean 2", "orders 1", "parts 1"])
    #expect(report.examples.count == 6)
    #expect(report.examples.contains { $0.contains("\"orders\": [2, 7]") })
    #expect(report.examples.contains { $0.hasPrefix("only in a: ") })
    #expect(try compare(from: "2026-01-01T00:03:00Z").different == 0)
  }

  @Test("columns of one side are named, and those of another type are compared as text")
  func columns() throws {
    try connection.execute(
      "ALTER TABLE a ADD COLUMN note text; ALTER TABLE b ADD COLUMN largest integer;"
        + "ALTER TABLE b ALTER COLUMN orders TYPE numeric")
    let report = try compare()
    #expect(report.isEqual)
    #expect(report.onlyFirstColumns == ["note"] && report.onlySecondColumns == ["largest"])
  }

  @Test(
    "a key that does not tell rows apart, a column or a table that is not there are refused",
    arguments: [
      (["shop"], "several rows of one of them have the same key"), (["region"], "a has no column region"),
    ])
  func refusals(keys: [String], message: String) throws {
    #expect {
      _ = try compare(keys)
    } throws: { "\($0)".contains(message) }
    #expect {
      _ = try RelationComparison(connection, "a", "nowhere").run(by: nil, from: nil)
    } throws: { "\($0)".contains("there is no table or view nowhere") }
  }
}

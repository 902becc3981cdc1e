import Dialects
import Glibc
import Observability
import Postgres
import Project
import SQLFrontend
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Storage

/// Statements that the parser takes and that name what the database does not have.
@Suite(.blocking) struct StatementCheckTests {
  private let connection: PostgresConnection

  init() throws {
    connection = try PostgresConnection(TestCluster.makeDatabase())
  }

  /// The faults of the shipped project with one file changed.
  private func faults(_ file: String, _ change: String) throws -> [String] {
    let scratch = try ScratchProject()
    _ = try Migrator(connection) { _ in }.migrate(Project(folder: scratch.folder))
    return try StatementCheck(connection).faults(of: scratch.change(file, change)).map {
      "\($0.place.path):\($0.place.line):\($0.place.column): \($0.message)"
    }
  }

  @Test("the shipped statements fit the tables that were made for them")
  func shipped() throws {
    #expect(try faults("sql/endpoints/regions.sql", "").isEmpty)
  }

  @Test(
    "what is misspelt is named with the file's own line and column, in front of parameters and behind them",
    arguments: [
      (
        "sql/endpoints/regions.sql", "s/FROM region_health/FROM region_heath/",
        #"relation "region_heath" does not exist"#
      ),
      (
        "sql/endpoints/trending.sql", "s|^ORDER BY |ORDER BY /* né */ :limit + totl, |",
        #"column "totl" does not exist"#
      ),
      (
        "sql/endpoints/trending.sql", "s/^-- meta: window_minutes = :minutes/& + nonsense/",
        #"column "nonsense" does not exist"#
      ),
      (
        "sql/alerts/high_error_rate.sql", "s/failed_downloads::/faild_downloads::/",
        #"column "faild_downloads" does not exist"#
      ),
    ])
  func misspelt(_ file: String, _ change: String, _ message: String) throws {
    let faults = try faults(file, change)
    try #require(faults.count == 1)
    #expect(faults[0].hasSuffix(": " + message), "\(faults[0])")
    let parts = faults[0].split(separator: ":")
    let scratch = try ScratchProject()
    _ = try scratch.change(file, change)
    let lines = text(of: scratch.folder + "/" + file).split(separator: "\n", omittingEmptySubsequences: false)
    let line = lines[try #require(Int(parts[1])) - 1]
    let name = message.split(separator: "\"")[1]
    #expect(String(line.unicodeScalars.dropFirst(try #require(Int(parts[2])) - 1)).hasPrefix(name), "\(line)")
  }

  @Test("a command refuses the faults that are its own, all of them, and says the others")
  func subjects() throws {
    let scratch = try ScratchProject()
    _ = try Migrator(connection) { _ in }.migrate(Project(folder: scratch.folder))
    _ = try scratch.change("sql/endpoints/regions.sql", "s/FROM region_health/FROM region_heath/")
    _ = try scratch.change("sql/endpoints/devices.sql", "s/FROM device_stats/FROM device_stat/")
    let project = try scratch.change("sql/alerts/high_error_rate.sql", "s/failed_downloads::/faild_downloads::/")
    let check = StatementCheck(connection)
    var said: [String] = []
    let error = #expect(throws: StorageError.self) {
      try check.require([.endpoint], of: project) { observation in
        if case .definitionRejected(let file, _, _, _, _) = observation { said.append(file) }
      }
    }
    #expect(error?.description.split(separator: "\n").count { $0.hasPrefix("sql/endpoints/") } == 2)
    #expect(said == ["sql/alerts/high_error_rate.sql"])
    // What was refused leaves the connection of use.
    #expect(try connection.query("SELECT 1")[0, 0] == "1")
  }

  @Test("what endpoints give is known by preparing them: names, types, comments, and what is never NULL")
  func results() throws {
    try connection.execute(
      """
      CREATE TABLE places (id uuid NOT NULL, name text NOT NULL, size numeric, tags text[] NOT NULL);
      COMMENT ON COLUMN places.name IS 'As it is written on maps';
      """)
    func result(_ select: String, meta: String = "") throws -> EndpointResult {
      let endpoint = try parseEndpoint(
        SourceFile(
          path: "x.sql",
          text: "-- name: GET /x\n-- summary: S.\n-- param: a integer = 1 in 1..2\n-- param: b text ?\n"
            + "-- returns: rows\n-- meta: a = :a\n-- meta: b = :b\n\(meta)\(select)"))
      return try #require(EndpointResult.all(of: [endpoint], connection).first)
    }
    let plain = try result(
      """
      SELECT p.id, p.name, p.size,
             -- How many there are.
             count(*) AS n,
             CASE WHEN size > 1 THEN 'great' ELSE 'small' END AS kind, tags, coalesce(max(size), 0) AS most,
             now() AS "at"
      FROM places AS p GROUP BY id, name, size, tags
      """, meta: "-- meta: last = (SELECT max(n) FROM endpoint_rows)\n")
    #expect(plain.columns.map(\.name) == ["id", "name", "size", "n", "kind", "tags", "most", "at"])
    #expect(
      plain.columns.map(\.type) == [
        "uuid", "text", "numeric", "bigint", "text", "text[]", "numeric", "timestamp with time zone",
      ])
    #expect(plain.columns.map(\.isNullable) == [false, false, true, false, false, false, false, true])
    #expect(plain.columns[1].comment == "As it is written on maps")
    #expect(plain.columns[3].comment == "How many there are.")
    #expect(plain.meta.map(\.name) == ["a", "b", "last"])
    #expect(plain.meta.map(\.type) == ["integer", "text", "bigint"])

    let joined = try result("SELECT p.name FROM places AS q LEFT JOIN places AS p ON p.id = q.id AND :b = p.name")
    #expect(joined.columns.map(\.isNullable) == [true])
    // Nothing of it stays, and the connection can be used.
    #expect(try connection.query("SELECT count(*) FROM pg_prepared_statements").integer(0, 0) == 0)
  }
}

private func text(of path: String) -> String {
  guard let file = fopen(path, "r") else { return "" }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 64 * 1024)
  let count = fread(&bytes, 1, bytes.count, file)
  return String(decoding: bytes[..<count], as: UTF8.self)
}

import Dataflow
import Observability
import Plan
import Postgres
import References
import Synchronization
import TestThreads
import Testing
import Threads

@testable import ProcessingTestSupport

/// A feed on a thread of its own, which ends with the test.
private final class Running {
  let feed: ReferenceFeed
  private let thread: WorkerThread

  init(_ declarations: [String], _ database: ConnectionSettings, limits: ReferenceLimits = ReferenceLimits()) throws {
    final class Said: Sendable { let texts = Mutex<[String]>([]) }
    let said = Said()
    let feed = ReferenceFeed(try declarations.map(declared), limits: limits, database: database) { observation in
      if case .referenceRefused(_, let reason) = observation { said.texts.withLock { $0.append(reason) } }
    }
    self.feed = feed
    refused = { said.texts.withLock { $0 } }
    thread = try WorkerThread(name: "references") { feed.run() }
  }

  let refused: @Sendable () -> [String]

  deinit {
    feed.stop()
    thread.join()
  }

  var rows: Int? { feed.current?["contents"]?.rowCount }
  var problem: String? { feed.statuses.first?.problem }
}

/// Versions of a table in memory follow the table, and the last good one stays.
@Suite(.blocking) struct ReferenceFeedTests {
  private let settings: ConnectionSettings
  private let connection: PostgresConnection

  init() throws {
    settings = try TestCluster.makeDatabase()
    connection = try PostgresConnection(settings)
  }

  private static let rarely = """
    CREATE TABLE contents (content_id text PRIMARY KEY, publisher text, tier integer) WITH (refresh = '1 day');
    """

  private func create() throws {
    try connection.execute(
      """
      CREATE TABLE contents (content_id text PRIMARY KEY, publisher text, tier integer);
      INSERT INTO contents VALUES ('a', 'Ann', 1)
      """)
  }

  /// The server counts what a session has written when that ends.
  private func elsewhere(_ sql: String) throws {
    let connection = try PostgresConnection(settings)
    try connection.execute(sql)
    connection.close()
  }

  private func until(_ what: String, _ condition: () throws -> Bool) throws {
    try ProcessingTestSupport.until(what, seconds: 30, condition)
  }

  @Test("a change makes another version; without one the version stays the same")
  func changes() throws {
    try create()
    let running = try Running([contents], settings)
    try until("the first version") { running.rows == 1 }
    let first = try #require(running.feed.current?["contents"])
    let checked = try #require(running.feed.statuses[0].checkedAt)
    try until("another look") { running.feed.statuses[0].checkedAt.map { $0 > checked } == true }
    try elsewhere("INSERT INTO contents VALUES ('b', 'Bob', 2)")
    try until("the second version") { running.rows == 2 }
    #expect(running.feed.current?["contents"] !== first)
    #expect(first.rowCount == 1)
    try elsewhere("TRUNCATE contents")
    try until("an empty version") { running.rows == 0 }
  }

  @Test("a notification is heard at once")
  func notifications() throws {
    try create()
    let running = try Running([Self.rarely], settings)
    try until("the first version") { running.rows == 1 }
    try connection.execute("INSERT INTO contents VALUES ('b', 'Bob', 2); NOTIFY streampulse_references, 'contents'")
    try until("the second version") { running.rows == 2 }
    try connection.execute("DELETE FROM contents; NOTIFY streampulse_references")
    try until("an empty version") { running.rows == 0 }
  }

  @Test("a table that is not there yet is waited for")
  func late() throws {
    let running = try Running([contents], settings)
    try until("a problem") { running.problem != nil }
    #expect(running.feed.current == nil)
    try create()
    try until("the first version") { running.rows == 1 }
    #expect(running.problem == nil)
  }

  @Test("a table that cannot be used any more leaves the last good version, and is said once")
  func unusable() throws {
    try create()
    let running = try Running([contents], settings, limits: ReferenceLimits(maxRows: 10))
    try until("the first version") { running.rows == 1 }
    try elsewhere("INSERT INTO contents SELECT 'c' || i FROM generate_series(1, 20) AS i")
    try until("a problem") { running.problem != nil }
    #expect(running.rows == 1)
    let seen = running.feed.statuses[0].checkedAt
    try elsewhere("UPDATE contents SET tier = 3")
    try elsewhere("DELETE FROM contents WHERE content_id <> 'a'")
    try until("the end of it") { running.problem == nil }
    #expect(running.rows == 1)
    #expect(running.feed.statuses[0].checkedAt != seen)
    #expect(running.refused().count == 1)
  }

  @Test("while Postgres is away the last version stays and grows old")
  func outage() throws {
    try create()
    let running = try Running([contents], settings)
    try until("the first version") { running.rows == 1 }
    let name = settings.database ?? ""
    let admin = try PostgresConnection(TestCluster.superuser())
    defer { admin.close() }
    try admin.execute("ALTER DATABASE \(name) ALLOW_CONNECTIONS false")
    _ = try admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'streampulse references'",
      [.text(name)])
    try until("a problem") { running.problem != nil }
    #expect(running.rows == 1)
    let seen = running.feed.statuses[0].checkedAt
    try connection.execute("INSERT INTO contents VALUES ('b', 'Bob', 2)")
    try admin.execute("ALTER DATABASE \(name) ALLOW_CONNECTIONS true")
    try until("the second version") { running.rows == 2 }
    #expect(running.problem == nil)
    #expect(running.feed.statuses[0].checkedAt != seen)
  }

  @Test("several tables are used together once each was read")
  func several() throws {
    try create()
    let running = try Running([contents, "CREATE TABLE other (a text PRIMARY KEY);"], settings)
    try until("one of them") { running.feed.statuses[0].checkedAt != nil }
    #expect(running.feed.current == nil)
    try connection.execute("CREATE TABLE other (a text PRIMARY KEY); NOTIFY streampulse_references")
    try until("both") { running.feed.current != nil }
    #expect(running.feed.current?["other"]?.rowCount == 0)
  }
}

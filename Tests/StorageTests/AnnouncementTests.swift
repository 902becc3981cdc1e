import Postgres
import Project
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Storage

@Suite(.blocking) struct AnnouncementTests {
  private let settings: ConnectionSettings
  private let connection: PostgresConnection
  private let listener: PostgresConnection

  init() throws {
    settings = try TestCluster.makeDatabase()
    connection = try PostgresConnection(settings)
    listener = try PostgresConnection(settings)
  }

  private func migrate(_ connection: PostgresConnection) throws {
    _ = try Migrator(connection) { _ in }.migrate(Project(folder: repository))
    try listener.execute("LISTEN \"\(Announcement.channel(for: connection))\"")
  }

  /// What was said on the connection's channel since the last time.
  private func heard(_ connection: PostgresConnection) throws -> [Announcement] {
    // Behind everything that was said before.
    _ = try connection.query("SELECT pg_notify($1, 'end')", [.text(Announcement.channel(for: connection))])
    var heard: [String] = []
    while heard.last != "end" {
      let arrived = try listener.waitForNotification(timeoutMilliseconds: 30_000)
      if arrived.isEmpty { break }
      heard += arrived.map(\.payload)
    }
    return heard.dropLast().map { Announcement(payload: $0) }
  }

  @Test("an announcement names the tables, and a position behind everything that was committed before it")
  func tables() throws {
    try migrate(connection)
    let before = try #require(try Announcement.position(connection))
    try connection.execute("CREATE TABLE t AS SELECT 1")
    let committed = try #require(try Announcement.position(connection))
    _ = try connection.pipeline([
      Announcement.statement(stream: "s", tables: ["b", "a \"quoted\""], connection, isHasty: true)
    ])
    _ = try connection.pipeline([Announcement.statement(stream: "s", tables: [], connection)])
    let heard = try heard(connection)
    #expect(heard.map(\.tables) == [["b", "a \"quoted\""], []])
    let position = try #require(heard.first?.position)
    #expect(position >= committed && committed > before)
    #expect((heard.last?.position ?? 0) >= position)
  }

  @Test("of more tables than a notification holds none are named, which means any")
  func many() throws {
    try migrate(connection)
    let tables = Set((0..<200).map { "\($0)_" + String(repeating: "x", count: 60) })
    _ = try connection.pipeline([Announcement.statement(stream: "s", tables: tables, connection)])
    let heard = try heard(connection)
    #expect(heard.map(\.tables) == [nil])
    #expect(heard.first?.position != nil)
  }

  @Test(
    "what somebody else says means that anything may have changed",
    arguments: ["", "hello", "{}", "[1]", #"{"stream":"downloads"}"#, #"{"tables":"all"}"#])
  func foreign(payload: String) {
    #expect(Announcement(payload: payload) == Announcement(tables: nil))
  }

  @Test("alerts are announced whoever changes them, and only when one has changed", arguments: [nil, "trips"])
  func alerts(schema: String?) throws {
    var own = settings
    own.schema = schema
    let connection = try PostgresConnection(own)
    defer { connection.close() }
    try migrate(connection)
    let raise = """
      INSERT INTO alerts (alert_type, severity, message, metric_name, metric_value, threshold_value, aggregate, key,
                          window_start, window_end)
      VALUES ('t', 'INFO', 'm', 'n', 0, 0, 'a', '{}', to_timestamp(0), to_timestamp(60)) ON CONFLICT DO NOTHING
      """
    let steps: [(String, Bool)] = [
      (raise, true), (raise, false), ("SELECT \(connection.pulse).acknowledge_alert(max(id), 'me') FROM alerts", true),
      ("SELECT \(connection.pulse).acknowledge_alert(max(id), 'you') FROM alerts", false),
      ("UPDATE alerts SET message = 'x' WHERE false", false), ("DELETE FROM alerts", true),
      ("DELETE FROM alerts", false),
    ]
    for (statement, isTold) in steps {
      _ = try connection.query(statement)
      let told = try heard(connection)
      #expect(told.map(\.tables) == (isTold ? [["alerts"]] : []), "\(statement)")
      #expect(told.allSatisfy { $0.position != nil })
    }
  }
}

import Audit
import Plan
import Postgres
import Project
import Storage

/// A Postgres server of the bench's own, durable as in production, with the project's tables.
final class Database {
  let settings: ConnectionSettings
  /// In the format of `PGPASSFILE`.
  let passwordFile: String
  private let cluster: PrivateCluster
  private let project: Project
  private let connection: PostgresConnection
  private let superuser: PostgresConnection
  private let listener: PostgresConnection

  /// - Parameter project: nil: the workspace's.
  init(_ workspace: Workspace, project: Project? = nil) throws {
    let folder = workspace.folder + "/database"
    cluster = try PrivateCluster(folder: folder, options: PrivateCluster.Options(removesFolder: true))
    passwordFile = folder + "/pgpass"
    self.project = project ?? workspace.project
    settings = cluster.settings
    connection = try PostgresConnection(settings.with("application_name", "streampulse bench"))
    superuser = try PostgresConnection(cluster.superuserSettings)
    listener = try PostgresConnection(settings.with("application_name", "streampulse bench listener"))
    _ = try Migrator(connection) { _ in }.migrate(self.project)
    try listener.execute("LISTEN streampulse")
  }

  /// Stops the server and removes its files.
  func close() {
    cluster.stop()
  }

  deinit {
    close()
  }

  /// The server with all its processes.
  var usage: ProcessUsage { ProcessUsage(pid: cluster.pid) }

  /// A connection of its own.
  func connect() throws -> PostgresConnection {
    try PostgresConnection(settings.with("application_name", "streampulse bench"))
  }

  /// What a child needs to connect.
  var childSettings: [String: String] { ["DATABASE_URL": settings.urlWithPassword] }

  /// Empties all tables, so that the same log counts as unread, and writes everything out, so that it does not disturb
  /// what comes next.
  func reset() throws {
    let results = project.aggregates.map(\.tableName)
    let engine = [
      "progress", "ledger", "ledger_counts", "gaps", "retired", "alert_progress", "replayed_letters",
      "forgotten_letters",
      "forgotten_replays", "outbox", "forecast_states", "forecast_progress",
    ].map {
      "pulse.\($0)"
    }
    let beside = ["dead_letters", "alerts", "trending_predictions"]
    try connection.execute("TRUNCATE \((results + engine + beside).joined(separator: ", "))")
    try superuser.execute("CHECKPOINT")
    _ = try listener.waitForNotification(timeoutMilliseconds: 0)
  }

  /// Up to where all partitions together are contained in the rows.
  func committedRecords() throws -> Int {
    Int(
      try connection.query("SELECT coalesce(sum(next_offset), 0)::bigint FROM \(connection.pulse).progress").integer(
        0, 0) ?? 0)
  }

  /// Waits until at least that many records are committed. Asks only when a transaction has been committed.
  func waitForCommitted(_ records: Int, seconds: Double, by program: Program) throws {
    try wait(for: "\(records) records in Postgres", seconds: seconds, everyMilliseconds: 0) {
      if try committedRecords() >= records { return () }
      try program.checkRunning()
      _ = try listener.waitForNotification(timeoutMilliseconds: 200)
      return nil
    }
  }

  func query(_ sql: String) throws -> PostgresResult {
    try connection.query(sql)
  }

  /// Compares the rows with the truth, and has the ledger prove that every record was applied once.
  func check(_ totals: CorpusTotals) throws {
    try totals.check(connection)
    try checkLedger(records: totals.events)
  }

  func checkLedger(records: Int) throws {
    let report = try Verifier(connection, project.streams.map(\.plan)).verify()
    guard report.holds, report.consumed == records, report.gaps.isEmpty, report.dead == 0 else {
      let violations = report.checks.flatMap(\.violations) + report.gaps
      throw BenchmarkError.wrongAnswer(
        "the ledger has \(report.consumed) of \(records) records, \(report.dead) dead; \(violations.prefix(3))")
    }
  }
}

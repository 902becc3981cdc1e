import Plan
import Postgres
import SQLQuoting

/// Empties all that a project has written into a database, and nothing else: what comes next begins as after the first
/// `migrate`.
///
/// Tables, views, roles and what was deployed stay; so does the log of who did what. Rows and positions go in one
/// transaction: a processor that is still there is fenced, and reads its topics again from their beginnings.
public struct ProjectWipe {
  /// What the engine keeps that is no data: what tables are there for, what is in force, schemas of records, who did what.
  private static let kept = [
    "migrations", "definitions", "project", "views", "deployments", "schemas", "subjects", "audit_log",
  ]
  /// The engine's tables beside the results.
  private static let own = ["alerts", "dead_letters", "event_log", "trending_predictions"]

  /// A table and about how many rows it has.
  public struct Table: Sendable {
    /// Quoted, with its schema.
    public var name: String
    public var rows: Int64
  }

  /// Who processes a stream.
  public struct Processor: Sendable {
    public var stream: String
    /// As `pulse.progress` has it: host and process.
    public var owner: String
  }

  private let connection: PostgresConnection

  /// - Parameter connection: to a database that was checked to be the project's (`Migrator.verify`).
  public init(_ connection: PostgresConnection) {
    self.connection = connection
  }

  /// Processors that run now, by the streams that the database knows.
  public func processors() throws(PostgresError) -> [Processor] {
    let rows = try connection.query(
      """
      SELECT DISTINCT ON (stream) stream, owner FROM \(connection.pulse).progress ORDER BY stream, updated_at DESC
      """)
    var found: [Processor] = []
    for row in 0..<rows.rowCount {
      guard let stream = rows[row, 0], try ProcessorPresence.isThere(connection, stream: stream) else { continue }
      found.append(Processor(stream: stream, owner: rows[row, 1] ?? ""))
    }
    return found
  }

  /// What would be emptied.
  public func tables() throws(PostgresError) -> [Table] {
    let rows = try connection.query(
      """
      SELECT format('%I.%I', n.nspname, c.relname), greatest(c.reltuples, 0)::bigint
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p')
        AND (n.nspname = $1 AND c.relname <> ALL ($2)
             OR n.nspname = coalesce($4, current_schema()) AND (
               c.relname = ANY ($3) OR c.relname IN (
                 SELECT name FROM \(connection.pulse).definitions AS d,
                   LATERAL (VALUES (d.aggregate), (d.aggregate || '_state')) AS r (name))))
      ORDER BY n.nspname, c.relname
      """,
      [
        .text(Bookkeeping.schema(of: connection.schema)), .array(PostgresArray(texts: Self.kept)),
        .array(PostgresArray(texts: Self.own)), connection.schema.map { .text($0) } ?? .null,
      ])
    return (0..<rows.rowCount).compactMap { row in
      rows[row, 0].map { Table(name: $0, rows: rows.integer(row, 1) ?? 0) }
    }
  }

  /// Empties them, in one transaction. Alerts begin with what comes next.
  ///
  /// - Parameter alerts: the project's.
  public func run(_ alerts: [AlertPlan]) throws(PostgresError) {
    let names = try tables().map(\.name)
    try connection.transaction { () throws(PostgresError) in
      // Whoever reads or writes for long is not waited for.
      try connection.execute("SET LOCAL lock_timeout = '10s'; SET LOCAL client_min_messages = warning")
      // Rows that a replay or a deployment is making are of no use after it.
      let shadows = try connection.query(
        """
        SELECT format('DROP %s IF EXISTS %I.%I CASCADE', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, $1::text, relname)
        FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident($1)) AND relkind IN ('r', 'p', 'v')
        """, [.text(connection.replaySchema)])
      for row in 0..<shadows.rowCount { try connection.execute(shadows[row, 0] ?? "") }
      if !names.isEmpty { try connection.execute("TRUNCATE \(names.joined(separator: ", "))") }
      try Migrator(connection, observe: { _ in }).beginAlerts(alerts)
      try AuditLog(connection).enter("reset", "wiped", subject: connection.schema ?? "public")
    }
  }
}

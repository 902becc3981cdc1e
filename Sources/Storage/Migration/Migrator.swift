import Dialects
import EngineSchema
import Observability
import Plan
import Postgres
import Project
import SQLQuoting

/// Brings a database to what a project needs: the engine's tables, a result table for each aggregate, the
/// views, the reader role.
///
/// Each step is a transaction of its own and is safe to repeat. Two migrators at once wait for each other.
public struct Migrator {
  /// The role that the API reads the project's results with.
  public static func readerRole(for connection: PostgresConnection) -> String {
    connection.schema.map { "streampulse_reader_" + $0 } ?? "streampulse_reader"
  }

  /// The role that the API writes with: it may execute some functions and nothing else.
  public static func writerRole(for connection: PostgresConnection) -> String {
    connection.schema.map { "streampulse_writer_" + $0 } ?? "streampulse_writer"
  }

  let connection: PostgresConnection
  let schema: [SchemaFile]
  private let observe: @Sendable (Observation) -> Void

  public init(_ connection: PostgresConnection, observe: @escaping @Sendable (Observation) -> Void) {
    self.init(connection, schema: EngineSchema.files, observe: observe)
  }

  /// - Parameter schema: another than the engine's, for tests.
  init(
    _ connection: PostgresConnection, schema: [SchemaFile], observe: @escaping @Sendable (Observation) -> Void
  ) {
    self.connection = connection
    self.schema = schema
    self.observe = observe
  }

  /// Migrates, and returns what has changed, a line each.
  ///
  /// - Parameters:
  ///   - name: how the project is called; nil: it does not matter.
  ///   - plan: what was planned: then that is done, or nothing when it would be something else now. nil: what there is to do.
  ///   - grantsReading: makes the API's role, which is the whole server's.
  public func migrate(
    _ project: Project, as name: ProjectName? = nil, following plan: MigrationPlan? = nil, grantsReading: Bool = true
  ) throws(StorageError) -> [String] {
    try alone(project, as: name, following: plan) { changes in
      let views = ResultViews(connection, project.views)
      try views.vacate(Set(project.aggregates.flatMap(\.relationNames)))
      for stream in project.streams {
        for aggregate in stream.plan.aggregates { changes += try apply(aggregate, of: stream.plan) }
      }
      changes += try views.bringUpToDate()
      try beginAlerts(project.alerts)
      if grantsReading { try grant(project) }
    }
  }

  /// Changes a database that fits, after the engine's own tables are up to date; one migration at a time.
  func alone(
    _ project: Project, as name: ProjectName?, following plan: MigrationPlan? = nil,
    _ body: (inout [String]) throws -> Void
  ) throws(StorageError) -> [String] {
    let key = AdvisoryLock.migration.key(for: connection)
    do {
      _ = try connection.query("SELECT pg_advisory_lock($1)", [.bigint(key)])
      defer { _ = try? connection.query("SELECT pg_advisory_unlock($1)", [.bigint(key)]) }
      try DatabaseCheck.requireUsable(connection, schema: schema)
      if let plan { try requirePresent(plan, of: project, as: name) }
      try ReferenceCheck(connection).require(project.usedReferences)
      var changes = try applySchema()
      if let name { try name.register(for: project, connection) }
      try body(&changes)
      return changes
    } catch let error as PostgresError {
      throw MigrationAdvice.text(for: error).map(StorageError.definition) ?? .postgres(error)
    } catch {
      throw StorageError(error)
    }
  }

  /// What `migrate` would do now. Changes nothing.
  ///
  /// - Throws: when the database cannot be used at all.
  public func plan(_ project: Project, as name: ProjectName? = nil) throws(StorageError) -> MigrationPlan {
    var planner = MigrationPlanner(connection, schema: schema, project: project, name: name)
    do {
      return try planner.plan()
    } catch {
      throw StorageError(error)
    }
  }

  private func requirePresent(_ plan: MigrationPlan, of project: Project, as name: ProjectName?) throws(StorageError) {
    guard let departure = plan.departure(try self.plan(project, as: name)) else { return }
    throw .definition("\(departure); nothing was done\n  hint: streampulse plan says what there is to do now")
  }

  /// Enters where new alerts begin, for any cluster: at the watermark that their aggregate's stream has reached, or as long
  /// before as their `backfill` says; before everything when nothing has been read yet.
  package func beginAlerts(_ alerts: [AlertPlan]) throws(PostgresError) {
    for alert in alerts {
      _ = try connection.query(
        """
        INSERT INTO \(connection.pulse).alert_progress (alert, cluster, evaluated_until, told_from)
        SELECT $1, '', least(coalesce(max(p.watermark), '-infinity'), now()) - $3 * INTERVAL '1 microsecond',
               CASE WHEN $3 > 0 AND max(p.watermark) IS NOT NULL THEN least(max(p.watermark), now()) END
        FROM \(connection.pulse).progress AS p
        WHERE EXISTS (SELECT FROM \(connection.pulse).ledger_counts AS c
                      WHERE (c.stream, c.cluster, c.topic, c.partition) = (p.stream, p.cluster, p.topic, p.partition)
                        AND c.aggregate = $2)
        HAVING NOT EXISTS (SELECT FROM \(connection.pulse).alert_progress WHERE alert = $1)
        """, [.text(alert.name), .text(alert.aggregate), .bigint(alert.backfillMicroseconds)])
    }
  }

  func applySchema() throws -> [String] {
    try connection.execute(
      """
      \(connection.schema.map { "CREATE SCHEMA IF NOT EXISTS \(quotedIdentifier($0));" } ?? "")
      CREATE SCHEMA IF NOT EXISTS \(connection.pulse);
      CREATE TABLE IF NOT EXISTS \(connection.pulse).migrations (
        name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
      COMMENT ON TABLE \(connection.pulse).migrations IS 'Files of sql/schema that have been applied, with their MD5';
      """)
    let known = try connection.query("SELECT name, checksum FROM \(connection.pulse).migrations")
    let applied = Dictionary(
      uniqueKeysWithValues: (0..<known.rowCount).map { (known[$0, 0] ?? "", known[$0, 1] ?? "") })
    var changes: [String] = []
    for file in schema {
      let sum = try connection.query("SELECT md5($1)", [.text(file.text)])[0, 0] ?? ""
      if let earlier = applied[file.name] {
        guard earlier == sum else {
          throw StorageError.definition(
            "\(file.name) was changed after it had been applied; migrations are never edited: add a new file")
        }
        continue
      }
      try connection.transaction {
        try connection.execute(Bookkeeping.text(file.text, for: connection.schema))
        _ = try connection.query(
          "INSERT INTO \(connection.pulse).migrations (name, checksum) VALUES ($1, $2)", [.text(file.name), .text(sum)])
      }
      changes.append("applied \(file.name)")
    }
    return changes
  }

  /// Refuses a definition whose stored rows would mean something else.
  static func check(_ name: String, stored: String?, planned: TableShape) throws(StorageError) {
    guard let stored else {
      throw .definition("the table \(name) has not been created: run streampulse migrate")
    }
    if let change = TableShape.incompatibility(stored: TableShape(description: stored), planned: planned) {
      throw .definition(
        """
        sql/aggregates: \(name) has changed in a way that its stored rows do not have: \(change)
          hint: give the aggregate a new name, or see "Upgrading definitions" in docs/operations.md
        """)
    }
  }

  /// Why these shapes are not those of the tables (any more); nil when they are.
  package static func redefinition(
    _ shapes: [(name: String, shape: TableShape)], _ connection: PostgresConnection
  ) throws(PostgresError) -> String? {
    let result = try connection.query("SELECT aggregate, shape FROM \(connection.pulse).definitions")
    let stored = Dictionary(
      (0..<result.rowCount).map { (result[$0, 0] ?? "", result[$0, 1]) }, uniquingKeysWith: { first, _ in first })
    for (name, shape) in shapes {
      do throws(StorageError) {
        try check(name, stored: stored[name] ?? nil, planned: shape)
      } catch {
        return error.description
      }
    }
    return nil
  }

  /// Refuses a database without the project's views, or with other ones: what reads them would answer something else than
  /// is written.
  public static func requireViews(_ project: Project, _ connection: PostgresConnection) throws(StorageError) {
    do {
      let outdated = try ResultViews(connection, project.views).outdated()
      guard !outdated.isEmpty else { return }
      throw StorageError.definition(
        outdated.map { "\($0.view.select.start?.path ?? "sql/views"): the view \($0.view.name) \($0.problem)" }
          .joined(separator: "\n") + "\n  hint: run streampulse migrate")
    } catch {
      throw StorageError(error)
    }
  }

  /// Tables that were made for definitions which the project does not have any more: nothing writes to them.
  public static func abandonedTables(
    _ project: Project, _ connection: PostgresConnection
  ) throws(PostgresError) -> [String] {
    let names = Set(project.aggregates.map(\.name))
    let stored = try connection.query(
      "SELECT aggregate FROM \(connection.pulse).definitions ORDER BY aggregate")
    return (0..<stored.rowCount).compactMap { stored[$0, 0] }.filter { !names.contains($0) }
  }

  /// Checks that the database can be used and is of this program's version, whatever the project is.
  public static func verify(_ connection: PostgresConnection) throws(StorageError) {
    do {
      try DatabaseCheck.requireMigrated(connection, schema: EngineSchema.files)
    } catch {
      throw StorageError(error)
    }
  }

  /// The same, and that its schema is no other project's.
  ///
  /// - Parameter name: how the project is called.
  public static func verify(
    _ connection: PostgresConnection, for project: Project, as name: ProjectName
  ) throws(StorageError) {
    try verify(connection)
    do {
      try name.requireOwner(of: project, connection)
    } catch {
      throw StorageError(error)
    }
  }

  /// Checks that the database has what the project needs, without changing anything.
  ///
  /// - Parameter name: how the project is called; nil: it does not matter.
  public static func verify(
    _ project: Project, as name: ProjectName? = nil, _ connection: PostgresConnection
  ) throws(StorageError) {
    if let name {
      try verify(connection, for: project, as: name)
    } else {
      try verify(connection)
    }
    try checkTables(project.streams.map(\.plan), connection)
  }

  /// The same of some streams.
  package static func verify(_ plans: [StreamPlan], _ connection: PostgresConnection) throws(StorageError) {
    try verify(connection)
    try checkTables(plans, connection)
  }

  private static func checkTables(_ plans: [StreamPlan], _ connection: PostgresConnection) throws(StorageError) {
    do {
      for plan in plans {
        try ReferenceCheck(connection).require(plan.references)
        for aggregate in plan.aggregates {
          let stored = try connection.query(
            "SELECT shape FROM \(connection.pulse).definitions WHERE aggregate = $1", [.text(aggregate.name)])
          try check(
            aggregate.name, stored: stored.rowCount > 0 ? stored[0, 0] : nil, planned: TableShape(aggregate, of: plan))
        }
      }
    } catch {
      throw StorageError(error)
    }
  }

  /// The API's role may read results, alerts, incidents, progress, ledger, outbox and the codes of dead letters, and nothing
  /// else: no payload, and no reason, which may quote one. Where roles cannot be created, the API reads with the
  /// processor's own role in read-only transactions.
  func grant(_ project: Project, isInTransaction: Bool = false) throws {
    let name = Migrator.readerRole(for: connection)
    let writerName = Migrator.writerRole(for: connection)
    let (role, writer, pulse) = (quotedIdentifier(name), quotedIdentifier(writerName), connection.pulse)
    let tables =
      (project.aggregates.flatMap(\.relationNames) + project.views.map(\.name)).map { quotedIdentifier($0) }
      + [
        "alerts", "\(pulse).incidents", "\(pulse).progress", "\(pulse).ledger", "\(pulse).outbox", "\(pulse).silences",
        "trending_predictions", "forecast_errors",
      ]
    let schemas = ([connection.schema].compactMap { $0.map { quotedIdentifier($0) } } + [pulse]).joined(separator: ", ")
    if isInTransaction { try connection.execute("SAVEPOINT before_grants") }
    do {
      try connection.execute(
        """
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = \(quotedLiteral(name))) THEN
            CREATE ROLE \(role) NOLOGIN;
          END IF;
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = \(quotedLiteral(writerName))) THEN
            CREATE ROLE \(writer) NOLOGIN;
          END IF;
        END $$;
        GRANT \(role), \(writer) TO CURRENT_USER;
        GRANT USAGE ON SCHEMA \(schemas) TO \(role), \(writer);
        GRANT EXECUTE ON FUNCTION \(pulse).acknowledge_alert, \(pulse).silence_once, \(pulse).end_silence,
          \(pulse).audit, \(pulse).audit_entries, \(pulse).letters, \(pulse).letter
          TO \(writer);
        GRANT SELECT ON \(tables.joined(separator: ", ")) TO \(role);
        GRANT SELECT (stream, cluster, topic, partition, record_offset, aggregate, code, replayed_at)
          ON dead_letters TO \(role);
        """)
    } catch {
      if isInTransaction { try connection.execute("ROLLBACK TO SAVEPOINT before_grants") }
      observe(.readerRoleMissing(reason: error.description))
    }
  }
}

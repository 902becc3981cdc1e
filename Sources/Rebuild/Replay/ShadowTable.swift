import Dataflow
import Dialects
import Faults
import Plan
import Postgres
import SQLQuoting
import Storage

/// The table that a replay fills, and how it takes the place of the present one.
struct ShadowTable {
  private let connection: PostgresConnection
  private let plan: AggregatePlan
  private let shadow: ResultTable
  /// The present table's schema.
  private let schema: String

  private var present: String { "\(quotedIdentifier(schema)).\(quotedIdentifier(plan.name))" }
  private var countColumn: String? { plan.countColumn.map(quotedIdentifier) }

  /// - Throws: when there is no table, or when something hangs on it that a swap would take away.
  init(_ connection: PostgresConnection, _ plan: AggregatePlan) throws {
    self.connection = connection
    self.plan = plan
    shadow = ResultTable(plan, schema: connection.replaySchema)
    let found = try connection.query(
      "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass($1)",
      [.text(quotedIdentifier(plan.name))])
    guard found.rowCount > 0, let name = found[0, 0] else {
      throw PipelineError.definition("there is no table \(plan.name): run streampulse migrate")
    }
    schema = name
    let views = try ResultViews.othersReading(plan.name, connection)
    if !views.isEmpty {
      throw PipelineError.definition(
        "views depend on \(plan.name), which would lose its place to a new table: drop them and make them again after "
          + "the replay, or let them be definitions in sql/views: \(views.joined(separator: ", "))")
    }
  }

  /// Makes it, empty; what a replay left that was interrupted is dropped.
  func create() throws(PostgresError) {
    try connection.execute("DROP TABLE IF EXISTS \(shadow.reference)")
    for statement in shadow.createStatements { try connection.execute(statement) }
  }

  /// Gives it the indexes and the grants that the present one has beyond its own.
  func adorn() throws(PostgresError) {
    let statements = try connection.query(
      """
      SELECT replace(pg_get_indexdef(indexrelid), ' ON ' || $1 || ' ', ' ON ' || $2 || ' ') FROM pg_index AS i
      WHERE indrelid = $1::regclass AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
      UNION ALL
      SELECT format('GRANT %s ON %s TO %s%s', a.privilege_type, $2,
                    CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END,
                    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
      FROM pg_class AS t, aclexplode(t.relacl) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
      WHERE t.oid = $1::regclass AND a.grantee <> t.relowner
      """, [.text(present), .text(shadow.reference)])
    for row in 0..<statements.rowCount {
      if let statement = statements[row, 0] { try connection.execute(statement) }
    }
  }

  func add(_ deltas: [WindowDelta]) throws(PostgresError) {
    for delta in deltas {
      try connection.prepare("replay upsert", shadow.upsertStatement)
      _ = try connection.queryPrepared("replay upsert", delta.upsertParameters)
    }
  }

  // MARK: In the swap's transaction

  /// Keeps everybody off the present table until the transaction ends.
  func lockPresent() throws(PostgresError) {
    try connection.execute("LOCK TABLE \(present) IN ACCESS EXCLUSIVE MODE")
  }

  /// Takes over the rows of windows that begin before the one time or ended by the other (microseconds since 1970), which
  /// the replay has not made.
  ///
  /// - Returns: how many they are.
  func keepRows(before time: Int64, endedBy floor: Int64?) throws(PostgresError) -> Int {
    let names = shadow.columns.compactMap { column -> String? in
      if case .generated = column.role { return nil }
      return quotedIdentifier(column.name)
    }.joined(separator: ", ")
    return try connection.query(
      """
      INSERT INTO \(shadow.reference) (\(names)) SELECT \(names) FROM \(present)
      WHERE window_start < $1 OR window_end <= $2::timestamptz
      """, [.timestamptz(microseconds: time), floor.map { .timestamptz(microseconds: $0) } ?? .null]
    ).affectedRows
  }

  /// How many more events the rows will hold than the ledger says, less what retention has removed; nil without a
  /// count(*).
  ///
  /// - Parameter isWhole: every row was made anew. Else the rows that are kept may be wrong, and only a difference that the
  ///   replay has made is one to be recorded.
  func surplus(isWhole: Bool) throws(PostgresError) -> Int64? {
    guard let countColumn else { return nil }
    let before = isWhole ? "ledger.events" : "(SELECT coalesce(sum(\(countColumn)), 0) FROM \(present))"
    let result = try connection.query(
      """
      SELECT (SELECT coalesce(sum(\(countColumn)), 0) FROM \(shadow.reference)) - ledger.events, \(before) - ledger.events
      FROM (SELECT coalesce((SELECT sum(aggregated) FROM \(connection.pulse).ledger_counts WHERE aggregate = $1), 0)
                   + coalesce((SELECT sum(events) FROM \(connection.pulse).replays WHERE aggregate = $1), 0)
                   + (SELECT count(*) FROM \(connection.pulse).replayed_letters WHERE aggregate = $1 AND outcome = 'aggregated')
                   - coalesce((SELECT events FROM \(connection.pulse).retired WHERE aggregate = $1), 0) AS events) AS ledger
      """, [.text(plan.name)])
    return result.integer(0, 1) == 0 ? result.integer(0, 0) : 0
  }

  /// Puts it in the place of the present table.
  func takePlace() throws(PostgresError) -> Int {
    let rows = try connection.query("SELECT count(*) FROM \(shadow.reference)").integer(0, 0) ?? 0
    try connection.execute(
      "DROP TABLE \(present); ALTER TABLE \(shadow.reference) SET SCHEMA \(quotedIdentifier(schema))")
    return Int(rows)
  }

  func drop() {
    // Of no use any more; the next replay drops it, too.
    try? connection.execute("DROP TABLE IF EXISTS \(shadow.reference)")
  }
}

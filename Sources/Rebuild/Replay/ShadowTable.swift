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
  let present: PresentRelations
  private var countColumn: String? { plan.countColumn.map(quotedIdentifier) }

  /// - Throws: when there is no table, or when something hangs on it that a swap would take away.
  init(_ connection: PostgresConnection, _ plan: AggregatePlan) throws {
    self.connection = connection
    self.plan = plan
    shadow = ResultTable(plan, schema: connection.replaySchema)
    present = try PresentRelations(connection, plan)
  }

  /// As statements name it.
  var reference: String { shadow.reference }

  /// Makes it, empty; what a replay left that was interrupted is dropped.
  func create() throws(PostgresError) {
    try connection.execute("DROP TABLE IF EXISTS \(shadow.reference)")
    for statement in shadow.createStatements { try connection.execute(statement) }
  }

  /// Gives it the indexes and the grants that the present one has beyond its own.
  func adorn() throws(PostgresError) {
    let isAlike = present.hasForm(of: plan)
    if isAlike { try connection.executeAll(present.indexStatements(for: shadow.reference)) }
    try RelationGrants(of: isAlike ? present.table : present.shown, connection).give(to: shadow.reference, connection)
  }

  func add(_ deltas: [WindowDelta]) throws(PostgresError) {
    for delta in deltas {
      let name = "replay upsert \(plan.name)"
      try connection.prepare(name, shadow.upsertStatement)
      _ = try connection.queryPrepared(name, delta.upsertParameters)
    }
  }

  // MARK: In the swap's transaction

  /// Keeps everybody off the present table until the transaction ends. A view above it goes: who reads it locks it before
  /// the table, and so does this.
  ///
  /// - Returns: the present readers' grants.
  func lockPresent() throws(PostgresError) -> RelationGrants {
    let grants = try RelationGrants(of: present.shown, connection)
    if present.hasView { try connection.execute("DROP VIEW \(present.shown)") }
    try connection.execute("LOCK TABLE \(present.table) IN ACCESS EXCLUSIVE MODE")
    return grants
  }

  /// Removes rows whose windows ended by then (microseconds since 1970), which retention has removed.
  func removeRows(endedBy time: Int64) throws(PostgresError) {
    _ = try connection.query(
      "DELETE FROM \(shadow.reference) WHERE window_end <= $1", [.timestamptz(microseconds: time)])
  }

  /// Takes over the rows of panes that begin before the one time or ended by the other (microseconds since 1970), which
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
      INSERT INTO \(shadow.reference) (\(names)) SELECT \(names) FROM \(present.table)
      WHERE window_start < $1 OR window_end <= $2::timestamptz
      """, [.timestamptz(microseconds: time), floor.map { .timestamptz(microseconds: $0) } ?? .null]
    ).affectedRows
  }

  /// How many more events the rows will hold than the ledger says, less what retention has removed (with UNNEST, how many
  /// more elements); nil without a count(*).
  ///
  /// - Parameter isWhole: every row was made anew. Else the rows that are kept may be wrong, and only a difference that the
  ///   replay has made is one to be recorded.
  func surplus(isWhole: Bool) throws(PostgresError) -> Int64? {
    guard let countColumn else { return nil }
    let before = isWhole ? "ledger.events" : "(SELECT coalesce(sum(\(countColumn)), 0) FROM \(present.table))"
    let result = try connection.query(
      """
      SELECT (SELECT coalesce(sum(\(countColumn)), 0) FROM \(shadow.reference)) - ledger.events, \(before) - ledger.events
      FROM (SELECT \(plan.countedSQL(connection.pulse)) AS events) AS ledger
      """, [.text(plan.name)])
    return result.integer(0, 1) == 0 ? result.integer(0, 0) : 0
  }

  /// Puts it in the place of the present table, with a new view above it where the definition has one.
  ///
  /// - Parameter grants: what `lockPresent` has returned.
  func takePlace(_ grants: RelationGrants) throws(PostgresError) -> Int {
    let rows = try connection.query("SELECT count(*) FROM \(shadow.reference)").integer(0, 0) ?? 0
    try connection.execute("DROP TABLE \(present.table)")
    // What is moved takes no partition along.
    let parts = try connection.query(
      """
      SELECT format('%I.%I', n.nspname, c.relname)
      FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE i.inhparent = $1::regclass
      """, [.text(shadow.reference)])
    let moved = [shadow.reference] + (0..<parts.rowCount).compactMap { parts[$0, 0] }
    for table in moved {
      try connection.execute("ALTER TABLE \(table) SET SCHEMA \(quotedIdentifier(present.schema))")
    }
    if let view = ResultView(plan, schema: present.schema) {
      try connection.executeAll(view.createStatements(pulse: connection.pulse))
      try grants.give(to: view.reference, connection)
    }
    return Int(rows)
  }

  func drop() {
    // Of no use any more; the next replay drops it, too.
    try? connection.execute("DROP TABLE IF EXISTS \(shadow.reference)")
  }
}

extension PostgresConnection {
  fileprivate func executeAll(_ statements: [String]) throws(PostgresError) {
    for statement in statements { try execute(statement) }
  }
}

import Dialects
import Plan
import Postgres
import SQLQuoting

/// A project's views in its database.
///
/// A view holds no rows, so one whose definition has changed is dropped and made anew, and with it all of ours that read it.
/// That is one transaction: who reads a view waits for its end at most. Grants are kept. What somebody else has built on one
/// of the views is not ours to drop, and nothing is done as long as it is there.
package struct ResultViews {
  private let connection: PostgresConnection
  /// Each behind those that it reads.
  private let plans: [ViewPlan]

  /// - Parameter plans: all views of the project, each behind those that it reads.
  package init(_ connection: PostgresConnection, _ plans: [ViewPlan]) {
    self.connection = connection
    self.plans = plans
  }

  private struct Stored {
    var definition: String
    /// Nobody has dropped it.
    var isPresent: Bool
  }

  private func stored() throws(PostgresError) -> [String: Stored] {
    let found = try connection.query(
      """
      SELECT v.name, v.definition, c.oid IS NOT NULL
      FROM \(connection.pulse).views AS v
      LEFT JOIN pg_class AS c ON c.oid = to_regclass(quote_ident(v.name)) AND c.relkind = 'v'
      """)
    return Dictionary(
      uniqueKeysWithValues: (0..<found.rowCount).map { row in
        (found[row, 0] ?? "", Stored(definition: found[row, 1] ?? "", isPresent: found.boolean(row, 2) == true))
      })
  }

  /// The planned views that are not there as they are defined, each with what is the matter with it.
  package func outdated() throws(PostgresError) -> [(view: ViewPlan, problem: String)] {
    let stored = try stored()
    return plans.compactMap { view in
      guard let known = stored[view.name], known.isPresent else { return (view, "has not been created") }
      return known.definition == view.select.text ? nil : (view, "has changed")
    }
  }

  /// Views that somebody has made over an aggregate's relations, directly or by way of ours, without a definition.
  package static func othersReading(
    _ relations: Set<String>, _ connection: PostgresConnection
  ) throws(PostgresError) -> [String] {
    // An aggregate's own view reads its state table.
    try connection.viewReaders(of: relations).filter { !$0.isOurs && !relations.contains($0.name) }.map(\.shownName)
  }

  /// What there is to do.
  ///
  /// - Parameters:
  ///   - relations: those of an aggregate that are to be replaced by others, so that all views over them have to be made
  ///     anew. Only these and what they need are looked at; nil: all are.
  ///   - others: all others are looked at, too.
  ///   - narrow: what `narrow()` has found.
  package func change(
    replacing relations: Set<String>? = nil, andOthers others: Bool = false, widening narrow: Set<String> = []
  ) throws -> ViewChange {
    let stored = try stored()
    let present = Set(stored.filter(\.value.isPresent).keys)
    let readers = try relations.map { Set(try connection.viewReaders(of: $0).filter(\.isOurs).map(\.name)) }
    let scope = others ? plans : readers.map { plans.needed(for: $0) } ?? plans
    var affected = (readers ?? []).union(
      scope.filter { !present.contains($0.name) || stored[$0.name]?.definition != $0.select.text }.map(\.name))
    affected.formUnion(narrow)
    affected.formUnion(plans.reading(affected).map(\.name).filter(present.contains))
    var change = ViewChange()
    if relations == nil || others { change.removed = Set(stored.keys).subtracting(plans.map(\.name)).sorted() }
    // What reads one of them by a definition of before.
    let roots = affected.union(change.removed).intersection(present)
    let hanging = try connection.viewReaders(of: roots)
    let foreign = hanging.filter { !$0.isOurs }
    guard foreign.isEmpty else {
      throw StorageError.definition(
        """
        \(foreign.map(\.shownName).joined(separator: ", ")) \(foreign.count == 1 ? "reads" : "read") views that have to be \
        made anew or dropped: \(roots.sorted().joined(separator: ", "))
          hint: drop what reads them, and make it again afterwards
        """)
    }
    change.dropped = hanging.map(\.name)
    change.dropped += roots.subtracting(change.dropped).sorted()
    affected.formUnion(change.dropped)
    change.made = plans.filter { affected.contains($0.name) }
    return change
  }

  /// Present views in whose SELECT a `*` stands for more columns than when they were made: Postgres writes them out there
  /// and then. Outside of a transaction, since statements may fail.
  func narrow() throws(PostgresError) -> Set<String> {
    let stored = try stored()
    var narrow: Set<String> = []
    for view in plans where view.select.text.contains("*") {
      guard let known = stored[view.name], known.isPresent, known.definition == view.select.text else { continue }
      let width = try connection.query("SELECT * FROM \(quotedIdentifier(view.name)) LIMIT 0").columnCount
      do {
        let now = try connection.query("SELECT * FROM (\n\(view.select.text)\n) AS selected LIMIT 0").columnCount
        if now != width { narrow.insert(view.name) }
      } catch {
        // Whatever keeps its text from being read is not about its columns, and the present view stands.
        guard case .server = error.kind else { throw error }
      }
    }
    return narrow
  }

  // MARK: In the caller's transaction

  /// Takes the views away that are to be dropped or made anew.
  ///
  /// - Returns: what has to be said again of those that are made anew, by their names.
  package func drop(_ change: ViewChange) throws(PostgresError) -> [String: RelationGrants] {
    var names = PostgresArray(.text)
    var grants: [String: RelationGrants] = [:]
    for name in change.dropped {
      names.append(name)
      grants[name] = try RelationGrants(of: quotedIdentifier(name), connection)
    }
    // A reader locks a view before what the view reads: in the same order nobody waits for one who waits for him.
    for name in change.dropped { try connection.execute("DROP VIEW \(quotedIdentifier(name))") }
    for name in change.removed { names.append(name) }
    for view in change.made { names.append(view.name) }
    _ = try connection.query("DELETE FROM \(connection.pulse).views WHERE name = ANY ($1)", [.array(names)])
    return grants
  }

  /// Makes the views that are to be made.
  ///
  /// - Throws: everything that Postgres says against any of them, with its place in the file.
  package func make(_ change: ViewChange, _ grants: [String: RelationGrants]) throws {
    try require(change.made)
    for view in change.made {
      _ = try connection.query(
        "INSERT INTO \(connection.pulse).views (name, definition) VALUES ($1, $2)",
        [.text(view.name), .text(view.select.text)])
      try grants[view.name]?.give(to: quotedIdentifier(view.name), connection)
    }
  }

  private func require(_ views: [ViewPlan]) throws {
    let faults = try create(views)
    if !faults.isEmpty { throw StorageError.definition(faults.map(\.text).joined(separator: "\n")) }
  }

  /// - Returns: what is wrong with views, which are not made then.
  private func create(_ views: [ViewPlan]) throws -> [(view: String, text: String)] {
    var faults: [(view: String, text: String)] = []
    var missing: Set<String> = []
    for view in views {
      // What is wrong with the view that it reads is said there.
      if view.reads.contains(where: missing.contains) {
        missing.insert(view.name)
        continue
      }
      try connection.execute("SAVEPOINT before_view")
      if let fault = try fault(creating: view) {
        try connection.execute("ROLLBACK TO SAVEPOINT before_view")
        faults.append((view.name, fault))
        missing.insert(view.name)
      }
      try connection.execute("RELEASE SAVEPOINT before_view")
    }
    return faults
  }

  private func fault(creating view: ViewPlan) throws -> String? {
    let found = try connection.query(
      """
      SELECT EXISTS (SELECT FROM pg_class WHERE relname = $1 AND relnamespace = current_schema()::regnamespace)
      """, [.text(view.name)])
    if found.boolean(0, 0) == true {
      return """
        \(view.select.start?.path ?? "sql/views"): there is a table or view \(view.name) already, which StreamPulse has not \
        made for it
          hint: give the view another name, or rename or drop that one
        """
    }
    let statement = view.createStatement
    let tables = try connection.query("SELECT aggregate FROM \(connection.pulse).definitions")
    let known = plans.map(\.name) + (0..<tables.rowCount).compactMap { tables[$0, 0] }
    do throws(PostgresError) {
      try connection.execute(statement.text)
      for comment in view.commentStatements { try connection.execute(comment) }
      return nil
    } catch {
      guard let fault = StatementFault(.view, statement, error, tables: known) else { throw error }
      return fault.description
    }
  }

  /// Sets the comments of those views that are not made anew.
  package func comment(without change: ViewChange) throws(PostgresError) {
    let made = Set(change.made.map(\.name))
    for view in plans where !made.contains(view.name) {
      for statement in view.commentStatements { try connection.execute(statement) }
    }
  }

  // MARK: In transactions of their own

  /// Brings the views to what their definitions say.
  ///
  /// - Returns: what has changed, a line each.
  package func bringUpToDate() throws -> [String] {
    let narrow = try narrow()
    return try connection.transaction {
      let change = try change(widening: narrow)
      let grants = try drop(change)
      try make(change, grants)
      try comment(without: change)
      return change.lines
    }
  }

  /// Drops the views of former definitions whose names are wanted, and what of ours reads them: that is made anew later.
  package func vacate(_ names: Set<String>) throws {
    let former = Set(try stored().keys).subtracting(plans.map(\.name)).intersection(names)
    guard !former.isEmpty else { return }
    try connection.transaction {
      var change = ViewChange()
      change.removed = former.sorted()
      change.dropped = try connection.viewReaders(of: former).filter(\.isOurs).map(\.name)
      change.dropped += former.subtracting(change.dropped).sorted()
      _ = try drop(change)
    }
  }

  /// Makes the views over tables of another schema, where it has any, and takes them away again: what Postgres says against
  /// them is known before these tables take their place.
  ///
  /// - Parameters:
  ///   - statements: what else is made there, before them.
  ///   - arrange: does what has to be done to other tables before.
  ///   - look: is called while they are there.
  package func rehearse(
    _ change: ViewChange, over schema: String, behind statements: [String], arrange: () throws -> Void = {},
    look: () throws -> Void = {}
  ) throws {
    let path = try connection.query("SELECT current_setting('search_path')")[0, 0] ?? "public"
    // Who waits behind it for a view that somebody reads for long must not wait for ever.
    try connection.execute(
      "BEGIN; SET LOCAL lock_timeout = '10s'; SET LOCAL search_path TO \(quotedIdentifier(schema)), \(path)")
    defer { try? connection.execute("ROLLBACK") }
    for statement in statements { try connection.execute(statement) }
    try arrange()
    try require(change.made)
    try look()
  }

  /// What Postgres says against views, of which none is made. All that they read must be there.
  func faults(of views: [ViewPlan]) throws -> [(view: String, text: String)] {
    let path = try connection.query("SELECT current_setting('search_path')")[0, 0] ?? "public"
    // Temporary views get in nobody's way.
    try connection.execute("BEGIN; SET LOCAL search_path TO pg_temp, \(path)")
    defer { try? connection.execute("ROLLBACK") }
    return try create(views)
  }
}

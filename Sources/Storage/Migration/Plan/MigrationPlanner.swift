import Dialects
import EngineSchema
import Plan
import Postgres
import Project
import SQLQuoting

/// Finds out what `migrate` would do, and changes nothing.
struct MigrationPlanner {
  private let connection: PostgresConnection
  private let schema: [SchemaFile]
  private let project: Project
  private let name: ProjectName?
  private var steps: [MigrationPlan.Step] = []
  /// Everything that the database answered, by which it is told from what it will be later.
  private var seen: [String] = []
  /// Tables that are not there yet, or not as views will find them.
  private var pending: Set<String> = []

  /// As a shell reads it as one word.
  private static func shellWord(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F }
    return isPlain ? name : "'" + name.replacing("'", with: "'\\''") + "'"
  }

  private static let upgrading = "see \"Upgrading definitions\" in docs/operations.md"

  init(_ connection: PostgresConnection, schema: [SchemaFile], project: Project, name: ProjectName?) {
    self.connection = connection
    self.schema = schema
    self.project = project
    self.name = name
  }

  /// - Throws: when the database cannot be used at all.
  mutating func plan() throws -> MigrationPlan {
    try DatabaseCheck.requireUsable(connection, schema: schema)
    try planEngine()
    try planOwner()
    try planReferences()
    for stream in project.streams {
      for aggregate in stream.plan.aggregates { try plan(aggregate, of: stream.plan) }
    }
    try planViews()
    try planTables()
    return MigrationPlan(
      steps: steps, database: try fingerprint(of: seen), definitions: try fingerprint(of: definitions))
  }

  /// What of the project and the program decides on the plan.
  private var definitions: [String] {
    var texts = schema.map { "\($0.name)\n\($0.text)" } + [name?.text ?? ""]
    for stream in project.streams {
      for aggregate in stream.plan.aggregates {
        texts += [aggregate.name, TableShape(aggregate, of: stream.plan).description, aggregate.select.whole]
        texts += ResultTable(aggregate).commentStatements
        texts += ResultView(aggregate)?.commentStatements ?? []
        texts.append("\(aggregate.retentionMicroseconds ?? -1) \(aggregate.allowedLatenessMicroseconds)")
      }
    }
    for view in project.views { texts += [view.createStatement.text] + view.commentStatements }
    return texts + project.alerts.map(\.name)
  }

  private func fingerprint(of texts: [String]) throws -> String {
    // Lengths keep two lists of the same characters apart.
    let text = texts.map { "\($0.utf8.count):\($0)" }.joined()
    return try connection.query("SELECT md5($1)", [.text(text)])[0, 0] ?? ""
  }

  /// The answer to a question about the database, which becomes part of what was seen.
  private mutating func look(_ sql: String, _ parameters: [PostgresParameter] = []) throws -> PostgresResult {
    let found = try connection.query(sql, parameters)
    for row in 0..<found.rowCount {
      for column in 0..<found.columnCount { seen.append(found[row, column].map { "=" + $0 } ?? "") }
    }
    seen.append("\(found.rowCount)")
    return found
  }

  private mutating func hasTable(_ table: String) throws -> Bool {
    try look("SELECT to_regclass($1) IS NOT NULL", [.text("\(connection.pulse).\(table)")]).boolean(0, 0) == true
  }

  // MARK: The engine's own

  private mutating func planEngine() throws {
    var applied: [String: String] = [:]
    if try hasTable("migrations") {
      let known = try look("SELECT name, checksum FROM \(connection.pulse).migrations ORDER BY name")
      for row in 0..<known.rowCount { applied[known[row, 0] ?? ""] = known[row, 1] ?? "" }
    }
    var changes: [String] = []
    for file in schema {
      guard let earlier = applied[file.name] else {
        changes.append("apply \(file.name)")
        continue
      }
      guard try connection.query("SELECT md5($1)", [.text(file.text)])[0, 0] == earlier else {
        steps.append(.init(.engine, file.name, .impossible, ["\(file.name) was changed after it had been applied"]))
        continue
      }
    }
    steps.append(.init(.engine, "schema", changes.isEmpty ? .nothing : applied.isEmpty ? .new : .inPlace, changes))
  }

  private mutating func planOwner() throws {
    guard let name, try hasTable("project") else { return }
    let owner = try look("SELECT name FROM \(connection.pulse).project")
    guard owner.rowCount > 0 else { return }
    do {
      try name.requireOwner(of: project, connection)
    } catch let error as StorageError {
      let (message, advice) = error.parts
      steps.append(.init(.project, name.text, .impossible, [message], advice: advice))
    }
  }

  /// Tables of reference data are somebody else's: only what is wrong with them is said.
  private mutating func planReferences() throws {
    for reference in project.usedReferences {
      let fault = try ReferenceCheck(connection).fault(of: reference)
      seen.append(fault?.description ?? "")
      guard let fault else { continue }
      steps.append(.init(.table, fault.table, .impossible, [fault.message], advice: fault.advice))
    }
  }

  // MARK: Aggregates

  private mutating func plan(_ aggregate: AggregatePlan, of stream: StreamPlan) throws {
    var present: [String] = []
    for name in aggregate.relationNames {
      let found = try look("SELECT to_regclass($1) IS NOT NULL", [.text(quotedIdentifier(name))])
      if found.boolean(0, 0) == true { present.append(name) }
    }
    guard let stored = try stored(aggregate) else {
      pending.formUnion(aggregate.relationNames)
      let taken = Set(present).subtracting(try formerViews()).sorted()
      steps.append(
        taken.isEmpty
          ? .init(.aggregate, aggregate.name, .new, ["begins with the records that are read from then on"])
          : .init(
            .aggregate, aggregate.name, .impossible,
            taken.map { "there is a table \($0) already, which StreamPulse has not made" },
            advice: "give the aggregate another name, or rename or drop that table"))
      return
    }
    let shape = TableShape(description: stored.shape)
    let added = TableShape.additions(stored: shape, planned: aggregate, of: stream) ?? []
    let changes =
      added.isEmpty ? TableShape.changes(stored: shape, planned: TableShape(aggregate, of: stream)) : []
    guard changes.isEmpty else {
      pending.formUnion(aggregate.relationNames)
      steps.append(
        .init(
          .aggregate, aggregate.name, .beside, changes,
          advice: "streampulse deploy makes its rows anew beside running processors, streampulse replay "
            + "\(Self.shellWord(aggregate.name)) --from beginning those of this one alone; or give it another name: "
            + Self.upgrading))
      return
    }
    guard present.count == aggregate.relationNames.count else {
      pending.formUnion(aggregate.relationNames)
      steps.append(
        .init(
          .aggregate, aggregate.name, .impossible, ["its table is gone, though the rows were counted"],
          advice: Self.upgrading))
      return
    }
    // Views that read a new column are judged when it is there.
    if !added.isEmpty { pending.formUnion(aggregate.relationNames) }
    let rewriting = aggregate.hasStateTable ? "" : ": all rows are written anew meanwhile"
    var minor = added.map { "the computed column \($0) is added\(rewriting)" } + stored.optionChanges
    if stored.definition != aggregate.select.whole { minor.append("the text of its SELECT") }
    let table = ResultTable(aggregate)
    minor += try commentChanges(table.comments, on: table.reference, besides: added)
    if let view = ResultView(aggregate) {
      minor += try commentChanges(view.comments, on: view.reference, besides: added)
    }
    steps.append(.init(.aggregate, aggregate.name, minor.isEmpty ? .nothing : .inPlace, minor))
  }

  private struct StoredAggregate {
    var shape: String
    var definition: String
    var optionChanges: [String]
  }

  private mutating func stored(_ aggregate: AggregatePlan) throws -> StoredAggregate? {
    guard try hasTable("definitions") else { return nil }
    let retention = aggregate.retentionMicroseconds.map { Double($0) / 1_000_000 }
    // A database of an older version may lack the column of the lateness.
    let found = try look(
      """
      SELECT shape, definition, retention IS DISTINCT FROM kept,
             coalesce(justify_hours(retention)::text, 'none'), coalesce(justify_hours(kept)::text, 'none'),
             kept < coalesce(retention, kept + INTERVAL '1 second'),
             (to_jsonb(d) ->> 'allowed_lateness')::interval <> late, to_jsonb(d) ->> 'allowed_lateness', late
      FROM \(connection.pulse).definitions AS d, make_interval(secs => $2) AS kept, make_interval(secs => $3) AS late
      WHERE aggregate = $1
      """,
      [
        .text(aggregate.name), retention.map { .doublePrecision($0) } ?? .null,
        .doublePrecision(Double(aggregate.allowedLatenessMicroseconds) / 1_000_000),
      ])
    guard found.rowCount > 0 else { return nil }
    var changes: [String] = []
    if found.boolean(0, 2) == true {
      let narrows = found.boolean(0, 5) == true ? ": older rows are removed" : ""
      changes.append("retention was \(found[0, 3] ?? ""), now is \(found[0, 4] ?? "")\(narrows)")
    }
    if found.boolean(0, 6) == true {
      changes.append("allowed_lateness was \(found[0, 7] ?? ""), now is \(found[0, 8] ?? "")")
    }
    return StoredAggregate(shape: found[0, 0] ?? "", definition: found[0, 1] ?? "", optionChanges: changes)
  }

  private mutating func commentChanges(
    _ comments: [ResultTable.Comment], on relation: String, besides added: [String]
  ) throws -> [String] {
    try comments.filter { comment in !added.contains { $0 == comment.column } }.compactMap { comment in
      let found =
        if let column = comment.column {
          try look(
            """
            SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2
            """, [.text(relation), .text(column)])
        } else {
          try look("SELECT obj_description(to_regclass($1))", [.text(relation)])
        }
      guard found.rowCount == 0 || found[0, 0] != comment.text else { return nil }
      return comment.column.map { "the comment of the column \($0)" } ?? "the comment of the table"
    }
  }

  // MARK: Views, and tables without a definition

  private mutating func formerViews() throws -> Set<String> {
    guard try hasTable("views") else { return [] }
    let stored = try look("SELECT name FROM \(connection.pulse).views ORDER BY name")
    let names = Set((0..<stored.rowCount).compactMap { stored[$0, 0] })
    return names.subtracting(project.views.map(\.name))
  }

  private mutating func planViews() throws {
    guard try hasTable("views") else {
      try planNew(project.views)
      return
    }
    _ = try look("SELECT name, definition, to_regclass(quote_ident(name)) FROM \(connection.pulse).views ORDER BY name")
    let change: ViewChange
    do {
      let views = ResultViews(connection, project.views)
      change = try views.change(widening: views.narrow())
    } catch let error as StorageError {
      let (message, advice) = error.parts
      steps.append(.init(.view, "sql/views", .impossible, [message], advice: advice))
      return
    }
    let unmade = change.made.filter { !change.dropped.contains($0.name) }
    let remade = change.made.filter { change.dropped.contains($0.name) }
    let faults = try faults(of: change.made, without: change.removed)
    for view in project.views where !unmade.contains(view) {
      let isRemade = remade.contains(view)
      if let fault = faults[view.name] {
        steps.append(.init(.view, view.name, .impossible, [fault]))
      } else if isRemade {
        steps.append(.init(.view, view.name, .inPlace, ["made anew: its SELECT has changed, or what it reads"]))
      } else {
        let found = try look("SELECT obj_description(to_regclass($1))", [.text(quotedIdentifier(view.name))])
        let isSame = (found[0, 0] ?? "") == view.comment
        steps.append(.init(.view, view.name, isSame ? .nothing : .inPlace, isSame ? [] : ["the comment of the view"]))
      }
    }
    try planNew(unmade, faults)
    for name in change.removed { steps.append(.init(.view, name, .dropped, ["its file is gone"])) }
  }

  private mutating func planNew(_ views: [ViewPlan], _ faults: [String: String] = [:]) throws {
    for view in views {
      let found = try look("SELECT to_regclass($1) IS NOT NULL", [.text(quotedIdentifier(view.name))])
      if found.boolean(0, 0) == true {
        steps.append(
          .init(
            .view, view.name, .impossible,
            ["there is a table or view \(view.name) already, which StreamPulse has not made for it"],
            advice: "give the view another name, or rename or drop that one"))
      } else {
        let fault = faults[view.name]
        steps.append(.init(.view, view.name, fault == nil ? .new : .impossible, [fault].compactMap { $0 }))
      }
    }
  }

  /// What Postgres says against views whose tables are all there as they will be.
  ///
  /// - Parameter removed: views that will be dropped. Postgres still finds them.
  private func faults(of views: [ViewPlan], without removed: [String]) throws -> [String: String] {
    var unjudged = Set(project.views.reading(pending).map(\.name))
    var faults: [String: String] = [:]
    for view in views {
      guard let gone = view.reads.first(where: removed.contains) else { continue }
      faults[view.name] = "it reads the view \(gone), whose file is gone"
      unjudged.formUnion(project.views.reading([view.name]).map(\.name) + [view.name])
    }
    let found = try ResultViews(connection, project.views).faults(of: views.filter { !unjudged.contains($0.name) })
    for fault in found { faults[fault.view] = fault.text }
    return faults
  }

  private mutating func planTables() throws {
    guard try hasTable("definitions") else { return }
    for table in try Migrator.abandonedTables(project, connection) {
      seen.append(table)
      steps.append(
        .init(
          .table, table, .nothing, ["it has no definition any more: its rows stay as they are"], advice: Self.upgrading)
      )
    }
  }
}

extension StorageError {
  /// The message, and what to do about it.
  fileprivate var parts: (message: String, advice: String?) {
    let lines = description.split(separator: "\n  hint: ", maxSplits: 1)
    return (lines.first.map(String.init) ?? description, lines.dropFirst().first.map(String.init))
  }
}

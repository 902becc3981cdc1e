import Dataflow
import Dialects
import Events
import Plan
import Postgres
import SQLQuoting
import Storage

@testable import PostgresOracle

/// One trial in an open transaction: the events as rows of a table, the engine's rows in their tables, and what differs.
struct TrialComparison {
  let connection: PostgresConnection
  let trial: Trial
  /// What the definitions say.
  let plan: StreamPlan
  /// What the engine does; the same unless a fault is planted.
  let written: StreamPlan
  /// Those of the plan's aggregates.
  let definitions: [RandomDefinition]
  let run: EngineRun
  let fault: PlantedFault?

  private static let events = "all_events"

  func differences() throws -> [Difference] {
    var found = run.contradictions.map { Difference(definition: nil, text: "the counts contradict each other: \($0)") }
    try makeTables()
    found += try letterDifferences()
    try write()
    for number in plan.aggregates.indices {
      try connection.execute("SAVEPOINT batch")
      do {
        found += try rowDifferences(number).map { Difference(definition: number, text: $0) }
      } catch let error as PostgresError {
        try connection.execute("ROLLBACK TO SAVEPOINT batch")
        found.append(Difference(definition: number, text: "Postgres has an error: \(error)"))
      }
    }
    return found
  }

  // MARK: Tables

  private func makeTables() throws {
    let columns = plan.columns.enumerated().map { "\(BatchSelect.eventColumn($0)) \($1.type.sqlName)" }
    var statements = [
      "CREATE TABLE \(Self.events) (number integer, \(columns.joined(separator: ", ")))", Self.closedWindows,
    ]
    for aggregate in written.aggregates {
      // Comments are not what is judged.
      statements += ResultTable(aggregate).createStatements.prefix(1)
      guard aggregate.hasStateTable, let view = ResultView(aggregate) else { continue }
      statements += view.createStatements(pulse: "pulse").prefix(1)
    }
    try connection.execute(statements.joined(separator: ";\n"))
    let indices = plan.columns.map { spec in trial.stream.columns.firstIndex { $0.path == spec.path } ?? 0 }
    var numbers = PostgresArray(.integer)
    for number in trial.events.indices { numbers.append(Int64(number)) }
    let arrays = zip(plan.columns, indices).map { spec, index in
      var array = PostgresArray(spec.type.element)
      for event in trial.events {
        if let value = event.values[index] { array.append(value) } else { array.appendNull() }
      }
      return PostgresParameter.array(array)
    }
    let names = plan.columns.indices.map(BatchSelect.eventColumn)
    let casts = zip(names, plan.columns).map { $1.type == .jsonb ? "\($0)::jsonb" : $0 }
    let types = plan.columns.enumerated().map { "$\($0 + 2)::\($1.type == .jsonb ? "text" : $1.type.sqlName)[]" }
    _ = try connection.query(
      """
      INSERT INTO \(Self.events)
      SELECT \((["number"] + casts).joined(separator: ", "))
      FROM unnest(\((["$1::integer[]"] + types).joined(separator: ", "))) AS v (\((["number"] + names).joined(separator: ", ")))
      """, [.array(numbers)] + arrays)
  }

  /// HAVING shows the groups of closed windows: all are. The schema of the trial is searched first.
  private static let closedWindows = """
    CREATE FUNCTION final_until(aggregate_name text) RETURNS timestamptz LANGUAGE sql IMMUTABLE RETURN TIMESTAMPTZ 'infinity'
    """

  private func write() throws {
    let statements = run.deltas.flatMap { delta in
      let aggregate = written.aggregates[delta.aggregate]
      let upsert = ResultTable(aggregate).upsertStatement
      let locks = SessionLocks.statement(for: delta, of: aggregate, connection).map {
        PostgresStatement($0.sql, $0.parameters)
      }
      return [locks].compactMap { $0 }
        + [PostgresStatement(fault?.statement(upsert) ?? upsert, delta.upsertParameters)]
    }
    _ = try connection.pipeline(statements)
    let dead = run.failures.keys.map(String.init).joined(separator: ", ")
    try connection.execute(
      "DELETE FROM \(Self.events) WHERE number IN (\(dead.isEmpty ? "NULL" : dead)); ANALYZE \(Self.events)")
  }

  // MARK: Rows

  private func rows(_ sql: String) throws -> [[String?]] {
    let result = try connection.query(sql)
    return (0..<result.rowCount).map { row in (0..<result.columnCount).map { result[row, $0] } }
  }

  private func rowDifferences(_ number: Int) throws -> [String] {
    var aggregate = plan.aggregates[number]
    aggregate.select.text = aggregate.select.whole
    let select: BatchSelect
    do {
      select = try BatchSelect(aggregate, of: plan, events: "(SELECT * FROM \(Self.events))")
    } catch {
      return [error.reason]
    }
    let identity = ResultTable(aggregate).identity
    let columns = select.columns.filter { !identity.contains($0.name) }
    let numerics = Set(
      aggregate.shownColumns.filter { if case .numeric = $0.type { true } else { false } }.map(\.name))
    // Numerics are equal whatever their places behind the point are.
    let shown = { (name: String, source: String) in
      numerics.contains(name)
        ? "trim_scale(\(quotedIdentifier(source)))::text" : "\(quotedIdentifier(source))::text"
    }
    let sources = identity.map { name in (name, select.columns.first { $0.name == name }?.source ?? name) }
    let bounds = columns.map { $0.magnitude.map { "\(quotedIdentifier($0))::text" } ?? "NULL" }
    let names = identity + columns.map(\.name)
    let stored = try rows(
      "SELECT \(names.map { shown($0, $0) }.joined(separator: ", ")) FROM \(quotedIdentifier(aggregate.name))")
    let items = (sources + columns.map { ($0.name, $0.source) }).map(shown) + bounds
    let wanted = try rows("SELECT \(items.joined(separator: ", ")) FROM (\(select.text)) AS b")
    return Rows(aggregate: aggregate, columns: columns, keys: identity.count).differences(stored, wanted)
  }

  // MARK: Dead letters

  /// Events that are dead for the engine and not for Postgres, or the other way round, or by another error.
  private func letterDifferences() throws -> [Difference] {
    let stated = try errors()
    return trial.events.indices.compactMap { index in
      let failure = run.failures[index]
      switch (failure, stated[index]) {
      case (nil, nil): return nil
      case (let failure?, let codes?) where codes.contains(failure.code.sqlstate): return nil
      case (let failure?, _) where isDocumented(failure): return nil
      default:
        let engine = failure.map { "\($0.code.sqlstate), \($0.message)" } ?? "nothing"
        let postgres = stated[index]?.joined(separator: ", ") ?? "nothing"
        return Difference(definition: nil, text: "event \(index) fails with \(engine); of Postgres it is \(postgres)")
      }
    }
  }

  /// What docs/definitions.md says that the engine refuses and Postgres does not: infinite times and those behind the year
  /// 294246, and numbers beyond what sums hold.
  private func isDocumented(_ failure: EventFailure) -> Bool {
    failure.code == .timeOutOfRange || failure.code == .outOfRange && failure.message.contains("to be summed")
  }

  /// What each event fails with when Postgres evaluates all that the definitions want of it.
  private func errors() throws -> [Int: [String]] {
    let whole = try definitions.map { try evaluation($0, $0.evaluations) }
    let single = try definitions.flatMap { definition in
      try ([nil] + definition.evaluations).map { try evaluation(definition, $0.map { [$0] } ?? []) }
    }
    let attempts = single.map {
      "BEGIN PERFORM \($0); EXCEPTION WHEN OTHERS THEN codes := codes || (SQLSTATE || CASE WHEN SQLSTATE LIKE '42%' THEN translate(': ' || SQLERRM, ' ', '_') ELSE '' END); END;"
    }
    try connection.execute(
      """
      CREATE FUNCTION attempt("streampulse event" \(Self.events)) RETURNS text[] LANGUAGE plpgsql AS $attempt$
      #variable_conflict use_column
      DECLARE codes text[] := '{}';
      BEGIN
        \(whole.map { "PERFORM \($0);" }.joined(separator: "\n  "))
        RETURN NULL;
      EXCEPTION WHEN OTHERS THEN
        \(attempts.joined(separator: "\n  "))
        RETURN codes;
      END $attempt$
      """)
    var found: [Int: [String]] = [:]
    let result = try rows("SELECT e.number, array_to_string(attempt(e), ' ') FROM \(Self.events) AS e")
    for row in result {
      guard let number = row[0].flatMap({ Int($0) }), let codes = row[1] else { continue }
      found[number] = Set(codes.split(separator: " ").map(String.init)).sorted()
    }
    return found
  }

  /// What stands behind PERFORM to evaluate expressions of one event.
  private func evaluation(
    _ definition: RandomDefinition, _ evaluations: [RandomDefinition.Evaluation]
  ) throws -> String {
    let filter = definition.filter.map { "(\($0))" } ?? "true"
    let items =
      [filter]
      + evaluations.map { item in
        let value = "(\(item.expression)) IS NULL"
        let filtered = item.filter.map { "CASE WHEN \($0) THEN \(value) END" } ?? value
        return "CASE WHEN \(filter) THEN \(filtered) END"
      }
    let head = "SELECT \(items.joined(separator: ", ")) "
    let from = "FROM \(plan.definition.name)"
    let select = SelectText(
      text: head + from, from: head.utf8.count..<head.utf8.count + from.utf8.count,
      window: quotedPath(plan.definition.eventTime))
    let probe = AggregatePlan(
      name: "probe", comment: "", filter: nil, window: .tumble(sizeMicroseconds: 60_000_000), keys: [],
      accumulators: [],
      outputs: [], retentionMicroseconds: nil, allowedLatenessMicroseconds: 0, latePolicy: .revise, select: select)
    let batch = try BatchSelect(probe, of: plan, events: "(SELECT (\"streampulse event\").*)")
    return String(batch.text.dropFirst("SELECT ".count))
  }
}

/// The columns of an aggregate's rows, and how far their values have to agree.
private struct Rows {
  let aggregate: AggregatePlan
  let columns: [BatchSelect.Column]
  /// How many values in front of the others identify a row.
  let keys: Int

  func differences(_ stored: [[String?]], _ wanted: [[String?]]) -> [String] {
    let (left, right) = (groups(stored), groups(wanted))
    var found: [String] = []
    if left.count != stored.count { found.append("\(stored.count) rows of \(left.count) groups") }
    if right.count != wanted.count { found.append("Postgres has \(wanted.count) rows of \(right.count) groups") }
    for (key, row) in left where right[key] == nil {
      found.append("the row \(text(row[..<keys])) of \(text(row[keys...])), which Postgres has not")
    }
    for (key, wanted) in right {
      guard let row = left[key] else {
        found.append(
          "no row \(text(wanted[..<keys])), in which Postgres has \(text(wanted[keys...].prefix(columns.count)))")
        continue
      }
      for (index, column) in columns.enumerated() where column.isComparable {
        let (kept, expected) = (row[keys + index], wanted[keys + index])
        if isAlike(column, kept, expected, bound: wanted[keys + columns.count + index]) { continue }
        found.append(
          "\(column.name) of \(text(row[..<keys])) is \(kept ?? "NULL"), Postgres has \(expected ?? "NULL")")
      }
    }
    return found
  }

  /// By what identifies them, byte by byte: Swift's texts are equal when they only look alike.
  private func groups(_ rows: [[String?]]) -> [[[UInt8]?]: [String?]] {
    Dictionary(rows.map { ($0.prefix(keys).map { $0.map { Array($0.utf8) } }, $0) }) { first, _ in first }
  }

  private func text(_ values: ArraySlice<String?>) -> String {
    "(\(values.map { $0 ?? "NULL" }.joined(separator: ", ")))"
  }

  private func isAlike(_ column: BatchSelect.Column, _ kept: String?, _ wanted: String?, bound: String?) -> Bool {
    if kept.map({ Array($0.utf8) }) == wanted.map({ Array($0.utf8) }) || bound == "Infinity" { return true }
    if let kept, let wanted, kept.hasPrefix("{"), wanted.hasPrefix("{") {
      let parts = [kept, wanted].map { $0.dropFirst().dropLast().split(separator: ",").map(String.init) }
      return parts[0].count == parts[1].count
        && zip(parts[0], parts[1]).allSatisfy { isAlike(column, $0, $1, bound: bound) }
    }
    let isDouble = aggregate.shownColumns.contains { $0.name == column.name && $0.type == .doublePrecision }
    guard isDouble || column.tolerance != nil, let kept = kept.flatMap(Double.init),
      let wanted = wanted.flatMap(Double.init)
    else { return false }
    let size = max(abs(kept), abs(wanted), bound.flatMap(Double.init) ?? 0)
    return abs(kept - wanted) <= (column.tolerance ?? 1e-9) * size
  }
}

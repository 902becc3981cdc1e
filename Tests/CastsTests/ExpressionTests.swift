import Events
import Glibc
import Plan
import Postgres
import TestThreads
import Testing

@testable import Dataflow
@testable import Dialects
@testable import PostgresOracle
@testable import SQLFrontend

/// Random expressions of the whole language, read and evaluated by the engine, against a real server which is given the
/// same text. `EXPRESSIONS` sets how many, `CAST_SEED` which.
@Suite(.blocking) struct ExpressionTests {
  private static let count = getenv("EXPRESSIONS").flatMap { Int(String(cString: $0)) } ?? 25
  private static let rowsPerExpression = 40

  @Test("an expression gives what Postgres gives, value or error", arguments: SQLType.tried)
  func agrees(_ type: SQLType) throws {
    var expressions = RandomExpressions(
      seed: Comparison.seed &+ UInt64(truncatingIfNeeded: type.sqlName.utf8.count) &* 7919)
    let trial = try ExpressionTrial()
    defer { trial.close() }
    var taken = 0
    for number in 0..<Self.count {
      let text = expressions.expression(of: type, depth: 1 + number % 4)
      let rows = (0..<Self.rowsPerExpression).map { _ in
        EventColumn.all.map { expressions.random.value(for: $0) }
      }
      if try trial.run(text, rows) { taken += 1 }
    }
    #expect(taken > Self.count * 2 / 3, "the generator writes what the engine refuses")
  }
}

/// One session with a server, and the stream whose events are evaluated.
private final class ExpressionTrial {
  private let connection: PostgresConnection
  private let stream: StreamDefinition

  init() throws {
    connection = try ScratchServer.connect()
    let declared = EventColumn.all.map { "\($0.name) \($0.declaration)" }.joined(separator: ", ")
    stream = try parseStream(
      SourceFile(
        path: "s.sql",
        text: """
          CREATE FOREIGN TABLE events (\(declared)) SERVER kafka OPTIONS (topic 't', format 'json',
            event_time 'kafka.timestamp');
          """)
    ).definition
  }

  func close() { connection.close() }

  /// Whether the engine takes the expression; reports where it gives something else than the server.
  func run(_ text: String, _ rows: [[Datum?]]) throws -> Bool {
    guard let expression = try? plan(text) else { return false }
    let found = engine(expression, rows)
    let written = expression.sql { EventColumn.all[$0].name }
    // As it is written, and as the engine writes it.
    for sql in [text, written] {
      let expected = try server(sql, expression.type, rows)
      for row in rows.indices where expected[row] != found[row] && !isOutOfReach(expected[row], found[row], sql) {
        let values = zip(EventColumn.all, rows[row]).filter { column, _ in text.contains(column.name) }
          .map { "\($0.name) = \($1?.description ?? "NULL")" }
        Issue.record(
          """
          seed \(Comparison.seed): \(sql)
          over \(values.joined(separator: ", "))
          the engine has \(found[row]), Postgres has \(expected[row])
          """)
        return true
      }
    }
    return true
  }

  /// What `docs/definitions.md` says that the engine cannot hold: a numeric of more than 38 digits, a time after the year
  /// 294246, bounds of width_bucket that are too far apart.
  private func isOutOfReach(_ expected: String, _ found: String, _ sql: String) -> Bool {
    if found == "error 22003" {
      return expected.filter(\.isNumber).count > 30 || expected.hasPrefix("error") || sql.contains("width_bucket")
    }
    return found == "error 22008"
  }

  private func plan(_ text: String) throws -> Expression {
    let source = SourceText(SourceFile(path: "x.sql", text: "SELECT WHERE\n" + text))
    let statement = try PostgresParser.parseOne(source, expecting: "an expression")
    let syntax = try SyntaxReader(source: source).expression(statement.node("whereClause"))
    let columns = StreamColumns(stream, .empty)
    for column in EventColumn.all { _ = columns.use([column.name]) }
    return try ExpressionTyper(source: source, eventsOf: columns).expression(syntax)
  }

  private func engine(_ expression: Expression, _ rows: [[Datum?]]) -> [String] {
    let specs = EventColumn.all.map { ColumnSpec(path: [$0.name], type: $0.type, isNullable: true) }
    let batch = EventBatch(specs: specs, capacity: rows.count)
    let program = Program(batch: batch)
    let register = program.compile(expression)
    var results: [String] = []
    // Twice: the second time results of distinct values are remembered.
    for _ in 0..<2 {
      batch.reset(count: rows.count)
      for (row, values) in rows.enumerated() {
        for (column, value) in zip(batch.columns, values) { column.write(value, row, &batch.arena) }
      }
      program.run(batch)
      let result = program.registers[register]
      results = rows.indices.map { result.shownOrNull($0) }
      for failure in batch.failures { results[failure.row] = "error \(failure.code.sqlstate)" }
    }
    return results
  }

  private func server(_ sql: String, _ type: SQLType, _ rows: [[Datum?]]) throws -> [String] {
    let columns = EventColumn.all
    let parameters = columns.map { "\($0.name)_ \($0.type == .jsonb ? "text" : $0.type.sqlName)" }
    let values = columns.map { "\($0.name)_::\($0.type.sqlName) AS \($0.name)" }
    try connection.execute(
      """
      CREATE OR REPLACE FUNCTION pg_temp.attempt(\(parameters.joined(separator: ", "))) RETURNS text LANGUAGE plpgsql
      AS $body$
      #variable_conflict use_column
      BEGIN
        RETURN (SELECT \(type.shown("value")) FROM
                (SELECT \(sql) AS value FROM (SELECT \(values.joined(separator: ", ")) OFFSET 0) AS v OFFSET 0) AS w);
      EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE || CASE WHEN SQLSTATE LIKE '42%' THEN SQLERRM ELSE '' END;
      END $body$
      """)
    let arrays = columns.indices.map { index in
      var array = PostgresArray(columns[index].type.wireElement)
      for row in rows {
        if let value = row[index] { array.append(value) } else { array.appendNull() }
      }
      return PostgresParameter.array(array)
    }
    let names = columns.map(\.name).joined(separator: ", ")
    let sources = columns.enumerated().map { "$\($0 + 1)::\($1.type == .jsonb ? "text" : $1.type.sqlName)[]" }
    let result = try connection.query(
      """
      SELECT pg_temp.attempt(\(names)) FROM unnest(\(sources.joined(separator: ", "))) WITH ORDINALITY
        AS v (\(names), number) ORDER BY number
      """, arrays)
    return (0..<result.rowCount).map { result[$0, 0] ?? "NULL" }
  }
}

extension Column {
  fileprivate func write(_ value: Datum?, _ row: Int, _ arena: inout TextArena) {
    if let value { return write(value, row, &arena) }
    validity[row] = 0
    if type.physical == .text { texts[row] = .empty }
  }
}

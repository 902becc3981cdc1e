import Dataflow
import Events
import Glibc
import Plan
import Postgres
import Testing

@testable import Dataflow
@testable import PostgresOracle

/// What the engine makes of an expression against what a real server makes of it, value by value.
struct Comparison {
  /// How many random values are compared of each expression, beside the extreme ones: `CAST_VALUES`.
  static let count = getenv("CAST_VALUES").flatMap { Int(String(cString: $0)) } ?? 300
  /// Where the random values begin: `CAST_SEED`.
  static let seed = getenv("CAST_SEED").flatMap { UInt64(String(cString: $0)) } ?? 1
  private static let rowsPerBatch = 5000

  let name: String
  let types: [SQLType]
  let expression: Expression
  /// The same in SQL over the columns `x` and `y`.
  let sql: String
  /// Rows in which the engine may be out of the range of a time where Postgres is not.
  var mayOverflow: ([Datum]) -> Bool = { _ in false }

  /// Compares in slices, each a round trip.
  func run(_ rows: [[Datum]]) throws {
    let connection = try ScratchServer.connect()
    defer { connection.close() }
    try connection.execute(attempt)
    for start in stride(from: 0, to: rows.count, by: Comparison.rowsPerBatch) {
      let slice = Array(rows[start..<min(start + Comparison.rowsPerBatch, rows.count)])
      let expected = try server(slice, connection)
      let found = engine(slice)
      try #require(expected.count == found.count)
      for (row, values) in slice.enumerated() where expected[row] != found[row] {
        if found[row] == "error 22008", mayOverflow(values) { continue }
        Issue.record(
          """
          seed \(Comparison.seed), \(name) of \(values.map(\.description).joined(separator: ", ")): \
          the engine has \(found[row]), Postgres has \(expected[row])
          """)
      }
    }
  }

  private static let names = ["x", "y"]

  /// A function that gives the value as text, or the error's code.
  private var attempt: String {
    let parameters = zip(Comparison.names, types).map { name, type in
      "\(name)_ \(type == .jsonb ? "text" : type.sqlName)"
    }
    let values = zip(Comparison.names, types).map { name, type in "\(name)_::\(type.sqlName) AS \(name)" }
    return """
      CREATE FUNCTION pg_temp.attempt(\(parameters.joined(separator: ", "))) RETURNS text LANGUAGE plpgsql AS $body$
      BEGIN
        RETURN (SELECT \(expression.type.shown("value")) FROM
                (SELECT \(sql) AS value FROM (SELECT \(values.joined(separator: ", ")) OFFSET 0) AS v OFFSET 0) AS w);
      EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE;
      END $body$
      """
  }

  private func server(_ rows: [[Datum]], _ connection: PostgresConnection) throws -> [String] {
    let arrays = types.indices.map { index in
      var array = PostgresArray(types[index].wireElement)
      for row in rows { array.append(row[index]) }
      return PostgresParameter.array(array)
    }
    let names = Comparison.names.prefix(types.count).joined(separator: ", ")
    let sources = types.enumerated().map { "$\($0 + 1)::\($1 == .jsonb ? "text" : $1.sqlName)[]" }
    let result = try connection.query(
      """
      SELECT pg_temp.attempt(\(names)) FROM unnest(\(sources.joined(separator: ", "))) WITH ORDINALITY
        AS v (\(names), number) ORDER BY number
      """, arrays)
    return (0..<result.rowCount).map { result[$0, 0] ?? "NULL" }
  }

  private func engine(_ rows: [[Datum]]) -> [String] {
    let specs = zip(Comparison.names, types).map { ColumnSpec(path: [$0], type: $1, isNullable: true) }
    let batch = EventBatch(specs: specs, capacity: rows.count)
    let program = Program(batch: batch)
    let register = program.compile(expression)
    batch.reset(count: rows.count)
    for (row, values) in rows.enumerated() {
      for (column, value) in zip(batch.columns, values) { column.write(value, row, &batch.arena) }
    }
    program.run(batch)
    var results = rows.indices.map { program.registers[register].shownOrNull($0) }
    for failure in batch.failures { results[failure.row] = "error \(failure.code.sqlstate)" }
    return results
  }
}

extension Column {
  /// The value in the form of `SQLType.shown`, of a numeric with its point.
  func shownOrNull(_ row: Int) -> String {
    guard validity[row] == 1 else { return "NULL" }
    if case .numeric(let scale) = type { return decimalText(decimals[row], scale: scale) }
    return shown(row)
  }
}

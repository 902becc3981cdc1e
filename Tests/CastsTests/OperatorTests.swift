import Events
import Plan
import TestThreads
import Testing

@testable import PostgresOracle

/// Arithmetic and comparisons per event, against a real server.
@Suite(.blocking) struct OperatorTests {
  @Test(
    "arithmetic gives what Postgres gives, value or error", arguments: [SQLType.integer, .bigint, .doublePrecision],
    [ArithmeticOperator.add, .subtract, .multiply, .divide, .modulo])
  func arithmetic(_ type: SQLType, _ operation: ArithmeticOperator) throws {
    // Postgres has no remainder of doubles, and the planner refuses it.
    guard type != .doublePrecision || operation != .modulo else { return }
    try compare(
      .arithmetic(operation, .column(0, type), .column(1, type)), type, "x \(operation.rawValue) y")
  }

  @Test("negation gives what Postgres gives", arguments: [SQLType.integer, .bigint, .doublePrecision])
  func negation(_ type: SQLType) throws {
    var random = RandomValues(seed: Comparison.seed)
    try Comparison(name: "- \(type.sqlName)", types: [type], expression: .negate(.column(0, type)), sql: "- x")
      .run((0..<Comparison.count).map { _ in [random.value(of: type)] })
  }

  private static let ordered: [SQLType] = [
    .integer, .bigint, .numeric(scale: 3), .doublePrecision, .timestamptz, .timestamp, .date, .time,
  ]

  @Test(
    "comparisons give what Postgres gives", arguments: ordered,
    [ComparisonOperator.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual])
  func comparison(_ type: SQLType, _ comparison: ComparisonOperator) throws {
    try compare(.comparison(comparison, .column(0, type), .column(1, type)), type, "x \(comparison.rawValue) y")
  }

  @Test(
    "texts, uuids and booleans are equal where Postgres has them equal", arguments: [SQLType.text, .uuid, .boolean],
    [ComparisonOperator.equal, .notEqual])
  func equality(_ type: SQLType, _ comparison: ComparisonOperator) throws {
    try compare(.comparison(comparison, .column(0, type), .column(1, type)), type, "x \(comparison.rawValue) y")
  }

  private func compare(_ expression: Expression, _ type: SQLType, _ sql: String) throws {
    var random = RandomValues(seed: Comparison.seed)
    var rows = (0..<Comparison.count).map { _ in [random.value(of: type), random.value(of: type)] }
    for index in rows.indices where random.chance(4) { rows[index][1] = rows[index][0] }
    try Comparison(name: "\(type.sqlName): \(sql)", types: [type, type], expression: expression, sql: sql).run(rows)
  }
}

import Dialects
import Events
import Plan

/// An aggregate in Flink SQL: the view of its rows, the sink and the INSERT.
struct FlinkAggregate {
  private(set) var rows = ""
  private(set) var sink = ""
  private(set) var insert = ""
  /// Statements for Postgres, where rows go to a table of their own.
  private(set) var postgres: [String] = []
  /// What takes them back.
  private(set) var postgresBack: [String] = []
  /// The table that is written.
  let table: String
  /// Columns of reference tables that it reads.
  let lookedUp: [String: Set<Int>]
  private let plan: AggregatePlan
  /// Windows that begin before it are not written; nil: all are.
  private let boundary: Int64?
  private var expressions: FlinkExpressions

  init(_ plan: AggregatePlan, of source: FlinkSource, boundary: Int64?, findings: inout FlinkFindings) {
    self.plan = plan
    self.boundary = boundary
    expressions = FlinkExpressions(
      subject: plan.name, column: { source.column($0) }, precision: { source.precision($0) }, findings: findings)
    var lookedUp: [String: Set<Int>] = [:]
    for expression in plan.expressions { Self.collect(expression, into: &lookedUp) }
    for join in plan.joins { lookedUp[join.reference.name, default: []].formUnion(join.reference.key) }
    self.lookedUp = lookedUp
    let flat = FlinkAccumulators.canFill(plan) ? nil : FlatPlan(plan)
    table = flat?.plan.name ?? plan.tableName
    judge()
    makeRows(source)
    makeInsert(flat)
    postgres = flat?.postgresStatements(instead: plan) ?? []
    postgresBack = flat?.statementsBack(to: plan) ?? []
    findings = expressions.findings
  }

  private static func collect(_ expression: Expression, into columns: inout [String: Set<Int>]) {
    if case .lookup(let value, _) = expression { columns[value.reference, default: []].insert(value.column) }
    for child in expression.children { collect(child, into: &columns) }
  }

  /// What concerns the aggregate as a whole.
  private mutating func judge() {
    if plan.having != nil {
      _ = expressions.refuse(
        "HAVING",
        "HAVING shows groups of windows that are closed by our watermark, which stands still while Flink writes",
        "leave it out of the aggregate and write a view with WHERE")
    }
    for key in plan.keys where key.isNullable {
      _ = expressions.refuse(
        key.name, "the key \(key.name) can be NULL, which no key of an upsert can be in Flink",
        "write COALESCE(…, '') or declare the column NOT NULL")
    }
    if plan.latePolicy == .deadLetter {
      expressions.findings.remark("\(plan.name): late events are dropped by Flink, not kept as dead letters.")
    }
  }

  private var rowsName: String { "\(plan.name)_rows" }
  private func keyName(_ key: KeyColumn) -> String { FlinkText.identifier("key \(key.name)") }

  private mutating func makeRows(_ source: FlinkSource) {
    let name = FlinkText.identifier(source.name)
    var inner = ([FlinkSource.eventTime] + plan.usedColumns.sorted().map { source.column($0) }).map { "e.\($0)" }
    var from = "\(name) AS e"
    if !plan.joins.isEmpty { inner.append("PROCTIME() AS `processed at`") }
    if let unnest = plan.unnest {
      let element = FlinkText.identifier("element \(unnest.element.name)")
      if unnest.function != .unnest {
        _ = expressions.refuse(
          unnest.function.rawValue, "\(unnest.function.rawValue) has no counterpart in Flink SQL",
          "declare the column as an array, e.g. tags text[]")
      }
      from += "\n  CROSS JOIN UNNEST(\(text(unnest.array, of: "e", source))) AS u (\(element))"
      inner.append("u.\(element)")
    }
    var relation = "SELECT \(inner.joined(separator: ", "))\n  FROM \(from)"
    for (number, join) in plan.joins.enumerated() {
      let alias = "r\(number + 1)"
      let conditions = zip(join.reference.keyNames, join.keys).map { key, value in
        "\(alias).\(FlinkText.identifier(key)) = \(text(value, of: "j", source))"
      }
      let read = (lookedUp[join.reference.name] ?? []).sorted().map { index in
        let column = join.reference.columns[index].name
        return "\(alias).\(FlinkText.identifier(column)) AS \(FlinkText.identifier("\(join.alias).\(column)"))"
      }
      relation = """
        SELECT j.*, \(read.joined(separator: ", "))
          FROM (\(relation)) AS j
          LEFT JOIN \(FlinkText.identifier(FlinkReference.tableName(join.reference))) FOR SYSTEM_TIME AS OF j.`processed at` AS \(alias)
            ON \(conditions.joined(separator: " AND "))
        """
    }
    let keys = plan.keys.map { "\(expressions.text($0.expression)) AS \(keyName($0))" }
    var findings = expressions.findings
    let cell = FlinkWindow(plan, isPanes: false, rows: rowsName, keys: [], findings: &findings).cell
    var filter = plan.filter.map { "\nWHERE \(expressions.text($0))" } ?? ""
    if let boundary {
      let own = plan.filter.map { "\n  AND (\(expressions.text($0)))" } ?? ""
      filter = "\nWHERE s.\(FlinkSource.eventTime) >= TO_TIMESTAMP_LTZ(\(boundary / 1_000), 3)\(own)"
    }
    rows = """
      CREATE TEMPORARY VIEW \(FlinkText.identifier(rowsName)) AS
      SELECT \((["s.*"] + keys + [cell].compactMap { $0 }).joined(separator: ",\n  "))
      FROM (
        \(relation)
      ) AS s\(filter);
      """
  }

  /// An expression over a relation beside others that may have columns of the same names.
  private mutating func text(_ expression: Expression, of relation: String, _ source: FlinkSource) -> String {
    let column = expressions.column
    expressions.column = { "\(relation).\(source.column($0))" }
    defer { expressions.column = column }
    return expressions.text(expression)
  }

  private mutating func makeInsert(_ flat: FlatPlan?) {
    var findings = expressions.findings
    let keys = plan.keys.map(keyName)
    let isPanes = flat == nil && plan.window.isOverlapping
    let window = FlinkWindow(plan, isPanes: isPanes, rows: rowsName, keys: keys, findings: &findings)
    expressions.findings = findings
    var accumulators = FlinkAccumulators(plan: plan, expressions: expressions)
    let columns = flat?.plan.accumulators ?? plan.accumulators
    var measures: [String] = []
    for index in columns.indices {
      switch flat?.sources[index] ?? .accumulator(index) {
      case .accumulator(let index): measures.append(accumulators.state(index))
      case .result(let result): measures.append(accumulators.result(result))
      }
    }
    expressions = accumulators.expressions
    var declared = ["`window_start` STRING NOT NULL", "`window_end` STRING NOT NULL"]
    var targets = ["`window_start`", "`window_end`"]
    var values = [window.start, window.end].map { "CAST(\($0) AS STRING) || '+00'" }
    for key in plan.keys {
      declared.append("\(FlinkText.identifier(key.name)) \(typeName(key.type, key.name)) NOT NULL")
      targets.append(FlinkText.identifier(key.name))
      values.append(key.type.sinkName == key.type.flinkName() ? keyName(key) : text(of: key))
    }
    for (column, measure) in zip(columns, measures) {
      declared.append("\(FlinkText.identifier(column.column)) \(typeName(column.type, column.column))")
      targets.append(FlinkText.identifier(column.column))
      values.append(measure)
    }
    declared.append("`updated_at` STRING")
    targets.append("`updated_at`")
    values.append("CAST(CURRENT_ROW_TIMESTAMP() AS STRING) || '+00'")
    let identity = (["window_start"] + plan.keys.map(\.name)).map(FlinkText.identifier).joined(separator: ", ")
    sink = """
      CREATE TEMPORARY TABLE \(FlinkText.identifier(plan.name)) (
        \(declared.joined(separator: ",\n  ")),
        PRIMARY KEY (\(identity)) NOT ENFORCED
      ) WITH (
        'connector' = 'jdbc', 'url' = '${POSTGRES_JDBC_URL}', 'driver' = 'org.postgresql.Driver',
        'username' = '${POSTGRES_USER}', 'password' = '${POSTGRES_PASSWORD}',
        'table-name' = \(FlinkText.literal(table)),
        'sink.buffer-flush.max-rows' = '1000', 'sink.buffer-flush.interval' = '200 ms'
      );
      """
    let groups = ["window_start", "window_end"] + keys + window.pieces
    // Of windows that overlap, events behind the boundary also lie in those that began before it.
    let late = boundary.map {
      "\nWHERE window_start >= CAST(TO_TIMESTAMP_LTZ(\($0 / 1_000), 3) AS TIMESTAMP(3))"
    }
    let closed = plan.window.isOverlapping && !isPanes ? late ?? "" : ""
    insert = """
      INSERT INTO \(FlinkText.identifier(plan.name)) (\(targets.joined(separator: ", ")))
      SELECT
        \(values.joined(separator: ",\n  "))
      FROM TABLE(\(window.call))\(closed)
      GROUP BY \(groups.joined(separator: ", "));
      """
  }

  private mutating func typeName(_ type: SQLType, _ column: String) -> String {
    if let name = type.sinkName, type.element == nil { return name }
    return expressions.refuse(
      column, "a column of the type \(type.shortName) cannot be written by Flink",
      "leave the aggregate out with --without \(plan.name)")
  }

  /// A key that is a time, as Postgres reads it.
  private func text(of key: KeyColumn) -> String {
    "CAST(\(keyName(key)) AS STRING)" + (key.type == .timestamptz ? " || '+00'" : "")
  }
}

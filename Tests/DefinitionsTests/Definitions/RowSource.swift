import Events
import Plan

@testable import Dataflow
@testable import PostgresOracle
@testable import SQLFrontend

/// What FROM gives a definition: columns under the names that expressions have for them, and the rows of a trial's events.
struct RowSource {
  struct Column {
    /// As expressions have it; `name` is the path as SQL writes it.
    var column: EventColumn
    var path: [String]
    var isNullable: Bool
    /// As of `StreamColumn`.
    var isTame: Bool
  }

  var columns: [Column]
  /// In the order of the columns. Of rows of events the first value is the event time.
  var rows: [[Datum?]]

  /// The events as they are.
  init(_ stream: RandomStream, _ events: [RandomEvent]) {
    columns = stream.columns.map {
      Column(column: $0.column, path: $0.path, isNullable: $0.isNullable, isTame: $0.isTame)
    }
    rows = events.map(\.values)
  }

  init(columns: [Column], rows: [[Datum?]]) {
    self.columns = columns
    self.rows = rows
  }
}

/// What expressions come to over rows, in the engine.
struct Evaluation {
  private let source: RowSource
  private let columns: StreamColumns
  private let batch: EventBatch

  init(_ source: RowSource) {
    self.source = source
    let definition = StreamDefinition(
      name: "", topic: "", format: .csv, columns: [], eventTime: [], outOfOrdernessMicroseconds: 0,
      idleTimeoutMicroseconds: 0, maxAheadMicroseconds: 0, deadLetterTopic: nil)
    columns = StreamColumns(
      definition,
      SchemaFields(paths: source.columns.map(\.path), hidesMetadata: true) { path in
        source.columns.first { $0.path == path }.map {
          FieldDescription(type: $0.column.type, isNullable: $0.isNullable, comment: "")
        }
      })
    for column in source.columns { _ = columns.use(column.path) }
    let specs = source.columns.map { ColumnSpec(path: $0.path, type: $0.column.type, isNullable: $0.isNullable) }
    batch = EventBatch(specs: specs, capacity: max(source.rows.count, 1))
  }

  /// nil for one that the engine refuses, or that fails for more rows than `most`.
  func judge(_ text: String, most: Int) -> PooledExpression? {
    run(text, most: most) { type, result, rows in
      PooledExpression(
        text: text, type: type,
        trueCount: type == .boolean ? rows.count { result.booleans[$0] == 1 } : 0,
        isDaring: !batch.failures.isEmpty,
        isSummable: type.isNumber && rows.allSatisfy { isSummable(result, $0) },
        isTame: false)
    }
  }

  /// The value for each row; nil where the expression fails for any.
  func values(of text: String) -> [Datum?]? {
    run(text, most: 0) { _, result, _ in source.rows.indices.map { Datum(result, $0) } }
  }

  private func run<Result>(
    _ text: String, most: Int, _ body: (_ type: SQLType, _ result: Column, _ present: [Int]) -> Result
  ) -> Result? {
    guard let expression = try? plan(text) else { return nil }
    let program = Program(batch: batch)
    let register = program.compile(expression)
    batch.reset(count: source.rows.count)
    for (row, values) in source.rows.enumerated() {
      for (column, value) in zip(batch.columns, values) { column.write(value, row, &batch.arena) }
    }
    program.run(batch)
    guard batch.failures.count <= most else { return nil }
    let result = program.registers[register]
    let present = source.rows.indices.filter { batch.live[$0] == 1 && result.validity[$0] == 1 }
    return body(expression.type, result, present)
  }

  private func isSummable(_ column: Column, _ row: Int) -> Bool {
    switch column.type.physical {
    case .double: column.doubles[row] == 0 || (1e-60...1e60).contains(column.doubles[row].magnitude)
    case .decimal: column.decimals[row].magnitude < 1_000_000_000_000_000_000_000
    default: true
    }
  }

  private func plan(_ text: String) throws -> Expression {
    let source = SourceText(SourceFile(path: "x.sql", text: "SELECT WHERE\n" + text))
    let statement = try PostgresParser.parseOne(source, expecting: "an expression")
    let syntax = try SyntaxReader(source: source).expression(statement.node("whereClause"))
    return try ExpressionTyper(source: source, eventsOf: columns).expression(syntax)
  }
}

extension Column {
  func write(_ value: Datum?, _ row: Int, _ arena: inout TextArena) {
    if let value { return write(value, row, &arena) }
    validity[row] = 0
    if type.physical == .text { texts[row] = .empty }
  }
}

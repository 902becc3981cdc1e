import Events
import Plan

@testable import Dataflow
@testable import PostgresOracle
@testable import SQLFrontend

/// An expression that definitions of one stream may use, with what it comes to over the stream's events.
struct PooledExpression {
  var text: String
  var type: SQLType
  /// Of a boolean, for how many events it is true.
  var trueCount: Int
  /// Whether it fails for some event, but for few enough that the others are worth counting.
  var isDaring: Bool
  /// Whether sums of its values are taken, and stay in range: see docs/definitions.md on what is summed.
  var isSummable: Bool
  /// Whether what is computed of its sums is exact, and in range.
  var isTame: Bool
}

/// Expressions that the engine takes, by type.
///
/// One in five fails for some events; the others for none, since an event that is dead for one definition is dead for all.
struct ExpressionPool {
  private(set) var all: [PooledExpression] = []
  private let eventCount: Int

  static let types = SQLType.tried + [.uuid]

  init(_ stream: RandomStream, _ parsed: ParsedStream, _ events: [RandomEvent], _ random: inout RandomValues) {
    eventCount = events.count
    let evaluation = Evaluation(stream, parsed, events)
    for column in stream.columns {
      guard var plain = evaluation.judge(column.column.name, most: 0) else { continue }
      plain.isTame = column.isTame
      all.append(plain)
    }
    var expressions = RandomExpressions(seed: random.next(), over: stream.columns.map(\.column))
    var daring = 0
    for type in Self.types {
      for number in 0..<4 {
        let text = expressions.expression(of: type, depth: number % 3)
        let most = daring < 2 ? events.count / 12 : 0
        guard !all.contains(where: { $0.text == text }), let judged = evaluation.judge(text, most: most) else {
          continue
        }
        if judged.isDaring { daring += 1 }
        all.append(judged)
      }
    }
  }

  func pick(
    _ random: inout RandomValues, where isWanted: (PooledExpression) -> Bool = { _ in true }
  ) -> PooledExpression? {
    let wanted = all.filter(isWanted)
    return wanted.isEmpty ? nil : random.pick(wanted)
  }

  /// One that is true for a good part of the events.
  func condition(_ random: inout RandomValues) -> String? {
    let found = pick(&random) { $0.type == .boolean && (eventCount / 3...eventCount).contains($0.trueCount) }
    // Of a WHERE Postgres tries the parts in the order of their costs, and not in theirs.
    return found.map { $0.text.contains(" AND ") || $0.text.contains("NOT ") ? "\($0.text) IS TRUE" : $0.text }
  }
}

/// What expressions come to over events, in the engine.
private struct Evaluation {
  private let stream: RandomStream
  private let columns: StreamColumns
  private let batch: EventBatch
  private let events: [RandomEvent]

  init(_ stream: RandomStream, _ parsed: ParsedStream, _ events: [RandomEvent]) {
    self.stream = stream
    self.events = events
    columns = StreamColumns(parsed.definition, stream.fields)
    for column in stream.columns { _ = columns.use(column.path) }
    let specs = stream.columns.map { ColumnSpec(path: $0.path, type: $0.column.type, isNullable: $0.isNullable) }
    batch = EventBatch(specs: specs, capacity: events.count)
  }

  /// nil for one that the engine refuses, or that fails for more events than `most`.
  func judge(_ text: String, most: Int) -> PooledExpression? {
    guard let expression = try? plan(text) else { return nil }
    let program = Program(batch: batch)
    let register = program.compile(expression)
    batch.reset(count: events.count)
    for (row, event) in events.enumerated() {
      for (column, value) in zip(batch.columns, event.values) { column.write(value, row, &batch.arena) }
    }
    program.run(batch)
    guard batch.failures.count <= most else { return nil }
    let result = program.registers[register]
    let present = (0..<events.count).filter { batch.live[$0] == 1 && result.validity[$0] == 1 }
    return PooledExpression(
      text: text, type: expression.type,
      trueCount: expression.type == .boolean ? present.count { result.booleans[$0] == 1 } : 0,
      isDaring: !batch.failures.isEmpty,
      isSummable: expression.type.isNumber && present.allSatisfy { isSummable(result, $0) },
      isTame: false)
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

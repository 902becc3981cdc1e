import Dialects
import Events
import Plan

@testable import PostgresOracle
@testable import SQLFrontend

/// Definitions over the rows of other definitions.
extension DefinitionGenerator {
  private static let mostLevels = 3

  /// nil where no definition so far can be read.
  mutating func cascade(named name: String, over earlier: [RandomDefinition]) -> RandomDefinition? {
    let candidates = earlier.filter { first in
      first.canFeed && earlier.feeders(of: first).count + 1 < Self.mostLevels && readings[first.name] != nil
    }
    guard !candidates.isEmpty else { return nil }
    let first = random.pick(candidates)
    guard let plan = plan(of: first, earlier), let rows = readings[first.name] else { return nil }
    let keys = first.keys.filter { $0.mention != .unselected }
    let level = earlier.feeders(of: first).count
    guard let reading = reading(rowsOf: first, keys, rows, plan) else { return nil }
    read(reading)
    guard let window = WindowFeature.window(over: first.window, &self) else { return nil }
    var definition = RandomDefinition(name: name, from: reading.from, window: window)
    let results = CascadeResult.all.filter { result in
      result.isOfKeys ? !reading.source.columns.isEmpty : !plan.results(of: result.functions).isEmpty
    }
    guard !results.isEmpty else { return nil }
    complete(&definition, with: ClauseFeature.all.filter(\.isForCascades)) { generator in
      generator.random.pick(results).result(&generator, plan)
    }
    for index in definition.keys.indices { definition.keys[index].name = "\(["g", "h"][level])\(index + 1)" }
    if random.chance(3), let count = plan.results(of: [.count]).first {
      definition.having = RandomDefinition.Result(
        call: "sum(\(count.name)) \(pick(["> 1", "< 4", "= 2", "IS NOT NULL"]))", filter: nil, arguments: [])
    }
    return definition
  }

  private func plan(of first: RandomDefinition, _ earlier: [RandomDefinition]) -> AggregatePlan? {
    let files = (earlier.feeders(of: first) + [first]).map { SourceFile(path: $0.name, text: $0.text) }
    let plan = try? planStream(
      parsed, references: parseReferences(references.map { SourceFile(path: $0.name, text: $0.text) }),
      aggregates: files, fields: stream.fields)
    return plan?.aggregates.first { $0.name == first.name }
  }

  /// - Parameter rows: what the first one reads, of which its keys are made.
  private mutating func reading(
    rowsOf first: RandomDefinition, _ keys: [RandomDefinition.Key], _ rows: RowSource, _ plan: AggregatePlan
  ) -> Reading? {
    let evaluation = Evaluation(rows)
    var columns: [RowSource.Column] = []
    var values: [[Datum?]] = []
    var from = FromClause(relation: first.name)
    for key in keys {
      // Postgres may ask a condition on a key before it joins: of events, too, that the first one has no row of.
      guard !key.isDaring, let found = evaluation.values(of: key.expression),
        let column = plan.keys.first(where: { $0.name == key.name })
      else { continue }
      columns.append(
        RowSource.Column(
          column: EventColumn(key.name, column.type), path: [key.name], isNullable: column.isNullable, isTame: false))
      values.append(found)
      from.keys.append(key)
    }
    let source = RowSource(columns: columns, rows: rows.rows.indices.map { row in values.map { $0[row] } })
    return Reading(
      from: from, source: source, pool: ExpressionPool(source, added: columns.count, &random),
      eventTime: "window_start", isOfEvents: false)
  }
}

extension [RandomDefinition] {
  /// The definitions by way of which one is fed, the one in its FROM first.
  func feeders(of definition: RandomDefinition) -> [RandomDefinition] {
    guard let first = first(where: { $0.name == definition.from.relation }) else { return [] }
    return [first] + feeders(of: first)
  }
}

extension RandomDefinition {
  /// Whether something can be made of its rows.
  fileprivate var canFeed: Bool {
    window.function == "tumble" && having == nil && from.unnest == nil && lateness.revises
  }
}

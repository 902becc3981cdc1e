import Plan
import SQLQuoting

@testable import Dialects

/// Statements over single events, as rows of FROM.
extension TrialComparison {
  /// What a statement over an event calls it.
  static let event = quotedIdentifier("streampulse event")
  static let oneEvent = "(SELECT (\(event)).*)"

  /// A definition's FROM as Postgres runs it.
  ///
  /// - Parameter events: a relation in parentheses, like the table of all events.
  func fromText(_ number: Int, of events: String) throws -> String {
    // Of sessions, too, rows are events.
    let probe = AggregatePlan(
      name: "probe", comment: "", filter: nil, window: .tumble(sizeMicroseconds: 60_000_000), keys: [],
      accumulators: [], outputs: [], retentionMicroseconds: nil, allowedLatenessMicroseconds: 0, latePolicy: .revise,
      select: SelectText(text: "", from: 0..<0, window: ""))
    let relation = try BatchRows(of: probe, plan, events: events).relation
    let tables = plan.aggregates[number].joins.map { $0.relation(of: plan) }
    return fromText(definitions[number], relation, tables)
  }

  private func fromText(_ definition: RandomDefinition, _ relation: String, _ tables: [String]) -> String {
    guard let first = trial.feeders(of: definition).first else { return definition.from.text(relation, tables) }
    // The keys of the events that the first one lets pass.
    let keys = definition.from.keys.map { "(\($0.expression)) AS \(quotedIdentifier($0.name))" }
    let condition = first.condition.map { " WHERE \($0)" } ?? ""
    return """
      FROM (SELECT \(keys.joined(separator: ", ")) \(fromText(first, relation, tables))\(condition) OFFSET 0) AS \(first.name)
      """
  }

  // MARK: What is late, and the ledger

  /// Whether an event of a table of that name is late for a definition; nil: none ever is.
  func isLate(_ number: Int, _ event: String) -> String? {
    let definition = definitions[number]
    return definition.isLate(
      "\(event).\(BatchSelect.eventColumn(plan.eventTimeColumn))", by: "\(event).watermark",
      feeders: trial.feeders(of: definition))
  }

  /// What the engine counts of the events, other than Postgres has it.
  func ledgerDifferences(_ number: Int) throws -> [String] {
    let condition = definitions[number].condition.map { " WHERE \($0)" } ?? ""
    let late = isLate(number, Self.event).map { "coalesce(\($0), false)" } ?? "false"
    let counted = try rows(
      """
      SELECT count(*) FILTER (WHERE n > 0 AND NOT late), count(*) FILTER (WHERE n = 0), count(*) FILTER (WHERE n > 0 AND late),
        coalesce(sum(n) FILTER (WHERE NOT late), 0),
        string_agg(number::text, ' ' ORDER BY number) FILTER (WHERE n > 0 AND late)
      FROM (SELECT number, \(late) AS late, (SELECT count(*) \(try fromText(number, of: Self.oneEvent))\(condition)) AS n
            FROM \(Self.events) AS \(Self.event)) AS counted
      """)
    let isDead = definitions[number].lateness.policy == "dead_letter"
    let (counts, events) = (run.counts[number], run.lateEvents[number].sorted().map(String.init).joined(separator: " "))
    let isUnnested = definitions[number].from.unnest != nil
    let own = [
      counts.aggregated, counts.filtered, counts.late + counts.dead, isUnnested ? counts.rows : counts.aggregated,
    ]
    let wanted = counted[0].prefix(4).map { $0.flatMap { Int($0) } ?? 0 }
    var found: [String] = []
    if own != wanted { found.append("aggregated, filtered, late events, and rows are \(own), of Postgres \(wanted)") }
    if isDead ? counts.late > 0 : counts.dead > 0 { found.append("late events are counted as \(counts)") }
    let letters = isDead ? counted[0][4] ?? "" : ""
    if events != letters { found.append("late letters are the events \(events), of Postgres \(letters)") }
    return found
  }
}

import Plan
import Postgres
import SQLQuoting

/// Asks the aggregates of a stream which of their keys moved when an alert was raised: what explains most of the change is
/// its probable cause.
///
/// Numbers of events can be compared, whatever they are grouped by: the watched aggregate says which of its counts moved
/// most, and each other aggregate that has the same count says which key has how large a share of that.
struct CauseSearch {
  /// What is usual, is the mean of so many windows before.
  private static let usualWindows: Int64 = 10
  /// Less of a change is no explanation.
  private static let leastShare = 0.5
  /// So much more than its usual share has a key that explains something.
  private static let leastGain = 0.2
  /// A count that moves by fewer standard deviations (of events that come by chance) has not moved.
  private static let leastMove = 4.0
  /// Most columns that are looked at.
  private static let mostColumns = 16

  private let connection: PostgresConnection
  private let aggregates: [AggregatePlan]

  /// - Parameter aggregates: of the stream.
  init(_ connection: PostgresConnection, _ aggregates: [AggregatePlan]) {
    self.connection = connection
    self.aggregates = aggregates
  }

  /// A count that an aggregate has of the events for which some conditions hold.
  private struct Count {
    var column: String
    var conditions: Set<Expression>
  }

  private struct Explanation {
    var text: String
    var gain: Double
  }

  /// - Parameters:
  ///   - key: of the alert, as a JSON object; nil: several, and the change is that of all together.
  ///   - window: the one that made it be raised, in microseconds since 1970.
  /// - Returns: a sentence; nil: nothing explains it.
  func cause(of alert: AlertPlan, key: String?, window: Range<Int64>) throws(PostgresError) -> String? {
    let watched = alert.watched
    guard isComparable(watched) else { return nil }
    let about = key.map { (json: $0, names: alert.keys) }
    guard let (moved, isRise) = try mostMoved(watched, about, window) else { return nil }
    var best: Explanation?
    var looked = 0
    for aggregate in aggregates where isComparable(aggregate) && aggregate.window == watched.window {
      guard let count = counts(aggregate).first(where: { $0.conditions == moved.conditions }) else { continue }
      // What the alert is about explains nothing.
      for column in aggregate.keys where !alert.keys.contains(column.name) && looked < Self.mostColumns {
        looked += 1
        let found = try share(
          of: column.name, in: aggregate, count.column, called: moved.column, about, window, isRise: isRise)
        if let found, found.gain > best?.gain ?? 0 { best = found }
      }
    }
    return best?.text
  }

  /// Whether its rows are numbers of events in windows that do not overlap.
  private func isComparable(_ aggregate: AggregatePlan) -> Bool {
    guard aggregate.window.isRegular, !aggregate.window.isOverlapping else { return false }
    return aggregate.unnest == nil && aggregate.joins.isEmpty && !counts(aggregate).isEmpty
  }

  private func counts(_ aggregate: AggregatePlan) -> [Count] {
    aggregate.accumulators.filter { $0.function == .count && $0.argument == nil }.map {
      Count(column: $0.column, conditions: Set([aggregate.filter, $0.filter].compactMap { $0 }))
    }
  }

  /// Rows of the window and of those before it, of the alert's key as far as the aggregate has it.
  private func rows(
    _ aggregate: AggregatePlan, _ about: (json: String, names: [String])?, _ window: Range<Int64>
  ) -> (text: String, parameters: [PostgresParameter]) {
    let length = window.upperBound - window.lowerBound
    let shared = aggregate.keys.map(\.name).filter { about?.names.contains($0) == true }
    let conditions = shared.map {
      "AND to_jsonb(\(quotedIdentifier($0))) = $4::jsonb -> \(quotedLiteral($0))"
    }
    let text = """
      FROM \(quotedIdentifier(aggregate.tableName))
      WHERE window_start >= $1::timestamptz AND window_start < $3::timestamptz AND $2::timestamptz IS NOT NULL
        AND $4::jsonb IS NOT NULL \(conditions.joined(separator: " "))
      """
    return (
      text,
      [
        .timestamptz(microseconds: window.lowerBound - Self.usualWindows * length),
        .timestamptz(microseconds: window.lowerBound), .timestamptz(microseconds: window.upperBound),
        .jsonb(about?.json ?? "{}"),
      ]
    )
  }

  private func now(_ column: String) -> String {
    "coalesce(sum(\(quotedIdentifier(column))) FILTER (WHERE window_start >= $2::timestamptz), 0)::double precision"
  }

  private func usual(_ column: String) -> String {
    "coalesce(sum(\(quotedIdentifier(column))) FILTER (WHERE window_start < $2::timestamptz), 0)::double precision"
      + " / \(Self.usualWindows)"
  }

  /// The count that is furthest from what is usual.
  private func mostMoved(
    _ aggregate: AggregatePlan, _ about: (json: String, names: [String])?, _ window: Range<Int64>
  ) throws(PostgresError) -> (Count, isRise: Bool)? {
    let counts = counts(aggregate)
    let source = rows(aggregate, about, window)
    let columns = counts.flatMap { [now($0.column), usual($0.column)] }
    let result = try connection.query("SELECT \(columns.joined(separator: ", ")) \(source.text)", source.parameters)
    var best: (count: Count, move: Double)?
    for (index, count) in counts.enumerated() {
      guard let now = result.double(0, 2 * index), let usual = result.double(0, 2 * index + 1) else { continue }
      let move = (now - usual) / max(usual, 1).squareRoot()
      if abs(move) >= Self.leastMove, abs(move) > abs(best?.move ?? 0) { best = (count, move) }
    }
    return best.map { ($0.count, $0.move > 0) }
  }

  /// What one of the values of a key explains, the most of them.
  private func share(
    of key: String, in aggregate: AggregatePlan, _ column: String, called name: String,
    _ about: (json: String, names: [String])?, _ window: Range<Int64>, isRise: Bool
  ) throws(PostgresError) -> Explanation? {
    let source = rows(aggregate, about, window)
    let sign = isRise ? "" : "-"
    let result = try connection.query(
      """
      WITH moved AS (
        SELECT \(quotedIdentifier(key))::text AS name, \(now(column)) AS now, \(usual(column)) AS usual
        \(source.text) GROUP BY 1)
      SELECT name, now, usual,
             greatest(\(sign)(now - usual), 0) / nullif(sum(greatest(\(sign)(now - usual), 0)) OVER (), 0) AS share,
             coalesce(usual / nullif(sum(usual) OVER (), 0), 0), count(*) OVER ()
      FROM moved ORDER BY share DESC NULLS LAST, name LIMIT 1
      """, source.parameters)
    guard result.rowCount == 1, let now = result.double(0, 1), let usual = result.double(0, 2),
      let share = result.double(0, 3), let former = result.double(0, 4), result.integer(0, 5) ?? 0 > 1,
      share >= Self.leastShare, share - former >= Self.leastGain
    else { return nil }
    let text = MessageTemplate(
      pieces: [
        .value(name: "share", format: .percent), .text(" of the \(isRise ? "rise" : "fall") of \(name) is \(key)="),
        .value(name: "name", format: .plain), .text(" ("), .value(name: "now", format: .plain), .text(", usually "),
        .value(name: "usual", format: .plain), .text(")"),
      ]
    ).render([
      "share": .number(share), "name": .text(result[0, 0] ?? "NULL"), "now": .number(now), "usual": .number(usual),
    ])
    return Explanation(text: text, gain: share - former)
  }
}

import Plan
import SQLQuoting

/// What a batch's SELECT reads: the events, or the rows that the same batch makes of them for another aggregate.
struct BatchRows {
  /// The relation in FROM, under the name that the definition has for it.
  let relation: String
  /// The plan as its definition reads the relation.
  let plan: AggregatePlan
  /// What the relation calls a column of the plan's expressions.
  let columnName: (Int) -> String
  /// Columns of the relation that bound how far floating-point sums in it may be off, by the sums' columns.
  private let magnitudes: [Int: String]

  /// What the relation of events calls the beginning of an event's session.
  static let sessionStart = "streampulse session"

  init(of plan: AggregatePlan, _ stream: StreamPlan, events: String) throws(BatchSelectError) {
    guard case .cascade(let cascade) = plan.source else {
      self.plan = plan
      relation = try relations(of: stream, events: withSessions(plan, of: stream, events), plan.window)
      columnName = { quotedPath(stream.columns[$0].path) }
      magnitudes = [:]
      return
    }
    let first = try BatchSelect(cascade.first, of: stream, events: events)
    var items: [String] = []
    var magnitudes: [Int: String] = [:]
    for (index, column) in first.columns.enumerated() {
      items.append("\(quotedIdentifier(column.source)) AS \(quotedIdentifier(column.name))")
      guard let magnitude = column.magnitude, let used = cascade.columns.firstIndex(of: column.name) else { continue }
      // Carried along under a name that no definition has.
      let hidden = quotedIdentifier("streampulse magnitude \(index)")
      items.append("\(quotedIdentifier(magnitude)) AS \(hidden)")
      magnitudes[used] = hidden
    }
    relation =
      "(SELECT \(items.joined(separator: ", ")) FROM (\n\(first.text)\n) AS batch) AS "
      + quotedIdentifier(cascade.first.name)
    columnName = { quotedIdentifier(cascade.columns[$0]) }
    self.magnitudes = magnitudes
    var written = plan
    for (index, key) in cascade.keys.enumerated() { written.keys[index].expression = key }
    written.accumulators = cascade.accumulators
    self.plan = written
  }

  /// What bounds how far a floating-point state may be off for the order in which its values came.
  func magnitude(_ accumulator: AccumulatorPlan) -> String? {
    if case .column(let column, _)? = accumulator.argument, let magnitude = magnitudes[column] {
      return accumulator.sum(of: magnitude, columnName)
    }
    return accumulator.magnitude(columnName)
  }
}

/// The events that WHERE lets pass, each with the beginning of its session: the events of its group decide.
private func withSessions(_ plan: AggregatePlan, of stream: StreamPlan, _ events: String) -> String {
  guard let arguments = plan.window.sessionArgumentsSQL else { return events }
  let column = { (index: Int) in "e.\(BatchSelect.eventColumn(index))" }
  let time = column(stream.eventTimeColumn)
  let keys = plan.keys.map { $0.expression.sql(column) }
  let partition = keys.isEmpty ? "" : "PARTITION BY \(keys.joined(separator: ", ")) "
  let filter = plan.filter.map { " WHERE \($0.sql(column))" } ?? ""
  return """
    (SELECT e.*, session(\(time), \(arguments)) OVER (\(partition)ORDER BY \(time)) AS \(quotedIdentifier(BatchRows.sessionStart))
     FROM \(events) AS e\(filter))
    """
}

/// A path names a column of the stream, or one of a record of it: each such record becomes a relation beside the stream's.
private func relations(
  of stream: StreamPlan, events: String, _ window: WindowAssigner
) throws(BatchSelectError) -> String {
  let name = quotedIdentifier(stream.definition.name)
  var own = window.isSession ? [quotedIdentifier(BatchRows.sessionStart)] : []
  var records: [(name: String, columns: [String])] = []
  for (index, column) in stream.columns.enumerated() {
    let event = BatchSelect.eventColumn(index)
    guard let last = column.path.last, column.path.count <= 2 else {
      throw BatchSelectError(reason: "\(quotedPath(column.path)) is no path that Postgres reads as a column")
    }
    guard column.path.count == 2 else {
      own.append("\(event) AS \(quotedIdentifier(last))")
      continue
    }
    // Carried along under a name that no definition has.
    let hidden = quotedIdentifier("streampulse \(event)")
    own.append("\(event) AS \(hidden)")
    let item = "\(name).\(hidden) AS \(quotedIdentifier(last))"
    if let record = records.firstIndex(where: { $0.name == column.path[0] }) {
      records[record].columns.append(item)
    } else {
      records.append((column.path[0], [item]))
    }
  }
  let laterals = records.map { record in
    "\n  CROSS JOIN LATERAL (SELECT \(record.columns.joined(separator: ", "))) AS \(quotedIdentifier(record.name))"
  }
  return "(SELECT \(own.joined(separator: ", ")) FROM \(events) AS events) AS \(name)" + laterals.joined()
}

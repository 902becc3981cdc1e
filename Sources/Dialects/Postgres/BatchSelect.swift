import Events
import Plan
import SQLQuoting

/// A definition's own SELECT as Postgres runs it over a table of events, to judge the rows that the engine keeps.
///
/// The text stays as it was written, with two insertions: what else a row of the result table holds (the window, keys and
/// parts that the SELECT list does not name), and the relations that its field paths name.
public struct BatchSelect: Sendable {
  /// How the aggregate's columns are called in what the statement returns.
  public struct Column: Hashable, Sendable {
    public var name: String
    /// The column of the statement's result.
    public var source: String
    /// The column of the result that bounds how far a floating-point result may be off, e.g. of a sum: the sum of the
    /// absolute values.
    public var magnitude: String?
    /// How far an estimate may be off, relative to what Postgres computes exactly; nil: it is no estimate.
    public var tolerance: Double?
    /// Whether it can be compared: not an expression over estimates, since their errors may grow in it.
    public var isComparable = true
  }

  /// Everything but `updated_at` that the aggregate shows, in its order.
  public let columns: [Column]
  public let text: String

  /// - Parameters:
  ///   - events: a relation in parentheses with a column for each of the stream's, named by `eventColumn`.
  ///   - Throws: for a definition whose text cannot be run over a table, with the reason.
  public init(_ plan: AggregatePlan, of stream: StreamPlan, events: String) throws(BatchSelectError) {
    let window = plan.select.window
    var extras = Extras()
    let columnName: (Int) -> String = { quotedPath(stream.columns[$0].path) }
    let selected = Dictionary(plan.outputs.map { ($0.source, $0.name) }) { first, _ in first }
    let windowStart = extras.add(window)
    columns = plan.shownColumns.compactMap { column in
      switch column.role {
      case .key(let index):
        let source = selected[.key(index)] ?? extras.add(plan.keys[index].expression.sql(columnName))
        return Column(name: column.name, source: source)
      case .windowStart: return Column(name: column.name, source: windowStart)
      case .windowEnd: return Column(name: column.name, source: extras.add(plan.window.endSQL(from: window)))
      case .accumulator(let index):
        let accumulator = plan.accumulators[index]
        let source = selected[.accumulator(index)] ?? extras.add(accumulator.call(columnName))
        return Column(
          name: column.name, source: source, magnitude: accumulator.magnitude(columnName).map { extras.add($0) })
      case .generated:
        let derived = plan.outputs.lazy.compactMap { output in
          if case .derived(let derived) = output.source, derived.name == column.name { derived } else { nil }
        }.first
        return Column(name: column.name, source: column.name).judged(derived, in: plan, columnName, &extras)
      case .updatedAt: return nil
      }
    }
    let bytes = Array(plan.select.text.utf8)
    let from = plan.select.from.clamped(to: 0..<bytes.count)
    text =
      String(decoding: bytes[..<from.lowerBound], as: UTF8.self) + extras.list + " FROM "
      + (try relations(of: stream, events: events)) + Self.joined(plan, of: stream, bytes, from: from.upperBound)
  }

  /// What the relation of events calls the stream's column.
  public static func eventColumn(_ index: Int) -> String { "c\(index)" }
}

public struct BatchSelectError: Error {
  public var reason: String
}

/// Columns behind the definition's own, under names that no definition has.
struct Extras {
  private var items: [String] = []

  mutating func add(_ sql: String) -> String {
    items.append(sql)
    return "streampulse \(items.count)"
  }

  var list: String {
    items.enumerated().map { ",\n  \($1) AS \(quotedIdentifier("streampulse \($0 + 1)"))" }.joined()
  }
}

/// A path names a column of the stream, or one of a record of it: each such record becomes a relation beside the stream's.
private func relations(of stream: StreamPlan, events: String) throws(BatchSelectError) -> String {
  let name = quotedIdentifier(stream.definition.name)
  var own: [String] = []
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

import Events
import Plan
import SQLQuoting

/// A definition's own SELECT as Postgres runs it over a table of events, to judge the rows that the engine keeps.
///
/// The text stays as it was written, with two insertions: what else a row of the result table holds (the window, keys and
/// parts that the SELECT list does not name), and the relations that its field paths name. A session is no function of an
/// event alone: the relation of events says of each where its session begins, and that stands for the calls of `session`.
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
    /// The boolean column of the result that says of a row whether it must be what Postgres computes; nil: each must.
    public var exactness: String?
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
    let window = plan.window.isSession ? quotedIdentifier(BatchRows.sessionStart) : plan.select.window
    var extras = Extras()
    let rows = try BatchRows(of: plan, stream, events: events)
    let (plan, columnName) = (rows.plan, rows.columnName)
    let selected = Dictionary(plan.outputs.map { ($0.source, $0.name) }) { first, _ in first }
    let windowStart = extras.add(window)
    columns = plan.shownColumns.compactMap { column in
      switch column.role {
      case .key(let index):
        let source = selected[.key(index)] ?? extras.add(plan.keys[index].expression.sql(columnName))
        return Column(name: column.name, source: source)
      case .windowStart: return Column(name: column.name, source: windowStart)
      case .windowEnd:
        let end = plan.window.sessionEndSQL(after: "max(\(columnName(stream.eventTimeColumn)))")
        return Column(name: column.name, source: extras.add(end ?? plan.window.endSQL(from: window)))
      case .accumulator(let index):
        let accumulator = plan.accumulators[index]
        let source = selected[.accumulator(index)] ?? extras.add(accumulator.call(columnName))
        return Column(
          name: column.name, source: source, magnitude: rows.magnitude(accumulator).map { extras.add($0) })
      case .generated where plan.window.isSession && selected[.windowStart] == column.name:
        // Where the calls are replaced, the item need not have its name.
        return Column(name: column.name, source: windowStart)
      case .generated:
        let derived = plan.outputs.lazy.compactMap { output in
          if case .derived(let derived) = output.source, derived.name == column.name { derived } else { nil }
        }.first
        return Column(name: column.name, source: column.name).judged(derived, in: plan, columnName, &extras)
      case .updatedAt: return nil
      }
    }
    var replacements = [(range: plan.select.from, text: "\(extras.list) FROM \(rows.relation)")]
    if plan.window.isSession { replacements += plan.select.windowCalls.map { ($0, window) } }
    replacements += zip(plan.select.joins, plan.joins).map { ($0, $1.relation(of: stream)) }
    text = replacing(replacements.sorted { $0.range.lowerBound < $1.range.lowerBound }, in: plan.select.text)
  }

  /// What the relation of events calls the stream's column.
  public static func eventColumn(_ index: Int) -> String { "c\(index)" }
}

public struct BatchSelectError: Error {
  public var reason: String
}

/// - Parameter replacements: in the order of their ranges, which count bytes of the text's UTF-8.
private func replacing(_ replacements: [(range: Range<Int>, text: String)], in text: String) -> String {
  let bytes = Array(text.utf8)
  var result = ""
  var end = 0
  for (range, text) in replacements {
    let range = range.clamped(to: end..<bytes.count)
    result += String(decoding: bytes[end..<range.lowerBound], as: UTF8.self) + text
    end = range.upperBound
  }
  return result + String(decoding: bytes[end...], as: UTF8.self)
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

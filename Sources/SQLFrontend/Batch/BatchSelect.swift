import Events
import Plan

/// A definition's own SELECT as Postgres runs it over a table of events, to judge the rows that the engine keeps.
///
/// The text stays as it was written, with two insertions: what else a row of the result table holds (the window, keys and
/// parts that the SELECT list does not name), and the relations that its field paths name.
public struct BatchSelect: Sendable {
  /// How the result table's columns are called in what the statement returns.
  public struct Column: Hashable, Sendable {
    public var name: String
    /// The column of the statement's result.
    public var source: String
    /// The column of the result that bounds how far a floating-point sum may be off: the sum of the absolute values.
    public var magnitude: String?
  }

  /// Everything but `updated_at`, in the order of the result table.
  public let columns: [Column]
  public let text: String

  /// - Parameters:
  ///   - events: a relation in parentheses with a column for each of the stream's, named by `eventColumn`.
  ///   - Throws: for a definition whose text cannot be run over a table, with the reason.
  public init(_ plan: AggregatePlan, of stream: StreamPlan, events: String) throws(BatchSelectError) {
    let tokens = Token.scan(Array(plan.selectText.utf8)).filter { !$0.isComment }
    let text = TokenText(plan.selectText, tokens)
    guard let from = text.fromClause, let window = text.window else {
      throw BatchSelectError(reason: "\(plan.name): its FROM or its window was not found in its text")
    }
    var extras = Extras()
    let columnName: (Int) -> String = { quotedPath(stream.columns[$0].path) }
    let table = ResultTable(plan)
    let selected = Dictionary(plan.outputs.map { ($0.source, $0.name) }) { first, _ in first }
    let windowStart = extras.add(window)
    columns = table.columns.compactMap { column in
      switch column.role {
      case .key(let index):
        let source = selected[.key(index)] ?? extras.add(plan.keys[index].expression.sql(columnName))
        return Column(name: column.name, source: source)
      case .windowStart: return Column(name: column.name, source: windowStart)
      case .windowEnd: return Column(name: column.name, source: extras.add("\(window) + \(table.windowSizeSQL)"))
      case .accumulator(let index):
        let accumulator = plan.accumulators[index]
        let source = selected[.accumulator(index)] ?? extras.add(accumulator.call(columnName))
        let isRounded = accumulator.function == .sum && accumulator.type == .doublePrecision
        return Column(
          name: column.name, source: source,
          magnitude: isRounded ? extras.add(accumulator.call(columnName, of: { "abs(\($0))" })) : nil)
      case .generated: return Column(name: column.name, source: column.name)
      case .updatedAt: return nil
      }
    }
    self.text =
      text.before(from.lowerBound) + extras.list + " FROM "
      + (try relations(of: stream, events: events)) + text.after(from.upperBound)
  }

  /// What the relation of events calls the stream's column.
  public static func eventColumn(_ index: Int) -> String { "c\(index)" }
}

public struct BatchSelectError: Error {
  public var reason: String
}

/// Columns behind the definition's own, under names that no definition has.
private struct Extras {
  private var items: [String] = []

  mutating func add(_ sql: String) -> String {
    items.append(sql)
    return "streampulse \(items.count)"
  }

  var list: String {
    items.enumerated().map { ",\n  \($1) AS \(quotedIdentifier("streampulse \($0 + 1)"))" }.joined()
  }
}

extension AccumulatorPlan {
  /// The aggregate as Postgres computes it at once.
  fileprivate func call(_ column: (Int) -> String, of wrap: (String) -> String = { $0 }) -> String {
    var argument = argument.map { wrap($0.sql(column)) } ?? "*"
    if type == .text, function == .min || function == .max { argument = "(\(argument)) COLLATE \"C\"" }
    let filter = filter.map { " FILTER (WHERE \($0.sql(column)))" } ?? ""
    return "\(function.rawValue)(\(argument))\(filter)"
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
    ",\n  LATERAL (SELECT \(record.columns.joined(separator: ", "))) AS \(quotedIdentifier(record.name))"
  }
  return "(SELECT \(own.joined(separator: ", ")) FROM \(events) AS events) AS \(name)" + laterals.joined()
}

/// Finds in a SELECT's text what is replaced in it. The text has been parsed before, and holds one SELECT.
private struct TokenText {
  private let bytes: [UInt8]
  private let tokens: [Token]

  init(_ text: String, _ tokens: [Token]) {
    bytes = Array(text.utf8)
    self.tokens = tokens
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  func before(_ offset: Int) -> String { text(0..<offset) }
  func after(_ offset: Int) -> String { text(offset..<bytes.count) }

  private func word(_ index: Int) -> String {
    tokens.indices.contains(index) && tokens[index].kind == .word ? text(tokens[index].range).lowercased() : ""
  }

  private func symbol(_ index: Int) -> String {
    tokens.indices.contains(index) && tokens[index].kind == .symbol ? text(tokens[index].range) : ""
  }

  /// From FROM to the end of the stream's name. `IS DISTINCT FROM` and what is in parentheses is something else.
  var fromClause: Range<Int>? {
    var depth = 0
    for index in tokens.indices {
      switch symbol(index) {
      case "(": depth += 1
      case ")": depth -= 1
      default: break
      }
      guard depth == 0, word(index) == "from", word(index - 1) != "distinct", index + 1 < tokens.count else { continue }
      return tokens[index].range.lowerBound..<tokens[index + 1].range.upperBound
    }
    return nil
  }

  /// The first call of `tumble`; a definition has one window, and writes it alike everywhere.
  var window: String? {
    guard let start = tokens.indices.first(where: { word($0) == "tumble" && symbol($0 + 1) == "(" }) else { return nil }
    var depth = 0
    for index in tokens.indices.dropFirst(start + 1) {
      if symbol(index) == "(" { depth += 1 }
      if symbol(index) == ")" { depth -= 1 }
      if depth == 0 { return text(tokens[start].range.lowerBound..<tokens[index].range.upperBound) }
    }
    return nil
  }
}

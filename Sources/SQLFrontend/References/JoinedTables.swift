import Plan
import SQLQuoting
import Spelling

/// The tables that an aggregate's stream is joined with, and what their names mean beside those of the stream.
struct JoinedTables {
  private(set) var joins: [JoinPlan]
  /// Of the stream; an operand of values that have a validity.
  private let eventTime: Expression

  static let none = JoinedTables(joins: [], eventTime: .literal(.null(.timestamptz)))

  init(joins: [JoinPlan], eventTime: Expression) {
    self.joins = joins
    self.eventTime = eventTime
  }

  mutating func append(_ join: JoinPlan) { joins.append(join) }

  /// That every JOIN which is no LEFT JOIN has found a row, and then `condition`, which is not looked at otherwise.
  func filter(_ condition: Expression?) -> Expression? {
    let inner = joins.filter { !$0.isOuter }.map { $0.isMatched(eventTime: eventTime) }
    let conditions = inner + [condition].compactMap { $0 }
    return conditions.count > 1 ? .and(conditions) : conditions.first
  }

  /// The value that a path names; nil when it is none of theirs.
  ///
  /// - Parameter columns: of the stream, some of which may be called alike.
  func value(
    _ path: [String], beside columns: StreamColumns, _ source: SourceText, at location: Int
  ) throws(DefinitionError) -> Expression? {
    if path.count == 2, let join = joins.first(where: { $0.alias == path[0] }) {
      guard let column = join.column(named: path[1]) else {
        let names = join.reference.columns.map(\.name)
        let nearest = nearestSpelling(of: path[1], among: names).map {
          "did you mean \(quotedPath([join.alias, $0]))? "
        }
        throw source.error(
          at: location, "\(join.reference.place.path) declares no column \(quotedIdentifier(path[1]))",
          hint: "\(nearest ?? "")columns are \(names.map(quotedIdentifier).joined(separator: ", "))")
      }
      return join.value(column, eventTime: eventTime)
    }
    guard path.count == 1 else { return nil }
    let found = joins.filter { $0.column(named: path[0]) != nil }
    guard let join = found.first, let column = join.column(named: path[0]) else { return nil }
    guard found.count == 1, !columns.hasField(named: path[0]) else {
      throw source.error(
        at: location, "the column \(quotedIdentifier(path[0])) is ambiguous",
        hint: "write \(quotedPath([join.alias, path[0]])) for the table's, and the whole path for the event's")
    }
    return join.value(column, eventTime: eventTime)
  }

  /// Whether a path names one of their columns.
  func names(_ path: [String]) -> Bool {
    switch path.count {
    case 1: joins.contains { $0.column(named: path[0]) != nil }
    case 2: joins.contains { $0.alias == path[0] && $0.column(named: path[1]) != nil }
    default: false
    }
  }

  /// The comment of the column that a value is of.
  func comment(of value: ReferenceValue) -> String {
    joins.first { $0.alias == value.alias }?.reference.columns[value.column].comment ?? ""
  }
}

extension JoinPlan {
  fileprivate func column(named name: String) -> Int? {
    reference.columns.firstIndex { $0.name == name }
  }
}

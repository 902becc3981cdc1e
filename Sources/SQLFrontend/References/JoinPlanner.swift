import Events
import Plan
import SQLQuoting

/// Plans the joins of one aggregate, each with what its table's key is compared with.
struct JoinPlanner {
  let source: SourceText
  let columns: StreamColumns
  /// The element that tables are joined with behind UNNEST; nil: there is none.
  let unnest: UnnestScope?
  let catalogue: ReferenceCatalogue
  private(set) var tables: JoinedTables
  /// The table that something is wrong with, for which the aggregate is not to blame.
  private(set) var refusedReference: String?
  /// Whether some join could not be planned: then what names its columns cannot be judged.
  private(set) var isIncomplete = false

  static let maximumJoins = 4

  init(source: SourceText, columns: StreamColumns, unnest: UnnestScope? = nil, catalogue: ReferenceCatalogue) {
    self.source = source
    self.columns = columns
    self.unnest = unnest
    self.catalogue = catalogue
    let eventTime = columns.use(columns.stream.eventTime) ?? 0
    tables = JoinedTables(joins: [], eventTime: .column(eventTime, .timestamptz))
  }

  mutating func plan(_ joins: [SyntaxJoin], _ diagnostics: inout Diagnostics) {
    if joins.count > Self.maximumJoins {
      diagnostics.report(
        source.error(
          at: joins[Self.maximumJoins].nameLocation, "a stream is joined with at most \(Self.maximumJoins) tables",
          hint: "put what belongs together into one table"))
    }
    for join in joins.prefix(Self.maximumJoins) {
      let planner = self
      switch catalogue.reference(named: join.name) {
      case .reference(let reference):
        let planned = diagnostics.attempt { () throws(DefinitionError) in try planner.plan(join, reference) }
        if let planned { tables.append(planned) } else { isIncomplete = true }
      case .refused:
        refusedReference = refusedReference ?? join.name
        isIncomplete = true
      case .unknown(let hint):
        isIncomplete = true
        let isStream = join.name == columns.stream.name
        diagnostics.report(
          source.error(
            at: join.nameLocation,
            isStream
              ? "a stream is not joined with itself" : "there is no table \(quotedIdentifier(join.name)) to join with",
            hint: isStream ? "a join looks up one row of a table of reference data" : hint))
      }
    }
  }

  private func plan(_ join: SyntaxJoin, _ reference: Reference) throws(DefinitionError) -> JoinPlan {
    let alias = join.alias ?? reference.name
    let name = quotedIdentifier(alias)
    if alias == columns.stream.name || tables.joins.contains(where: { $0.alias == alias }) {
      throw source.error(
        at: join.nameLocation, "FROM names \(name) twice", hint: "call the table something else with AS")
    }
    // Where Postgres reads the definition, a record of the stream is a relation beside it.
    if columns.hasRecord(named: alias) {
      throw source.error(
        at: join.nameLocation, "\(name) is a record of the stream, too",
        hint:
          "call the table something else: JOIN \(quotedIdentifier(reference.name)) AS \(quotedIdentifier(alias + "_table")) ON …"
      )
    }
    if let unnest {
      if unnest.alias == alias {
        throw source.error(
          at: join.nameLocation, "FROM names \(name) twice", hint: "call the table something else with AS")
      }
      if let column = reference.columns.first(where: { unnest.names([$0.name]) }) {
        throw source.error(
          at: join.nameLocation,
          "\(quotedPath([alias, column.name])) is called as the element of the array: \(quotedIdentifier(column.name)) "
            + "alone would be ambiguous",
          hint: "call the element something else: UNNEST(…) AS element")
      }
    }
    var operands: [Int: Expression] = [:]
    for equality in try equalities(join.condition, alias, reference) {
      let column = reference.columns[equality.column]
      guard reference.key.contains(equality.column) else {
        throw source.error(
          at: equality.location, "\(quotedPath([alias, column.name])) does not belong to the table's key",
          hint: keyHint(reference, alias, "a condition on other columns stands in WHERE or FILTER"))
      }
      guard operands[equality.column] == nil else {
        throw source.error(
          at: equality.location, "\(quotedPath([alias, column.name])) is compared twice", hint: "leave one out")
      }
      operands[equality.column] = try operand(equality, column, of: join)
    }
    var keys: [Expression] = []
    for index in reference.key {
      guard let operand = operands[index] else {
        let missing = quotedPath([alias, reference.columns[index].name])
        throw source.error(
          at: join.condition.location, "the join does not say which row: \(missing) is compared with nothing",
          hint: keyHint(reference, alias, "a key is compared as a whole"))
      }
      keys.append(operand)
    }
    return JoinPlan(reference: reference, alias: alias, isOuter: join.isOuter, keys: keys)
  }

  private func keyHint(_ reference: Reference, _ alias: String, _ more: String) -> String {
    let names = reference.keyNames.map { quotedPath([alias, $0]) }
    return "write ON \(names.map { "\($0) = …" }.joined(separator: " AND ")); \(more)"
  }

  /// `alias.column = operand`, from whichever side.
  private struct Equality {
    /// Counts into the reference's columns.
    var column: Int
    var operand: SyntaxExpression
    var location: Int
  }

  private func equalities(
    _ condition: SyntaxExpression, _ alias: String, _ reference: Reference
  ) throws(DefinitionError) -> [Equality] {
    switch condition.kind {
    case .and(let conditions):
      var all: [Equality] = []
      for each in conditions { all += try equalities(each, alias, reference) }
      return all
    case .comparison("=", let left, let right):
      for (side, other) in [(left, right), (right, left)] {
        guard let column = column(side, alias, reference) else { continue }
        guard !other.contains(where: { self.column($0, alias, reference) != nil }) else { break }
        return [Equality(column: column, operand: other, location: condition.location)]
      }
    case .refused(let error): throw error
    default: break
    }
    throw source.error(
      at: condition.location, "a join compares columns of the table with something of the event, by =",
      hint: keyHint(reference, alias, "other conditions stand in WHERE or FILTER"))
  }

  /// The column of the table that an expression is; nil for any other.
  private func column(_ syntax: SyntaxExpression, _ alias: String, _ reference: Reference) -> Int? {
    guard case .column(let path) = syntax.kind, let name = path.last else { return nil }
    let isQualified = path.count == 2 && path[0] == alias
    let isBare = path.count == 1 && !columns.hasField(named: name) && !tables.names(path)
    return isQualified || isBare ? reference.columns.firstIndex { $0.name == name } : nil
  }

  /// What a column of the key is compared with, of the column's type.
  private func operand(
    _ equality: Equality, _ column: Reference.Column, of join: SyntaxJoin
  ) throws(DefinitionError) -> Expression {
    // What stands behind the join is not there yet.
    let unnest = unnest.flatMap { $0.location < join.nameLocation ? $0 : nil }
    let typer = ExpressionTyper(source: source, eventsOf: columns, joinedWith: tables, unnest: unnest)
    let expression = try typer.expression(equality.operand, as: column.type)
    let integers: [SQLType] = [.integer, .bigint]
    // Both are kept in 64 bits.
    let isAlike =
      expression.type == column.type || integers.contains(expression.type) && integers.contains(column.type)
    guard isAlike else {
      throw source.error(
        at: equality.location,
        "\(quotedIdentifier(column.name)) is \(column.type.shortName), and is compared with \(expression.type.shortName)",
        hint: "cast the event's side: (…)::\(column.type.shortName)")
    }
    return expression
  }
}

import Plan
import SQLQuoting

extension Relation {
  /// The statement that gives the rows: one row, one column, as `EndpointPlan.statement` has it. Beside `data` and `count`
  /// stand `start` and `end`, the bounds of the windows' beginnings (null: none); of an aggregate also `newest`, the
  /// beginning of its newest window, and `complete_until`, by when windows ended that no event in time changes any more;
  /// and where rows come page by page `next`, the cursor behind a full page's last row (null: there is none).
  ///
  /// Names are those of the relation's columns; what a request says is bound.
  public func statement(for selection: RowSelection) -> BoundStatement {
    var rows = RowStatement(relation: self, selection: selection)
    return rows.statement()
  }
}

private struct RowStatement {
  let relation: Relation
  let selection: RowSelection
  private var values: [BoundStatement.Value] = []

  init(relation: Relation, selection: RowSelection) {
    self.relation = relation
    self.selection = selection
  }

  mutating func statement() -> BoundStatement {
    let bounds = self.bounds()
    let order = selection.rollUp == nil ? relation.pageOrder(selection.order) : nil
    let conditions =
      bounds.conditions + selection.filters.map { condition($0) }
      + (selection.cursor.flatMap { values in order.map { [behind(values, $0)] } } ?? [])
    let select =
      if let plan = relation.plan, let rollUp = selection.rollUp {
        rolledUp(plan, rollUp, conditions)
      } else {
        stored(conditions)
      }
    let limit = bind(String(selection.limit), as: "bigint")
    var meta: [(name: String, sql: LocatedStatement.Piece)] = [
      ("start", .own(bounds.lower ?? "NULL::timestamptz")), ("end", .own(bounds.upper ?? "NULL::timestamptz")),
    ]
    if relation.plan != nil {
      meta.append(("newest", .own(newest)))
      meta.append(("complete_until", .own("SELECT final_until(\(quotedLiteral(relation.name)))")))
    }
    if relation.pageOrder(nil) != nil {
      meta.append(("next", .own(order.map { nextCursor($0, limit: limit) } ?? "NULL::text")))
    }
    let statement = LocatedStatement(rowsOf: .own("\(select)\nLIMIT \(limit)"), meta: meta)
    return BoundStatement(text: statement.text, values: values)
  }

  private mutating func bind(_ text: String, as type: String, parameter: String? = nil) -> String {
    values.append(BoundStatement.Value(text: text, parameter: parameter))
    return "$\(values.count)::\(type)"
  }

  // MARK: Which rows

  /// Under this name the rows that are read stand in all statements.
  private static let source = "s"

  private func column(_ name: String) -> String { "\(Self.source).\(quotedIdentifier(name))" }

  /// Where an aggregate's rows are stored: roll-ups are made of the states there.
  private var storedTable: String { quotedIdentifier(relation.plan?.tableName ?? relation.name) }

  private var newest: String {
    let time = quotedIdentifier(relation.time ?? "")
    return "(SELECT max(\(time)) FROM \(storedTable) WHERE \(time) <= now())"
  }

  /// Where the complete windows end; before the first one has ended, where it will. nil: they are on no grid.
  private var completeEnd: String? {
    guard let time = relation.time, let plan = relation.plan, case .fixed(let length) = plan.window.panes else {
      return nil
    }
    let pane = IntervalText.sql(microseconds: length)
    let final = "final_until(\(quotedLiteral(relation.name)))"
    return """
      (SELECT greatest(date_bin(\(pane), \(final), TIMESTAMPTZ '2000-01-01 00:00:00+00'),
        (SELECT min(\(quotedIdentifier(time))) FROM \(storedTable)) + \(pane)))
      """
  }

  /// Whether rows are summed up over all of the range.
  private var isWhole: Bool { selection.rollUp.map { $0.stepSeconds == nil } ?? false }

  /// The bounds of the beginnings, as expressions, and what they mean for a row.
  private mutating func bounds() -> (lower: String?, upper: String?, conditions: [String]) {
    guard let time = relation.time else { return (nil, nil, []) }
    var upper = selection.end.map { bind($0, as: "timestamptz", parameter: "end") }
    var lower = selection.start.map { bind($0, as: "timestamptz", parameter: "start") }
    if lower == nil, let minutes = selection.minutes {
      // A sum with the running window in it would grow for as long as that one runs, and drop when it is over.
      if isWhole { upper = upper ?? completeEnd }
      let back = "(\(upper ?? newest) - \(bind(String(minutes), as: "integer")) * INTERVAL '1 minute')"
      // A first step that is not whole would look like a slump.
      lower = step.map { binned(back, $0) } ?? back
    }
    let conditions = [
      lower.map { "\(column(time)) >= \($0)" },
      upper.map { "\(column(time)) < \($0)" } ?? "\(column(time)) <= now()",
    ]
    return (lower, upper, conditions.compactMap { $0 })
  }

  private mutating func condition(_ filter: RowSelection.Filter) -> String {
    let name = column(filter.column)
    switch filter.condition {
    case .isNull(let isNull): return "\(name) IS \(isNull ? "" : "NOT ")NULL"
    case .equals(let text):
      let type = relation.column(named: filter.column)?.type ?? "text"
      // The others are compared as they are shown.
      guard Self.comparableTypes.contains(type) else {
        return "\(name)::text = \(bind(text, as: "text", parameter: filter.parameter))"
      }
      return "\(name) = \(bind(text, as: type, parameter: filter.parameter))"
    }
  }

  private static let comparableTypes: Set<String> = [
    "boolean", "smallint", "integer", "bigint", "numeric", "real", "double precision", "text", "uuid", "date",
    "timestamp with time zone", "timestamp without time zone", "time without time zone",
  ]

  private func clause(_ conditions: [String]) -> String {
    conditions.isEmpty ? "" : "\nWHERE \(conditions.joined(separator: "\n  AND "))"
  }

  // MARK: Rows as they are

  private func stored(_ conditions: [String]) -> String {
    """
    SELECT \(relation.columns.map { column($0.name) }.joined(separator: ", "))
    FROM \(quotedIdentifier(relation.name)) AS \(Self.source)\(clause(conditions))
    \(ordering(default: relation.time, keys: relation.keys.map(\.name)))
    """
  }

  /// - Parameters:
  ///   - column: which comes first, in descending order, where nothing else is said.
  ///   - keys: which decide among equals.
  private func ordering(default column: String?, keys: [String]) -> String {
    let first = selection.order ?? column.map { RowSelection.Order(column: $0, isDescending: true) }
    let orders = relation.orders(first, keys: keys)
    return orders.isEmpty ? "" : "ORDER BY \(orders.map(Self.sql).joined(separator: ", "))"
  }

  private static func sql(_ order: RowSelection.Order) -> String {
    quotedIdentifier(order.column) + (order.isDescending ? " DESC NULLS LAST" : " NULLS LAST")
  }

  // MARK: Pages

  /// The condition of rows that stand behind one with these values.
  private mutating func behind(_ values: [String?], _ orders: [RowSelection.Order]) -> String {
    var isBehind = ""
    for (order, value) in zip(orders, values).reversed() {
      let name = column(order.column)
      let shown = relation.column(named: order.column)
      guard let value else {
        // NULL is the last.
        isBehind = isBehind.isEmpty ? "false" : "(\(name) IS NULL AND \(isBehind))"
        continue
      }
      let bound = bind(value, as: shown?.type ?? "text", parameter: Relation.cursorParameter)
      let further =
        "\(name) \(order.isDescending ? "<" : ">") \(bound)" + (shown?.isNullable == false ? "" : " OR \(name) IS NULL")
      isBehind = isBehind.isEmpty ? "(\(further))" : "(\(further) OR (\(name) = \(bound) AND \(isBehind)))"
    }
    return isBehind
  }

  /// The cursor behind the last row of a page that is full: a name of the order, and the row's values as text. In the
  /// alphabet of base64url, so that it is written in URLs as it is.
  private func nextCursor(_ orders: [RowSelection.Order], limit: String) -> String {
    let values = orders.map { "\(quotedIdentifier($0.column))::text" }
    return """
      SELECT translate(encode(convert_to(json_build_array(
        \(([quotedLiteral(Relation.name(of: orders))] + values).joined(separator: ", "))
      )::text, 'UTF8'), 'base64'), E'+/=\\n', '-_') FROM endpoint_rows OFFSET \(limit) - 1 LIMIT 1
      """
  }

  // MARK: Roll-ups

  /// The step, when it joins rows: one that is not longer than a window does not.
  private var step: Int? {
    guard let plan = relation.plan, let step = selection.rollUp?.stepSeconds else { return nil }
    let paneMicroseconds =
      if case .fixed(let length) = plan.window.panes { length } else {
        plan.window.longestMicroseconds
      }
    return Int64(step) * 1_000_000 > paneMicroseconds ? step : nil
  }

  private static func interval(_ seconds: Int) -> String { IntervalText.sql(microseconds: Int64(seconds) * 1_000_000) }

  /// From a Monday, so that weeks begin with one.
  private func binned(_ time: String, _ seconds: Int) -> String {
    "date_bin(\(Self.interval(seconds)), \(time), TIMESTAMPTZ '2000-01-03 00:00:00+00')"
  }

  private mutating func rolledUp(
    _ plan: AggregatePlan, _ rollUp: RowSelection.RollUp, _ conditions: [String]
  ) -> String {
    let start: String
    let end: String
    let groups: [String]
    if let step {
      start = binned(column("window_start"), step)
      end = "\(start) + \(Self.interval(step))"
      groups = [start]
    } else if rollUp.stepSeconds != nil {
      start = column("window_start")
      end = "max(\(column("window_end")))"
      groups = [start]
    } else {
      (start, end, groups) = ("min(\(column("window_start")))", "max(\(column("window_end")))", [])
    }
    var leaders = ""
    if let top = rollUp.top, !rollUp.keys.isEmpty {
      let count = bind(String(top), as: "bigint")
      leaders =
        "\nJOIN (\n\(leading(plan, rollUp, conditions))\nLIMIT \(count)\n) AS leaders ON "
        + rollUp.keys.map { "\(column($0)) IS NOT DISTINCT FROM leaders.\(quotedIdentifier($0))" }
        .joined(separator: " AND ")
    }
    let merged = merged(plan, rollUp.keys, start: start, end: end, groups: groups, leaders, conditions)
    return """
      SELECT \(plan.results(of: rollUp.keys).joined(separator: ", "))
      FROM (
      \(merged)
      ) AS merged
      \(ordering(default: isWhole ? relation.leadingResult : relation.time, keys: rollUp.keys))
      """
  }

  /// The groups that lead over all of the time, without the bound of their number.
  private func leading(_ plan: AggregatePlan, _ rollUp: RowSelection.RollUp, _ conditions: [String]) -> String {
    let (start, end) = ("min(\(column("window_start")))", "max(\(column("window_end")))")
    let rank =
      rollUp.rank ?? relation.leadingResult.map { RowSelection.Order(column: $0, isDescending: true) }
    let keys = rollUp.keys.map { RowSelection.Order(column: $0, isDescending: false) }
    return """
      SELECT \(rollUp.keys.map { quotedIdentifier($0) }.joined(separator: ", "))
      FROM (
      SELECT \(plan.results(of: rollUp.keys).joined(separator: ", "))
      FROM (
      \(merged(plan, rollUp.keys, start: start, end: end, groups: [], "", conditions))
      ) AS merged
      ) AS ranked
      ORDER BY \(([rank].compactMap { $0 } + keys).map(Self.sql).joined(separator: ", "))
      """
  }

  /// The states of the groups together.
  private func merged(
    _ plan: AggregatePlan, _ keys: [String], start: String, end: String, groups: [String], _ join: String,
    _ conditions: [String]
  ) -> String {
    let items =
      ["\(start) AS window_start", "\(end) AS window_end"] + keys.map { column($0) }
      + plan.accumulators.map { "\($0.mergeAggregateSQL(in: plan)) AS \(quotedIdentifier($0.column))" }
    let groups = groups + keys.map { column($0) }
    // Without groups there would be a row also of nothing.
    return """
      SELECT \(items.joined(separator: ",\n  "))
      FROM \(storedTable) AS \(Self.source)\(join)\(clause(conditions))
      \(groups.isEmpty ? "" : "GROUP BY \(groups.joined(separator: ", "))\n")HAVING count(*) > 0
      """
  }
}

extension AggregatePlan {
  /// The columns of a roll-up that tells these keys apart, of a table with the window, the keys and all states.
  fileprivate func results(of keys: [String]) -> [String] {
    let selected = Set(outputs.map(\.name))
    return shownColumns.compactMap { column in
      let name = quotedIdentifier(column.name)
      switch column.role {
      case .key: return keys.contains(column.name) ? name : nil
      case .windowStart, .windowEnd: return name
      case .updatedAt: return nil
      case .accumulator: return selected.contains(column.name) ? name : nil
      case .generated(let sql):
        guard isKnown(result: column.name, of: keys) else { return nil }
        return "\(safeSQL(ofResult: column.name) ?? sql) AS \(name)"
      }
    }
  }

  /// Whether the result is computed without the keys that are summed up over.
  fileprivate func isKnown(result name: String, of keys: [String]) -> Bool {
    outputs.allSatisfy { output in
      guard output.name == name, case .derived(let derived) = output.source else { return true }
      return derived.parts.allSatisfy { part in
        if case .key(let index) = part { keys.contains(self.keys[index].name) } else { true }
      }
    }
  }
}

extension Relation {
  /// The columns that a roll-up has which tells these keys apart.
  public func columns(ofRollUpBy keys: [String]) -> [Column] {
    guard let plan else { return columns }
    return columns.filter { column in
      switch column.role {
      case .key: keys.contains(column.name)
      case .window: true
      default: column.name != "updated_at" && plan.isKnown(result: column.name, of: keys)
      }
    }
  }
}

extension Relation {
  /// What a request calls the cursor.
  public static let cursorParameter = "cursor"

  /// The columns that rows as they are stored are ordered by, when no two of them stand at one place in that order: what
  /// the values of a cursor are those of. nil: rows of it do not come page by page.
  public func pageOrder(_ order: RowSelection.Order?) -> [RowSelection.Order]? {
    let keys = self.keys.map(\.name)
    guard plan != nil, let time, ([time] + keys).allSatisfy({ name in orderable.contains { $0.name == name } }) else {
      return nil
    }
    return orders(order ?? RowSelection.Order(column: time, isDescending: true), keys: keys)
  }

  /// What tells an order from others.
  public static func name(of orders: [RowSelection.Order]) -> String {
    orders.map { ($0.isDescending ? "-" : "") + $0.column }.joined(separator: ",")
  }

  /// First that column, then the newest windows, then the keys.
  fileprivate func orders(_ first: RowSelection.Order?, keys: [String]) -> [RowSelection.Order] {
    let further =
      ([time].compactMap { $0 }.map { RowSelection.Order(column: $0, isDescending: true) }
      + keys.map { RowSelection.Order(column: $0, isDescending: false) })
      .filter { $0.column != first?.column }
    return ([first].compactMap { $0 } + further).filter { order in orderable.contains { $0.name == order.column } }
  }
}

import Events
import Plan
import SQLQuoting

/// Plans a SELECT list: which items are keys, which are stored as they are, which are computed from stored parts.
struct ResultPlanner {
  private let grouping: Grouping
  let source: SourceText
  let columns: StreamColumns
  let tables: JoinedTables
  let typer: ExpressionTyper
  private let keys: [GroupKey]
  private(set) var accumulators: [AccumulatorPlan] = []
  private(set) var outputs: [OutputColumn] = []
  /// Keys in the order of the SELECT list; those that it does not name come last.
  private(set) var orderedKeys: [KeyColumn] = []
  private var keyOrder: [Int] = []
  private var names: Set<String> = []

  init(_ grouping: Grouping) {
    self.grouping = grouping
    source = grouping.source
    columns = grouping.columns
    tables = grouping.tables
    typer = grouping.typer
    keys = grouping.keys
  }

  mutating func plan(_ items: [SyntaxItem], _ diagnostics: inout Diagnostics) {
    var pending: [PendingItem] = []
    // Keys and plain results first: the parts of the others may be stored among them already.
    for item in items {
      if case .refused(let refusal) = item.expression.kind {
        diagnostics.report(refusal)
        if let alias = item.alias { names.insert(alias) }
        continue
      }
      do {
        let name = try claimName(item)
        let written = source.resultComment(above: item.location)
        let comment = written.isEmpty ? source.itemText(at: item.location) : written
        if grouping.isIncomplete, !item.expression.contains(where: Self.isAggregate) { continue }
        if let output = try planned(item, name: name, comment: comment) {
          outputs.append(output)
        } else {
          pending.append(PendingItem(item: item, name: name, comment: comment, position: outputs.count))
          outputs.append(OutputColumn(name: name, source: .windowStart, comment: comment))
        }
      } catch {
        diagnostics.report(error)
      }
    }
    // Which keys the list leaves out is not known before all of them could be read.
    for index in keys.indices where !keyOrder.contains(index) && !grouping.isIncomplete {
      do {
        try addUnselectedKey(index)
      } catch {
        diagnostics.report(error)
      }
    }
    for item in pending {
      do {
        outputs[item.position].source = .derived(try derived(item))
      } catch {
        diagnostics.report(error)
      }
    }
  }

  /// Plans HAVING, a condition on what rows store. Called behind `plan`: what its calls need may be stored already.
  mutating func plan(having condition: SyntaxExpression) throws(DefinitionError) -> DerivedColumn {
    if case .refused(let refusal) = condition.kind { throw refusal }
    let item = SyntaxItem(alias: "having", expression: condition, location: condition.location)
    let planned = try derived(PendingItem(item: item, name: "having", comment: "", position: 0, isCondition: true))
    guard planned.type == .boolean else {
      throw source.error(
        at: condition.location, "HAVING wants a condition (boolean), not \(planned.type.sqlName)",
        hint: "compare it with something: \(source.itemText(at: condition.location)) > …")
    }
    return planned
  }

  private struct PendingItem {
    var item: SyntaxItem
    var name: String
    var comment: String
    var position: Int
    /// It is HAVING's, and no column.
    var isCondition = false
  }

  private mutating func claimName(_ item: SyntaxItem) throws(DefinitionError) -> String {
    guard let name = item.outputName else {
      throw source.error(at: item.location, "the column needs a name", hint: "add AS and a name")
    }
    // The window's own column may be asked for by its own name.
    let isWindow = WindowCall(item.expression, source: source, columns: columns) != nil
    if !(isWindow && name == "window_start"), let refusal = ReservedNames.refusal(of: name) {
      throw source.error(at: item.location, refusal, hint: "give it another name with AS")
    }
    guard names.insert(name).inserted else {
      throw source.error(
        at: item.location, "two columns are called \(quotedIdentifier(name))", hint: "name one of them with AS")
    }
    return name
  }

  private static func isAggregate(_ expression: SyntaxExpression) -> Bool {
    if case .call(let call) = expression.kind { AggregateFunction.named(call.name) != nil } else { false }
  }

  /// The item when it is a key, the window or a result that is stored as it is; nil when it is computed.
  private mutating func planned(_ item: SyntaxItem, name: String, comment: String) throws(DefinitionError)
    -> OutputColumn?
  {
    if let window = WindowCall(item.expression, source: source, columns: columns) {
      guard try window.assigner() == grouping.window else {
        throw source.error(at: item.location, "the window is not the one of GROUP BY", hint: "write the same in both")
      }
      return OutputColumn(name: name, source: .windowStart, comment: comment)
    }
    guard item.expression.contains(where: Self.isAggregate) else {
      return try key(item, name: name)
    }
    guard case .call(let call) = item.expression.kind, Self.isAggregate(item.expression) else { return nil }
    let shaped = try shape(of: call, at: item.expression.location)
    guard case .accumulator(let function, let type, let constants) = shaped.shape else { return nil }
    accumulators.append(
      AccumulatorPlan(
        function: function, argument: kept(shaped.argument, by: function), constants: constants, filter: shaped.filter,
        column: name, type: type, comment: ""))
    return OutputColumn(name: name, source: .accumulator(accumulators.count - 1), comment: comment)
  }

  private mutating func key(_ item: SyntaxItem, name: String) throws(DefinitionError) -> OutputColumn {
    let expression = try typer.expression(item.expression)
    guard let index = keys.firstIndex(where: { $0.expression == expression }) else {
      throw source.error(
        at: item.location, "the column is neither a key nor an aggregate",
        hint: "add it to GROUP BY, or say which of the group's values is kept, e.g. max(…)")
    }
    guard !keyOrder.contains(index) else {
      throw source.error(at: item.location, "the key is selected already, as \(quotedIdentifier(keyName(index)))")
    }
    let written = source.resultComment(above: item.location)
    addKey(index, name: name, comment: written.isEmpty ? keys[index].comment : written)
    return OutputColumn(
      name: name, source: .key(orderedKeys.count - 1), comment: orderedKeys[orderedKeys.count - 1].comment)
  }

  private func keyName(_ index: Int) -> String {
    keyOrder.firstIndex(of: index).map { orderedKeys[$0].name } ?? ""
  }

  private mutating func addKey(_ index: Int, name: String, comment: String) {
    let key = keys[index]
    keyOrder.append(index)
    orderedKeys.append(
      KeyColumn(
        name: name, expression: key.expression, type: key.expression.type, isNullable: key.isNullable,
        comment: comment))
  }

  /// A key that only GROUP BY names still tells the table's rows apart.
  private mutating func addUnselectedKey(_ index: Int) throws(DefinitionError) {
    let key = keys[index]
    guard let name = key.name else {
      throw source.error(
        at: key.location, "the key needs a name", hint: "put the expression into the SELECT list too, with AS")
    }
    if let refusal = ReservedNames.refusal(of: name) {
      throw source.error(at: key.location, refusal, hint: "put it into the SELECT list with another name")
    }
    guard names.insert(name).inserted else {
      throw source.error(
        at: key.location, "two columns are called \(quotedIdentifier(name))",
        hint: "put the key into the SELECT list with another name")
    }
    addKey(index, name: name, comment: key.comment)
  }

  private mutating func derived(_ pending: PendingItem) throws(DefinitionError) -> DerivedColumn {
    let leaves = Leaves()
    // Calls are planned before the expression around them, since planning them adds accumulators.
    var calls: [Int: Expression] = [:]
    try collectCalls(pending.item.expression, pending.name, isWhole: !pending.isCondition, leaves, &calls)
    let source = source
    let planned = calls
    let (keys, columns, tables, unnest) = (keys, columns, tables, grouping.unnest)
    let positions = keys.indices.map { keyOrder.firstIndex(of: $0) ?? $0 }
    let typer = ExpressionTyper(source: source, evaluator: .generatedColumn) { path, location throws(DefinitionError) in
      let resolved = columns.resolve(path)
      let joined = try tables.value(path, beside: columns, source, at: location)
      for (index, key) in keys.enumerated() {
        if case .unnested(let element) = key.expression {
          guard unnest?.names(path) == true else { continue }
          return leaves.add(.key(positions[index]), element.type, ResultRange(element.type))
        }
        let isMeant =
          if case .column(let column, _) = key.expression, joined == nil {
            columns.specs[column].path == resolved
          } else {
            key.expression == joined
          }
        if isMeant { return leaves.add(.key(positions[index]), key.expression.type, ResultRange(key.expression.type)) }
      }
      throw source.error(
        at: location, "\(quotedPath(path)) is neither a key nor inside of an aggregate",
        hint: "add it to GROUP BY, or say which of the group's values is kept, e.g. max(…)")
    } call: { call, location throws(DefinitionError) in
      if let leaf = planned[location] { return leaf }
      throw source.error(
        at: location, "there is no function \(call.name)", hint: AggregateFunction.hint(forUnknown: call.name))
    }
    let expression = try typer.expression(pending.item.expression)
    var safe = SafeResult(ranges: leaves.ranges)
    guard let computed = safe.expression(expression) else {
      throw source.error(
        at: pending.item.location,
        "the product can be out of range, which would make every update of the row fail",
        hint: "multiply fewer numbers, or compute it in the endpoint that reads it")
    }
    return DerivedColumn(
      name: pending.name, expression: expression, safeExpression: computed, parts: leaves.parts)
  }

  /// The operands of a computed result: what its row stores, and means of it.
  private final class Leaves {
    private(set) var parts: [DerivedColumn.Part] = []
    private(set) var ranges: [ResultRange] = []

    func add(_ part: DerivedColumn.Part, _ type: SQLType, _ range: ResultRange) -> Expression {
      parts.append(part)
      ranges.append(range)
      return .column(parts.count - 1, type)
    }
  }

  private mutating func collectCalls(
    _ syntax: SyntaxExpression, _ result: String, isWhole: Bool, _ leaves: Leaves, _ calls: inout [Int: Expression]
  ) throws(DefinitionError) {
    if case .call(let call) = syntax.kind, AggregateFunction.named(call.name) != nil {
      let shaped = try shape(of: call, at: syntax.location)
      switch shaped.shape {
      case .accumulator(_, .array, _), .estimate(_, _, result: .array), .estimate(_, _, result: .jsonb):
        guard isWhole else {
          throw source.error(
            at: syntax.location, "\(call.name) gives several values, with which nothing can be computed here",
            hint: "let it be a column of its own; take it apart in a view or an endpoint")
        }
      default: break
      }
      switch shaped.shape {
      case .accumulator(let function, let type, _):
        let part = AggregatePart(function: function, type: type)
        let index = try store(part, shaped, of: result, named: call.name, at: syntax.location)
        calls[syntax.location] = leaves.add(
          .accumulator(index), type, ResultRange(function, type))
      case .mean(let sumType, let type):
        let sum = try store(
          AggregatePart(function: .sum, type: sumType), shaped, of: result, named: "sum", at: syntax.location)
        let count = try store(
          AggregatePart(function: .count, type: .bigint), shaped, of: result, named: "count", at: syntax.location)
        calls[syntax.location] = leaves.add(
          .mean(sum: sum, count: count), type, type == .doublePrecision ? .mean : .unbounded)
      case .estimate(let estimate, let parts, let type):
        var stored: [Int] = []
        for part in parts {
          stored.append(
            try store(
              part, shaped, of: result, named: Self.suffix(of: part), among: stored, at: syntax.location))
        }
        let read = zip(parts, stored).filter(\.0.isRead).map(\.1)
        calls[syntax.location] = leaves.add(
          .estimate(estimate, of: read), type, estimate == .distinctCount ? .whole(0...0x1p62) : ResultRange(type))
      }
      return
    }
    for child in syntax.children { try collectCalls(child, result, isWhole: false, leaves, &calls) }
  }

  /// The accumulator that stores a part: one that is stored already, or a new one named after the result.
  ///
  /// - Parameter parts: where the parts before it are stored.
  private mutating func store(
    _ part: AggregatePart, _ shaped: ShapedCall, of result: String, named suffix: String, among parts: [Int] = [],
    at location: Int
  ) throws(DefinitionError) -> Int {
    let first =
      switch part.argument {
      case .none: Expression?.none
      case .first, .both, .timed: shaped.argument
      case .second, .eventTime: shaped.second
      }
    let argument = kept(first, by: part.function)
    let second = part.argument == .both || part.argument == .timed ? shaped.second : nil
    let known = accumulators.firstIndex {
      $0.function == part.function && $0.argument == argument && $0.secondArgument == second
        && $0.filter == shaped.filter && $0.type == part.type
    }
    if let known { return known }
    let base = "\(result)_\(suffix)"
    var name = base
    var number = 2
    while accumulators.contains(where: { $0.column == name && !$0.comment.isEmpty }) {
      name = "\(base)_\(number)"
      number += 1
    }
    if let refusal = ReservedNames.refusal(of: name) {
      throw source.error(at: location, refusal, hint: "give the result a shorter name with AS")
    }
    guard names.insert(name).inserted else {
      throw source.error(
        at: location, "a part of \(quotedIdentifier(result)) is stored as \(name), and another column is called so",
        hint: "rename one of them with AS")
    }
    accumulators.append(
      AccumulatorPlan(
        function: part.function, argument: argument, secondArgument: second, filter: shaped.filter, column: name,
        type: part.type, comment: "Part of \(result): \(Self.meaning(of: part)).",
        companions: part.companions.map { parts[$0] }))
    return accumulators.count - 1
  }

  /// What the name of a part says that it is.
  private static func suffix(of part: AggregatePart) -> String {
    switch part.function {
    case .sumOfSquares: "squares"
    case .deviations: part.argument == .second ? "deviations_2" : "deviations"
    case .codeviations: "codeviations"
    case .distinct, .quantiles: "state"
    case .first, .last: "value"
    case .frequencies: "counts"
    case .min where part.argument == .eventTime, .max where part.argument == .eventTime: "at"
    case .sum where part.argument == .second: "sum_2"
    default: part.function.rawValue
    }
  }

  /// Counting a column that has no NULLs is counting rows: one column and one accumulator then serve both.
  private func kept(_ argument: Expression?, by function: AccumulatorPlan.Function) -> Expression? {
    guard function == .count, case .column? = argument, argument?.isNullable(columns.specs) == false else {
      return argument
    }
    return nil
  }

  private static func meaning(of part: AggregatePart) -> String {
    switch part.function {
    case .min where part.argument == .eventTime: "the earliest event time of the values that went into it"
    case .max where part.argument == .eventTime: "the latest event time of the values that went into it"
    case .count: "how many values went into it"
    case .sum: "the sum of the values that went into it"
    case .min: "the least value that went into it"
    case .max: "the greatest value that went into it"
    case .boolAnd: "whether all values that went into it are true"
    case .boolOr: "whether any value that went into it is true"
    case .sumOfSquares: "the sum of the squares of the values that went into it"
    case .deviations: "the sum of the squared deviations from the mean"
    case .codeviations: "the sum of the products of both values' deviations from their means"
    case .distinct: "a sketch of which values went into it, for approx_count_distinct_estimate and …_merge"
    case .quantiles: "a sketch of the values that went into it, for percentile_estimate and percentile_merge"
    case .first: "the value of the earliest event time"
    case .last: "the value of the latest event time"
    case .frequencies:
      "how often the most frequent values came, for mode_estimate, approx_top_k_estimate and frequencies_merge"
    case .histogram: "how many values lie between the bounds"
    }
  }
}

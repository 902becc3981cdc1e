import Dialects
import Events
import Plan

/// Makes a plan over an aggregate's rows one over the events that these are made of.
struct CascadeComposition {
  /// The aggregate whose rows the plan reads.
  private let first: AggregatePlan
  /// What the plan's columns are, by their number.
  private let columns: [ColumnSpec]
  private let roles: [ResultTable.Column.Role?]

  /// - Parameter columns: those of the rows that the plan uses.
  init(over first: AggregatePlan, columns: [ColumnSpec]) {
    self.first = first
    self.columns = columns
    let shown = first.shownColumns
    roles = columns.map { spec in shown.first { [$0.name] == spec.path }?.role }
  }

  /// The plan that is fed by events. `CascadeCheck` has found nothing wrong with it; nil: its windows divide those of rows.
  func composed(_ plan: AggregatePlan) -> AggregatePlan? {
    guard let window = CascadeWindow.composed(plan.window, over: first.window) else { return nil }
    var composed = plan
    composed.window = window
    composed.joins = first.joins
    composed.unnest = first.unnest
    composed.filter = filter(plan.filter)
    for index in plan.keys.indices { composed.keys[index].expression = ofEvents(plan.keys[index].expression) }
    composed.accumulators = plan.accumulators.map(accumulator)
    composed.source = .cascade(
      Cascade(
        first: first, columns: columns.map { $0.path.last ?? "" }, keys: plan.keys.map(\.expression),
        accumulators: plan.accumulators))
    return composed
  }

  /// What an expression over keys is of an event.
  private func ofEvents(_ expression: Expression) -> Expression {
    expression.replacingColumns { column, type in
      guard case .key(let index)? = roles[column] else { return .column(column, type) }
      return first.keys[index].expression
    }
  }

  /// A row's keys are those of events that the first one's WHERE has let pass: of others they are not to be computed.
  private func filter(_ condition: Expression?) -> Expression? {
    guard let condition = condition.map(ofEvents) else { return first.filter }
    guard let outer = first.filter else { return condition }
    return .caseWhen([.init(condition: outer, value: condition)], otherwise: .literal(.boolean(false)))
  }

  private func accumulator(_ plan: AccumulatorPlan) -> AccumulatorPlan {
    var composed = plan
    composed.filter = plan.filter.map(ofEvents)
    guard case .column(let column, _)? = plan.argument, case .accumulator(let index)? = roles[column] else {
      composed.argument = plan.argument.map(ofEvents)
      return composed
    }
    let part = first.accumulators[index]
    if part.function == .count {
      composed.argument = Self.counted(part)
    } else {
      composed.argument = plan.function == .sum ? part.argument.map(Self.summand) : part.argument
      // The rows' condition is judged for every row, whatever its events are.
      let conditions = [composed.filter, part.filter].compactMap { $0 }
      composed.filter = conditions.count > 1 ? .and(conditions) : conditions.first
    }
    return composed
  }

  /// What an event adds to a count. A sum of counts is NULL when there are no rows, and 0 when they have counted nothing.
  private static func counted(_ count: AccumulatorPlan) -> Expression {
    let (one, none) = (Expression.literal(.integer(1, .bigint)), Expression.literal(.integer(0, .bigint)))
    var counted = one
    if let argument = count.argument {
      counted = .caseWhen([.init(condition: .isNull(argument), value: none)], otherwise: one)
    }
    guard let filter = count.filter else { return counted }
    return .caseWhen([.init(condition: filter, value: counted)], otherwise: none)
  }

  /// What an event adds to a sum of sums. A sum of integers is a bigint, and one of these a numeric.
  private static func summand(_ value: Expression) -> Expression {
    value.type == .integer ? .cast(value, to: .bigint) : value
  }
}

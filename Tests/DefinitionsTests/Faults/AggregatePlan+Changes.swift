import Plan

/// Changes to all parts of one kind, for faults that are planted.
extension AggregatePlan {
  mutating func eachAccumulator(_ change: (inout AccumulatorPlan) -> Void) {
    for index in accumulators.indices { change(&accumulators[index]) }
  }

  /// Puts another expression in the place of each that `change` has one for, whatever an event or a row evaluates.
  mutating func eachExpression(_ change: (Expression) -> Expression?) {
    filter = filter?.changed(change)
    for index in keys.indices { keys[index].expression = keys[index].expression.changed(change) }
    eachAccumulator { part in
      part.argument = part.argument?.changed(change)
      part.secondArgument = part.secondArgument?.changed(change)
      part.filter = part.filter?.changed(change)
    }
    eachDerived { derived in
      derived.expression = derived.expression.changed(change)
      derived.safeExpression = derived.safeExpression.changed(change)
    }
  }

  mutating func eachEstimate(_ change: (Estimate) -> Estimate) {
    eachDerived { derived in
      derived.parts = derived.parts.map { part in
        if case .estimate(let estimate, let accumulators) = part {
          .estimate(change(estimate), of: accumulators)
        } else {
          part
        }
      }
    }
  }

  private mutating func eachDerived(_ change: (inout DerivedColumn) -> Void) {
    for index in outputs.indices {
      guard case .derived(var derived) = outputs[index].source else { continue }
      change(&derived)
      outputs[index].source = .derived(derived)
    }
    if var having {
      change(&having)
      self.having = having
    }
  }
}

extension Expression {
  /// From the innermost on.
  fileprivate func changed(_ change: (Expression) -> Expression?) -> Expression {
    func each(_ operands: [Expression]) -> [Expression] { operands.map { $0.changed(change) } }
    let inner: Expression =
      switch self {
      case .arithmetic(let operation, let left, let right):
        .arithmetic(operation, left.changed(change), right.changed(change))
      case .negate(let operand): .negate(operand.changed(change))
      case .comparison(let comparison, let left, let right):
        .comparison(comparison, left.changed(change), right.changed(change))
      case .and(let operands): .and(each(operands))
      case .or(let operands): .or(each(operands))
      case .not(let operand): .not(operand.changed(change))
      case .isNull(let operand): .isNull(operand.changed(change))
      case .isTrue(let operand): .isTrue(operand.changed(change))
      case .caseWhen(let branches, let otherwise):
        .caseWhen(
          branches.map { .init(condition: $0.condition.changed(change), value: $0.value.changed(change)) },
          otherwise: otherwise.changed(change))
      case .coalesce(let operands): .coalesce(each(operands))
      case .cast(let operand, let type): .cast(operand.changed(change), to: type)
      case .call(let function, let operands, let type): .call(function, each(operands), type)
      default: self
      }
    return change(inner) ?? inner
  }
}

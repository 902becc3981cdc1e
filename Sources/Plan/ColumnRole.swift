/// What a column of results is to whoever looks at them: how it is drawn, written and compared follows from it.
public enum ColumnRole: String, Hashable, Sendable, CaseIterable {
  case key
  /// Beginning or end of a window of event time.
  case window
  /// How many: of events, or of different values.
  case count
  /// A count over another one that it is a part of, 0 to 1.
  case share
  case average
  case percentile
  case sum
  case minimum
  case maximum
  /// True or false.
  case flag
  case other
}

extension AggregatePlan {
  /// Of a column that the definition selects.
  public func role(of output: OutputColumn) -> ColumnRole {
    switch output.source {
    case .key: .key
    case .windowStart, .windowEnd: .window
    case .accumulator(let index): accumulators[index].role
    case .derived(let derived): role(of: derived.expression, derived.parts)
    }
  }

  private func role(of expression: Expression, _ parts: [DerivedColumn.Part]) -> ColumnRole {
    let role = { (operand: Expression) in self.role(of: operand, parts) }
    switch expression {
    case .column(let index, _): return self.role(of: parts[index])
    case .cast(let operand, _): return role(operand)
    case .call(let function, let operands, _) where ["round", "trunc", "floor", "ceil", "abs"].contains(function.name):
      return operands.first.map(role) ?? .other
    case .coalesce(let operands) where operands.dropFirst().allSatisfy(\.isConstant):
      return operands.first.map(role) ?? .other
    // NULLIF among others.
    case .caseWhen(let branches, let otherwise) where branches.allSatisfy(\.value.isConstant): return role(otherwise)
    case .arithmetic(.divide, let part, let whole):
      if whole.isConstant { return role(part).scaled }
      switch (role(part), role(whole)) {
      case (.count, .count): return isPart(part, of: whole, parts) ? .share : .other
      case (.sum, .count): return .average
      default: return .other
      }
    case .arithmetic(.multiply, let left, let right):
      if left.isConstant { return role(right).scaled }
      return right.isConstant ? role(left).scaled : .other
    case .arithmetic(.subtract, let left, let right) where left.isConstant:
      // What is left of the whole.
      return role(right) == .share ? .share : .other
    case .arithmetic(.add, let left, let right), .arithmetic(.subtract, let left, let right):
      let roles = [role(left), role(right)]
      return [.count, .sum].first { each in roles.allSatisfy { $0 == each } } ?? .other
    case .comparison, .and, .or, .not, .isNull, .isTrue: return .flag
    default: return .other
    }
  }

  private func role(of part: DerivedColumn.Part) -> ColumnRole {
    switch part {
    case .key: .other
    case .accumulator(let index): accumulators[index].role
    case .mean: .average
    case .estimate(.continuousPercentile, _), .estimate(.discretePercentile, _): .percentile
    case .estimate(.distinctCount, _): .count
    case .estimate: .other
    }
  }

  /// Whether the counts of `part` have a condition that those of `whole` have not.
  private func isPart(_ part: Expression, of whole: Expression, _ parts: [DerivedColumn.Part]) -> Bool {
    let filters = { (expression: Expression) in
      expression.columns.compactMap { index -> Expression?? in
        if case .accumulator(let accumulator) = parts[index] { self.accumulators[accumulator].filter } else { nil }
      }
    }
    let (inner, outer) = (filters(part), filters(whole))
    return !inner.isEmpty && !outer.isEmpty && inner.allSatisfy { $0 != nil } && outer.allSatisfy { $0 == nil }
  }
}

extension AccumulatorPlan {
  fileprivate var role: ColumnRole {
    switch function {
    case .count, .distinct: .count
    case .sum: .sum
    case .min: .minimum
    case .max: .maximum
    case .boolAnd, .boolOr: .flag
    case .quantiles: .percentile
    default: .other
    }
  }
}

extension ColumnRole {
  /// By a constant: a share is no longer 0 to 1 then, and a count counts nothing.
  fileprivate var scaled: ColumnRole { self == .share || self == .count ? .other : self }
}

extension Expression {
  fileprivate var columns: Set<Int> {
    if case .column(let index, _) = self { return [index] }
    return children.reduce(into: []) { $0.formUnion($1.columns) }
  }

  fileprivate var isConstant: Bool { columns.isEmpty }
}

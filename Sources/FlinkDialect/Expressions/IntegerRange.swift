import Events
import Plan

/// What whole numbers an expression can have: Flink's integers turn over where ours are an error of the event.
enum IntegerRange {
  /// nil: nobody knows.
  static func of(_ expression: Expression) -> ClosedRange<Int128>? {
    switch expression {
    case .literal(.integer(let value, _)): return Int128(value)...Int128(value)
    case .literal(.null): return nil
    case .cast(let operand, let type) where type == .integer || type == .bigint: return of(operand) ?? whole(type)
    case .arithmetic(let operation, let left, let right):
      guard let left = of(left), let right = of(right) else { return whole(expression.type) }
      return combined(operation, left, right)
    case .negate(let operand): return of(operand).map { -$0.upperBound ... -$0.lowerBound }
    case .caseWhen(let branches, let otherwise): return union(branches.map(\.value) + [otherwise])
    case .coalesce(let operands): return union(operands)
    case .call(let function, let arguments, _) where function.name == "abs" && arguments.count == 1:
      return of(arguments[0]).map { range in
        range.contains(0)
          ? 0...max(range.lowerBound.magnitudeValue, range.upperBound.magnitudeValue)
          : min(
            range.lowerBound.magnitudeValue, range.upperBound.magnitudeValue)...max(
              range.lowerBound.magnitudeValue, range.upperBound.magnitudeValue)
      }
    case .call(let function, _, _) where ["length", "char_length", "character_length"].contains(function.name):
      return 0...Int128(Int32.max)
    default: return whole(expression.type)
    }
  }

  /// Whether every value fits the expression's own type.
  static func fits(_ expression: Expression) -> Bool {
    guard let range = of(expression), let whole = whole(expression.type) else { return false }
    return whole.contains(range.lowerBound) && whole.contains(range.upperBound)
  }

  /// Whether it is never zero: a constant, `NULLIF(x, 0)`, or what cannot be.
  static func isNeverZero(_ expression: Expression) -> Bool {
    switch expression {
    case .literal(.integer(let value, _)): return value != 0
    case .literal(.numeric(let unscaled, _)): return unscaled != 0
    case .literal(.double(let value)): return value != 0
    case .cast(let operand, let type) where type == .doublePrecision || type == .bigint || type.isDecimal:
      return isNeverZero(operand)
    case .caseWhen(let branches, let otherwise):
      guard branches.count == 1, case .comparison(.equal, let value, let zero) = branches[0].condition,
        case .literal(.null) = branches[0].value, !isNeverZero(zero), zero.isConstant
      else { return false }
      return value == otherwise
    default:
      guard expression.type == .integer || expression.type == .bigint, let range = of(expression) else { return false }
      return !range.contains(0)
    }
  }

  private static func whole(_ type: SQLType) -> ClosedRange<Int128>? {
    switch type {
    case .integer: Int128(Int32.min)...Int128(Int32.max)
    case .bigint: Int128(Int64.min)...Int128(Int64.max)
    default: nil
    }
  }

  private static func union(_ expressions: [Expression]) -> ClosedRange<Int128>? {
    var result: ClosedRange<Int128>?
    for expression in expressions {
      if case .literal(.null) = expression { continue }
      guard let range = of(expression) else { return nil }
      result = result.map { min($0.lowerBound, range.lowerBound)...max($0.upperBound, range.upperBound) } ?? range
    }
    return result
  }

  private static func combined(
    _ operation: ArithmeticOperator, _ left: ClosedRange<Int128>, _ right: ClosedRange<Int128>
  ) -> ClosedRange<Int128>? {
    // Bounds are of 64 bits, or sums of few of them: a product of two fits 128.
    let limit = Int128(1) << 63
    guard left.isWithin(limit), right.isWithin(limit) else { return nil }
    switch operation {
    case .add: return left.lowerBound + right.lowerBound...left.upperBound + right.upperBound
    case .subtract: return left.lowerBound - right.upperBound...left.upperBound - right.lowerBound
    case .multiply:
      let products = [left.lowerBound, left.upperBound].flatMap { l in
        [right.lowerBound, right.upperBound].map { l.multipliedReportingOverflow(by: $0) }
      }
      guard !products.contains(where: \.overflow), let low = products.map(\.partialValue).min(),
        let high = products.map(\.partialValue).max()
      else { return nil }
      return low...high
    case .divide:
      let largest = max(left.lowerBound.magnitudeValue, left.upperBound.magnitudeValue)
      // Only what is divided by -1 can become greater than it was.
      if right.contains(-1) { return -largest...largest }
      if right.lowerBound >= 0 { return min(left.lowerBound, 0)...max(left.upperBound, 0) }
      return -(largest / 2)...largest / 2
    case .modulo:
      let largest = max(right.lowerBound.magnitudeValue, right.upperBound.magnitudeValue)
      return -largest...largest
    }
  }
}

extension ClosedRange<Int128> {
  fileprivate func isWithin(_ limit: Int128) -> Bool { lowerBound >= -limit && upperBound <= limit }
}

extension Int128 {
  fileprivate var magnitudeValue: Int128 { self < 0 ? 0 - self : self }
}

extension SQLType {
  var isDecimal: Bool {
    if case .numeric = self { true } else { false }
  }
}

extension Expression {
  var isConstant: Bool {
    switch self {
    case .literal: true
    case .cast(let operand, _): operand.isConstant
    default: false
    }
  }
}

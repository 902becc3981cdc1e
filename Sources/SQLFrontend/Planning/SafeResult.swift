import Events
import Glibc
import Plan

/// What a column of the result table can hold, as far as arithmetic with it is concerned.
enum ResultRange {
  /// Whole numbers.
  case whole(ClosedRange<Double>)
  /// Doubles: the powers of ten that the least and the greatest size are near, but zero.
  case sizes(ClosedRange<Double>)
  /// `numeric`, which Postgres computes without a bound that could be met, and what is no number.
  case unbounded

  /// Any value of the type.
  init(_ type: SQLType) {
    switch type {
    case .integer: self = .whole(-0x1p31...0x1p31)
    case .bigint: self = .whole(-0x1p63...0x1p63)
    case .doublePrecision: self = .sizes(-324...309)
    default: self = .unbounded
    }
  }

  /// What an accumulator holds of any number of events that there could be.
  init(_ function: AccumulatorPlan.Function, _ type: SQLType) {
    switch (function, type) {
    case (.count, _): self = .whole(0...0x1p53)
    // Of integers.
    case (.sum, .bigint): self = .whole(-0x1p61...0x1p61)
    // `WindowOperator` bounds what is summed; more than a million million events have no one window.
    case (.sum, .doublePrecision): self = .sizes(-140...152)
    default: self.init(type)
    }
  }

  static let mean = ResultRange.sizes(-152...152)
}

/// Makes a computed result one that Postgres can compute of every row: a generated column that fails would make every
/// upsert of its row fail, and the processor with it. Where arithmetic can leave the range of its type the result is NULL.
struct SafeResult {
  /// By leaf.
  let ranges: [ResultRange]
  /// Beyond these sizes a leaf of type double precision counts as NULL.
  private var sizes = -324.0...309.0

  /// - Parameter ranges: what the expression's columns can hold.
  init(ranges: [ResultRange]) {
    self.ranges = ranges
  }

  /// The expression itself when nothing in it can leave its range. nil: its doubles are multiplied too often.
  mutating func expression(_ original: Expression) -> Expression? {
    // The widest bounds that keep every intermediate result within the type: a product of two needs 150, of three 100.
    for bound in [324.0, 307, 300, 250, 200, 150, 140, 100, 75, 60, 50, 40, 30, 20, 10] {
      sizes = -bound...min(bound, 309)
      if fits(original) { return rewritten(original) }
    }
    return nil
  }

  // MARK: Doubles

  /// Whether no arithmetic with doubles can overflow or underflow.
  private func fits(_ expression: Expression) -> Bool {
    guard expression.children.allSatisfy(fits) else { return false }
    guard case .arithmetic(let operation, _, _) = expression, expression.type == .doublePrecision else { return true }
    let size = sizes(of: expression)
    // A difference can be small, but not too small: doubles have the digits for it.
    let isLarge = size.upperBound > 307.5
    return operation == .add || operation == .subtract ? !isLarge : !isLarge && size.lowerBound >= -307
  }

  private func sizes(of expression: Expression) -> ClosedRange<Double> {
    switch expression {
    case .column(let leaf, .doublePrecision):
      guard case .sizes(let range) = ranges[leaf] else { return sizes }
      return range.clamped(to: sizes)
    case .literal(.double(let value)):
      let size = value == 0 || !value.isFinite ? 0 : log10(value.magnitude)
      return size...size
    case .arithmetic(let operation, let left, let right) where expression.type == .doublePrecision:
      let (left, right) = (sizes(of: left), sizes(of: right))
      switch operation {
      case .multiply: return left.lowerBound + right.lowerBound...left.upperBound + right.upperBound
      case .divide, .modulo: return left.lowerBound - right.upperBound...left.upperBound - right.lowerBound
      case .add, .subtract:
        // What cancellation leaves has the last of the 17 digits.
        return min(left.lowerBound, right.lowerBound) - 17...max(left.upperBound, right.upperBound) + 0.31
      }
    case .cast(let operand, .doublePrecision): return operand.type.isNumeric ? -100...100 : 0...19
    case .negate(let operand): return sizes(of: operand)
    case .caseWhen(let branches, let otherwise): return union(branches.map(\.value) + [otherwise])
    case .coalesce(let operands): return union(operands)
    case .call(_, let arguments, _):
      // Those that a result may use round, choose or leave away the sign: what is not 0 then is 1 at least.
      let range = union(arguments)
      return min(range.lowerBound, 0)...max(range.upperBound, 0) + 0.31
    default: return 0...0
    }
  }

  private func union(_ operands: [Expression]) -> ClosedRange<Double> {
    let all = operands.map(sizes(of:))
    return (all.map(\.lowerBound).min() ?? 0)...(all.map(\.upperBound).max() ?? 0)
  }

  /// The leaf where its size is within bounds, else NULL.
  private func bounded(_ leaf: Expression) -> Expression {
    func literal(_ exponent: Double) -> Expression { .literal(.double(pow(10, exponent))) }
    func negative(_ exponent: Double) -> Expression { .literal(.double(-pow(10, exponent))) }
    let isWithin = Expression.or([
      .comparison(.equal, leaf, .literal(.double(0))),
      .and([
        .comparison(.greaterOrEqual, leaf, literal(sizes.lowerBound)),
        .comparison(.lessOrEqual, leaf, literal(sizes.upperBound)),
      ]),
      .and([
        .comparison(.greaterOrEqual, leaf, negative(sizes.upperBound)),
        .comparison(.lessOrEqual, leaf, negative(sizes.lowerBound)),
      ]),
    ])
    return .caseWhen([.init(condition: isWithin, value: leaf)], otherwise: .literal(.null(.doublePrecision)))
  }

  // MARK: Whole numbers

  private func range(of expression: Expression) -> ClosedRange<Double> {
    let whole = expression.type == .integer ? -0x1p31...0x1p31 : -0x1p63...0x1p63
    switch expression {
    case .column(let leaf, _):
      if case .whole(let range) = ranges[leaf] { return range }
      return whole
    case .literal(.integer(let value, _)): return Double(value)...Double(value)
    case .literal(.null): return 0...0
    case .cast(let operand, _) where [.integer, .bigint].contains(operand.type): return range(of: operand)
    case .negate(let operand):
      let range = range(of: operand)
      return (-range.upperBound...(-range.lowerBound)).clamped(to: whole)
    case .arithmetic(let operation, let left, let right):
      guard let range = exact(operation, range(of: left), range(of: right)) else { return whole }
      return range.clamped(to: whole)
    case .caseWhen(let branches, let otherwise): return hull(branches.map(\.value) + [otherwise])
    case .coalesce(let operands): return hull(operands)
    default: return whole
    }
  }

  private func hull(_ operands: [Expression]) -> ClosedRange<Double> {
    let all = operands.map(range(of:))
    return (all.map(\.lowerBound).min() ?? 0)...(all.map(\.upperBound).max() ?? 0)
  }

  /// nil for division and remainder, which do not grow.
  private func exact(
    _ operation: ArithmeticOperator, _ left: ClosedRange<Double>, _ right: ClosedRange<Double>
  ) -> ClosedRange<Double>? {
    let (a, b, c, d) = (left.lowerBound, left.upperBound, right.lowerBound, right.upperBound)
    switch operation {
    case .add: return a + c...b + d
    case .subtract: return a - d...b - c
    case .multiply:
      let corners = [a * c, a * d, b * c, b * d]
      return (corners.min() ?? 0)...(corners.max() ?? 0)
    case .divide, .modulo: return nil
    }
  }

  /// Whether the operation itself, its operands being computed, can leave its type.
  private func canOverflow(_ expression: Expression) -> Bool {
    let limit = expression.type == .integer ? 0x1p31 : 0x1p63
    switch expression {
    case .negate(let operand): return range(of: operand).lowerBound <= -limit
    case .arithmetic(let operation, let left, let right):
      let (left, right) = (range(of: left), range(of: right))
      guard let result = exact(operation, left, right) else {
        // The least number has no counterpart above zero.
        return operation == .divide && left.lowerBound <= -limit && right.contains(-1)
      }
      return result.lowerBound < -limit || result.upperBound >= limit
    default: return false
    }
  }

  private func rewritten(_ expression: Expression) -> Expression {
    switch expression {
    case .column(let leaf, .doublePrecision):
      guard case .sizes(let range) = ranges[leaf], range != range.clamped(to: sizes) else { return expression }
      return bounded(expression)
    case .arithmetic(let operation, let left, let right):
      if [.integer, .bigint].contains(expression.type), canOverflow(expression) { return checked(expression) }
      return .arithmetic(operation, rewritten(left), rewritten(right))
    case .negate(let operand):
      if [.integer, .bigint].contains(expression.type), canOverflow(expression) { return checked(expression) }
      return .negate(rewritten(operand))
    // A result is made of what is stored: it looks nothing up.
    case .column, .literal, .lookup, .unnested: return expression
    case .comparison(let comparison, let left, let right):
      return .comparison(comparison, rewritten(left), rewritten(right))
    case .and(let operands): return .and(operands.map(rewritten))
    case .or(let operands): return .or(operands.map(rewritten))
    case .not(let operand): return .not(rewritten(operand))
    case .isNull(let operand): return .isNull(rewritten(operand))
    case .isTrue(let operand): return .isTrue(rewritten(operand))
    case .caseWhen(let branches, let otherwise):
      return .caseWhen(
        branches.map { .init(condition: rewritten($0.condition), value: rewritten($0.value)) },
        otherwise: rewritten(otherwise))
    case .coalesce(let operands): return .coalesce(operands.map(rewritten))
    case .cast(let operand, let type): return .cast(rewritten(operand), to: type)
    case .call(let function, let arguments, let type): return .call(function, arguments.map(rewritten), type)
    }
  }

  /// Computed in `numeric`, which has room for it, and NULL where the type has not.
  private func checked(_ expression: Expression) -> Expression {
    let type = expression.type
    if case .arithmetic(.divide, let left, let right) = expression {
      let (left, right) = (rewritten(left), rewritten(right))
      let lowest = Literal.integer(type == .integer ? Int64(Int32.min) : .min, type)
      let overflows = Expression.and([
        .comparison(.equal, left, .literal(lowest)), .comparison(.equal, right, .literal(.integer(-1, type))),
      ])
      return .caseWhen(
        [.init(condition: overflows, value: .literal(.null(type)))], otherwise: .arithmetic(.divide, left, right))
    }
    let (low, high) =
      type == .integer ? (Int128(Int32.min), Int128(Int32.max)) : (Int128(Int64.min), Int128(Int64.max))
    let value = inNumeric(expression)
    let isWithin = Expression.and([
      .comparison(.greaterOrEqual, value, .literal(.numeric(unscaled: low, scale: 0))),
      .comparison(.lessOrEqual, value, .literal(.numeric(unscaled: high, scale: 0))),
    ])
    return .caseWhen(
      [.init(condition: isWithin, value: .cast(value, to: type))], otherwise: .literal(.null(type)))
  }

  private func inNumeric(_ expression: Expression) -> Expression {
    switch expression {
    case .arithmetic(let operation, let left, let right) where operation != .divide && operation != .modulo:
      .arithmetic(operation, inNumeric(left), inNumeric(right))
    case .negate(let operand): .negate(inNumeric(operand))
    default: .cast(rewritten(expression), to: .numeric(scale: 0))
    }
  }
}

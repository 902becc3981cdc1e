import Events
import Functions
import Plan

/// A mistake that an operator of the engine could have.
///
/// It is planted in the plan that the engine is given, or in the statement that merges its rows, while Postgres is given the
/// definition as it is written: nothing in production knows of it.
struct PlantedFault: Sendable {
  var name: String
  private let change: @Sendable (inout AggregatePlan) -> Void
  private let merge: (@Sendable (String) -> String)?

  /// Whether it is in what merges rows, and not in plans.
  var isInStatements: Bool { merge != nil }

  func planted(in plan: StreamPlan) -> StreamPlan {
    var plan = plan
    for index in plan.aggregates.indices { change(&plan.aggregates[index]) }
    return plan
  }

  func statement(_ upsert: String) -> String { merge?(upsert) ?? upsert }

  // MARK: Catalogue

  static let all: [PlantedFault] = [
    PlantedFault("sums keep the greatest value") { plan in
      plan.eachAccumulator { part in
        // In the form in which the values are.
        guard part.function == .sum, part.argument?.type.physical == part.type.physical else { return }
        part.function = .max
      }
    },
    PlantedFault("counts count NULL") { plan in
      plan.eachAccumulator { if $0.function == .count { $0.argument = nil } }
    },
    PlantedFault("minima are maxima") { plan in
      plan.eachAccumulator { if $0.function == .min { $0.function = .max } }
    },
    PlantedFault("FILTER is passed over") { plan in plan.eachAccumulator { $0.filter = nil } },
    PlantedFault("WHERE lets NULL pass") { plan in
      plan.filter = plan.filter.map { .or([$0, .isNull($0)]) }
    },
    PlantedFault("< is <=") { plan in
      plan.eachExpression {
        guard case .comparison(.less, let left, let right) = $0 else { return nil }
        return .comparison(.lessOrEqual, left, right)
      }
    },
    PlantedFault("AND is OR") { plan in
      plan.eachExpression { if case .and(let operands) = $0 { .or(operands) } else { nil } }
    },
    PlantedFault("COALESCE takes its last value") { plan in
      plan.eachExpression { if case .coalesce(let operands) = $0 { .coalesce(operands.reversed()) } else { nil } }
    },
    PlantedFault("division by zero is NULL") { plan in
      plan.eachExpression {
        guard case .arithmetic(.divide, let left, let right) = $0 else { return nil }
        guard let zero = zero(right.type) else { return nil }
        let divisor = Expression.caseWhen(
          [.init(condition: .comparison(.equal, right, zero), value: .literal(.null(right.type)))], otherwise: right)
        return .arithmetic(.divide, left, divisor)
      }
    },
    PlantedFault("casts to whole numbers round down") { plan in
      plan.eachExpression {
        guard case .cast(let operand, let type) = $0, [.integer, .bigint].contains(type) else { return nil }
        guard case .numeric(let scale) = operand.type, scale > 0 else { return nil }
        let half = Expression.literal(.numeric(unscaled: scale == 1 ? 5 : 5 * power(scale - 1), scale: scale))
        return .cast(.arithmetic(.subtract, operand, half), to: type)
      }
    },
    PlantedFault("LIKE passes over case") { plan in
      plan.eachExpression {
        guard case .call(let function, let operands, let type) = $0, ["LIKE", "NOT LIKE"].contains(function.name) else {
          return nil
        }
        let other = ScalarFunction.named(function.name.replacing("LIKE", with: "ILIKE")).first
        return other.map { .call($0, operands, type) }
      }
    },
    PlantedFault("texts are ordered from the other end") { plan in
      plan.eachAccumulator { if $0.function == .max, $0.type == .text { $0.function = .min } }
    },
    PlantedFault("a list of texts lacks its last") { plan in
      plan.eachExpression {
        guard case .or(let operands) = $0, operands.count > 2 else { return nil }
        return .or(operands.dropLast())
      }
    },
    PlantedFault("windows of a zone are those of UTC") { plan in
      guard case .calendar(var windows) = plan.window, windows.zone != nil else { return }
      windows.zone = nil
      plan.window = .calendar(windows)
    },
    PlantedFault("windows are twice as long") { plan in
      if case .tumble(let size) = plan.window { plan.window = .tumble(sizeMicroseconds: 2 * size) }
    },
    PlantedFault("windows that overlap lack their last pane") { plan in
      guard case .hop(let slide, let size) = plan.window, size > slide else { return }
      plan.window = .hop(slideMicroseconds: slide, sizeMicroseconds: size - slide)
    },
    PlantedFault("HAVING shows the others") { plan in
      guard var having = plan.having else { return }
      having.expression = .not(having.expression)
      having.safeExpression = .not(having.safeExpression)
      plan.having = having
    },
    PlantedFault("a join finds no row") { plan in
      plan.eachExpression { if case .lookup = $0 { .literal(.null($0.type)) } else { nil } }
    },
    PlantedFault("a join finds the row of another time") { plan in
      plan.eachExpression {
        guard case .lookup(let value, let operands) = $0, value.hasValidity else { return nil }
        return .lookup(value, operands.dropLast() + [.literal(.integer(0, .timestamptz))])
      }
    },
    PlantedFault("every JOIN is a LEFT JOIN") { plan in
      guard plan.joins.contains(where: { !$0.isOuter }) else { return }
      // Whether there is a row is asked first.
      if case .and(let conditions)? = plan.filter {
        plan.filter = .and(Array(conditions.dropFirst()))
      } else {
        plan.filter = nil
      }
    },
    PlantedFault("the first element stands for all") { plan in
      guard let unnest = plan.unnest, case .array(let element) = unnest.array.type,
        let subscripted = ScalarFunction.named("[]").first
      else { return }
      let first = Expression.call(subscripted, [unnest.array, .literal(.integer(1, .integer))], element.type)
      plan.eachExpression { if case .unnested = $0 { first } else { nil } }
    },
    PlantedFault("an aggregate's rows are those of all events") { plan in
      guard case .cascade(let cascade) = plan.source, cascade.first.filter != nil else { return }
      if plan.filter == cascade.first.filter { plan.filter = nil }
    },
    PlantedFault("late events are taken") { plan in plan.latePolicy = .revise },
    PlantedFault("lateness is not allowed") { plan in plan.allowedLatenessMicroseconds = 0 },
    PlantedFault("nothing is too old") { plan in plan.retentionMicroseconds = nil },
    PlantedFault("samples are populations") { plan in
      plan.eachEstimate { estimate in
        switch estimate {
        case .spread(var spread):
          spread.isSample.toggle()
          return .spread(spread)
        case .exactSpread(var spread):
          spread.isSample.toggle()
          return .exactSpread(spread)
        default: return estimate
        }
      }
    },
    PlantedFault("percentiles count from the other end") { plan in
      plan.eachEstimate { estimate in
        switch estimate {
        case .continuousPercentile(let fraction): .continuousPercentile(1 - fraction)
        case .discretePercentile(let fraction, let type): .discretePercentile(1 - fraction, type)
        default: estimate
        }
      }
    },
    PlantedFault(merge: "a merge keeps the newer state") { upsert in
      upsert.split(separator: "\n").map { line in
        // A line such as `n = t.n + excluded.n,`.
        guard let old = line.firstRange(of: " = t."), let new = line.firstRange(of: " + excluded.") else {
          return String(line)
        }
        return line[..<old.lowerBound] + " = excluded." + line[new.upperBound...]
      }.joined(separator: "\n")
    },
  ]

  private init(_ name: String, _ change: @escaping @Sendable (inout AggregatePlan) -> Void) {
    self.name = name
    self.change = change
    merge = nil
  }

  private init(merge name: String, _ statement: @escaping @Sendable (String) -> String) {
    self.name = name
    change = { _ in }
    merge = statement
  }

  private static func power(_ exponent: Int) -> Int128 { (0..<exponent).reduce(1) { power, _ in power * 10 } }

  private static func zero(_ type: SQLType) -> Expression? {
    switch type {
    case .integer, .bigint: .literal(.integer(0, type))
    case .doublePrecision: .literal(.double(0))
    default: nil
    }
  }
}

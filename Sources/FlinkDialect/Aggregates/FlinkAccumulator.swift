import Events
import Plan

/// Aggregate functions in Flink SQL, over the rows of an aggregate's view.
struct FlinkAccumulators {
  let plan: AggregatePlan
  var expressions: FlinkExpressions

  /// Whether Flink can make the states that our table stores.
  static func canFill(_ plan: AggregatePlan) -> Bool {
    plan.accumulators.allSatisfy { accumulator in
      switch accumulator.function {
      case .count, .sum, .min, .max, .boolAnd, .boolOr, .sumOfSquares, .deviations: true
      case .first, .last: Encoding(accumulator.type) != nil
      // Refused by name, not for want of a table.
      case .histogram: true
      case .codeviations, .distinct, .quantiles, .frequencies: false
      }
    }
  }

  /// What the state's column is filled with.
  mutating func state(_ index: Int) -> String {
    let accumulator = plan.accumulators[index]
    let filter = accumulator.filter.map { " FILTER (WHERE \(expressions.text($0)))" } ?? ""
    guard let argument = accumulator.argument else { return "COUNT(*)\(filter)" }
    switch accumulator.function {
    case .count: return "COUNT(\(counted(argument)))\(filter)"
    case .sum:
      let type = accumulator.type.flinkName() ?? "DOUBLE"
      return "SUM(CAST(\(expressions.text(argument)) AS \(type)))\(filter)"
    case .min, .max:
      return sunk(
        "\(accumulator.function == .min ? "MIN" : "MAX")(\(expressions.text(argument)))\(filter)", accumulator)
    case .boolAnd, .boolOr:
      let value = expressions.text(argument)
      let number = "CASE WHEN \(value) THEN 1 WHEN NOT \(value) THEN 0 END"
      return "(\(accumulator.function == .boolAnd ? "MIN" : "MAX")(\(number))\(filter) = 1)"
    case .sumOfSquares: return squares(argument, accumulator, filter)
    case .deviations:
      let value = double(argument)
      expressions.findings.remark(
        "\(plan.name): spreads of floating-point numbers are computed from sums of squares by Flink; they lose digits where the mean is far greater than the spread."
      )
      return "(VAR_POP(\(value))\(filter) * COUNT(\(value))\(filter))"
    case .first, .last: return picked(argument, accumulator, filter)
    case .distinct, .quantiles, .frequencies, .codeviations, .histogram:
      return refuse(accumulator.function.rawValue)
    }
  }

  /// A result by Flink's own function.
  mutating func result(_ result: FlatPlan.Result) -> String {
    guard let last = result.parts.last else { return "NULL" }
    let accumulator = plan.accumulators[last]
    let filter = accumulator.filter.map { " FILTER (WHERE \(expressions.text($0)))" } ?? ""
    guard let argument = accumulator.argument else { return refuse(accumulator.function.rawValue) }
    switch result.estimate {
    case .distinctCount:
      expressions.findings.remark(
        "\(plan.name).\(result.column): COUNT(DISTINCT …) is exact and keeps every value of an open window; approx_count_distinct here is an estimate (docs/definitions.md)."
      )
      return "COUNT(DISTINCT \(expressions.text(argument)))\(filter)"
    case .continuousPercentile(let fraction):
      expressions.findings.remark(
        "\(plan.name).\(result.column): PERCENTILE is exact and keeps every value of an open window; percentile_cont here is within 1 % of the values."
      )
      return "PERCENTILE(\(double(argument)), \(fraction))\(filter)"
    case .spread(let spread):
      let name = (spread.isRoot ? "STDDEV_" : "VAR_") + (spread.isSample ? "SAMP" : "POP")
      expressions.findings.remark(
        "\(plan.name).\(result.column): Flink computes it from sums of squares; it loses digits where the mean is far greater than the spread."
      )
      return "\(name)(\(double(argument)))\(filter)"
    case .value where accumulator.function == .first || accumulator.function == .last:
      return picked(argument, accumulator, filter)
    case .discretePercentile: return refuse("percentile_disc")
    case .percentiles: return refuse("percentile_cont", hint: "write a call for each fraction")
    case .mode: return refuse("mode")
    case .mostFrequent: return refuse("approx_top_k")
    case .correlation: return refuse("corr")
    case .slope: return refuse("regr_slope")
    case .exactSpread, .value: return refuse(accumulator.function.rawValue)
    }
  }

  private mutating func refuse(_ name: String, hint: String? = nil) -> String {
    expressions.refuse(
      name, "\(name) has no counterpart in Flink SQL that means the same",
      hint ?? "leave the aggregate out with --without \(plan.name)")
  }

  private mutating func double(_ argument: Expression) -> String {
    let text = expressions.text(argument)
    return argument.type == .doublePrecision ? text : "CAST(\(text) AS DOUBLE)"
  }

  /// Whether there is a value is all that is asked, whatever its type.
  private mutating func counted(_ argument: Expression) -> String {
    if case .column(let index, _) = argument { return expressions.column(index) }
    return expressions.text(argument)
  }

  /// Times as the texts that Postgres reads, in UTC, which is the job's own zone.
  private func sunk(_ value: String, _ accumulator: AccumulatorPlan) -> String {
    switch accumulator.type {
    case .timestamptz: "(CAST(\(value) AS STRING) || '+00')"
    case .timestamp, .date: "CAST(\(value) AS STRING)"
    default: value
    }
  }

  private mutating func squares(_ argument: Expression, _ accumulator: AccumulatorPlan, _ filter: String) -> String {
    let digits: Int
    switch argument.type {
    case .integer: digits = 10
    case .bigint: digits = 19
    default: digits = expressions.digits(argument) ?? 39
    }
    guard digits <= 19 else {
      return expressions.refuse(
        nil, "squares of a numeric of more than 19 digits have more digits than Flink has",
        "declare the column with fewer digits, e.g. numeric(12, 2)")
    }
    let value = "CAST(\(expressions.text(argument)) AS DECIMAL(\(digits), \(argument.type.scale)))"
    return "SUM(CAST(\(value) * \(value) AS DECIMAL(38, \(2 * argument.type.scale))))\(filter)"
  }

  // MARK: The first and the last

  /// How a value stands behind its time in one that is compared as a whole.
  private enum Encoding {
    /// Above zero, and below the second.
    case number(offset: String, step: String)
    case text

    init?(_ type: SQLType) {
      switch type {
      case .integer, .bigint: self = .number(offset: "9223372036854775808", step: "100000000000000000000")
      case .text: self = .text
      default: return nil
      }
    }
  }

  private mutating func picked(_ argument: Expression, _ accumulator: AccumulatorPlan, _ filter: String) -> String {
    guard let encoding = Encoding(accumulator.type) else {
      return refuse(accumulator.function.rawValue, hint: "write it of a whole number or a text")
    }
    let name = accumulator.function == .first ? "MIN" : "MAX"
    let value = expressions.text(argument)
    expressions.findings.remark(
      "\(plan.name): \(accumulator.function.rawValue) goes by milliseconds in Flink, where event time has no more.")
    // TIMESTAMPDIFF takes whole seconds; the rest of one is in the text.
    let time = "DATE_FORMAT(\(FlinkSource.eventTime), 'yyyyMMddHHmmssSSS')"
    switch encoding {
    case .number(let offset, let step):
      let decimal = { (text: String) in "CAST(\(text) AS DECIMAL(38, 0))" }
      let key =
        "CAST(\(decimal(time)) * \(decimal("'\(step)'")) + \(decimal(value)) + \(decimal("'\(offset)'")) AS DECIMAL(38, 0))"
      return
        "CAST(MOD(\(name)(\(key))\(filter), \(decimal("'\(step)'"))) - \(decimal("'\(offset)'")) AS \(accumulator.type.flinkName() ?? "BIGINT"))"
    case .text: return "SUBSTRING(\(name)(\(time) || \(value))\(filter) FROM 18)"
    }
  }
}

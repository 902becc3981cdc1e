import Events
import Glibc

extension ScalarFunction {
  static let numberFunctions: [ScalarFunction] = wholeFunctions + doubleFunctions + numericFunctions

  // MARK: Whole numbers

  private static let wholeFunctions: [ScalarFunction] = [(Parameter.integer, SQLType.integer), (.bigint, .bigint)]
    .flatMap { parameter, type -> [ScalarFunction] in
      let lowest = type == .integer ? Int64(Int32.min) : .min
      return [
        .plain("abs", [parameter], type, canFail: true) { row throws(ScalarError) in
          let value = row.integer(0)
          guard value != lowest else { throw ScalarError(.outOfRange, "\(type.sqlName) out of range: abs(\(value))") }
          row.give(abs(value))
        },
        .plain("mod", [parameter, parameter], type, canFail: true) { row throws(ScalarError) in
          let (left, right) = (row.integer(0), row.integer(1))
          guard right != 0 else { throw ScalarError(.divisionByZero, "division by zero: mod(\(left), 0)") }
          row.give(right == -1 ? 0 : left % right)
        },
      ]
    }

  // MARK: Double precision

  private static let doubleFunctions: [ScalarFunction] = [
    double("abs") { $0.magnitude },
    // NaN is neither above nor below zero.
    double("sign") { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 },
    double("round") { $0.rounded(.toNearestOrEven) }, double("floor") { $0.rounded(.down) },
    double("ceil") { $0.rounded(.up) }, double("ceiling") { $0.rounded(.up) },
    double("trunc") { $0.rounded(.towardZero) },
    failing("sqrt") { value throws(ScalarError) in
      guard !(value < 0) else {
        throw ScalarError(.invalidPower, "cannot take square root of a negative number: \(value)")
      }
      return value.squareRoot()
    },
    failing("cbrt") { cbrt($0) },
    failing("exp") { value throws(ScalarError) in
      if value.isNaN { return value }
      if value.isInfinite { return value > 0 ? value : 0 }
      errno = 0
      let result = exp(value)
      if result.isInfinite { throw ScalarError(.outOfRange, "value out of range: overflow of exp(\(value))") }
      if result == 0 || errno == ERANGE {
        throw ScalarError(.outOfRange, "value out of range: underflow of exp(\(value))")
      }
      return result
    },
    failing("ln") { value throws(ScalarError) in log(try logarithmic(value)) },
    failing("log") { value throws(ScalarError) in log10(try logarithmic(value)) },
    failing("log10") { value throws(ScalarError) in log10(try logarithmic(value)) },
    power("power", .call), power("pow", .call), power("^", .infix),
    .plain("width_bucket", [.double, .double, .double, .integer], .integer, canFail: true) { row throws(ScalarError) in
      row.give(try bucket(row.double(0), row.double(1), row.double(2), row.integer(3)))
    },
  ]

  private static func double(_ name: String, _ compute: @escaping @Sendable (Double) -> Double) -> ScalarFunction {
    .plain(name, [.double], .doublePrecision) { row in row.give(compute(row.double(0))) }
  }

  private static func failing(
    _ name: String, _ compute: @escaping @Sendable (Double) throws(ScalarError) -> Double
  ) -> ScalarFunction {
    .plain(name, [.double], .doublePrecision, canFail: true) { row throws(ScalarError) in
      row.give(try compute(row.double(0)))
    }
  }

  private static func logarithmic(_ value: Double) throws(ScalarError) -> Double {
    if value == 0 { throw ScalarError(.invalidLogarithm, "cannot take logarithm of zero") }
    if value < 0 { throw ScalarError(.invalidLogarithm, "cannot take logarithm of a negative number: \(value)") }
    return value
  }

  private static func power(_ name: String, _ notation: Notation) -> ScalarFunction {
    .plain(name, [.double, .double], .doublePrecision, notation: notation, canFail: true) { row throws(ScalarError) in
      row.give(try power(row.double(0), row.double(1)))
    }
  }

  /// With the special cases of Postgres' `dpow`.
  private static func power(_ base: Double, _ exponent: Double) throws(ScalarError) -> Double {
    // POSIX: the power 0 of NaN, and any of 1, are 1.
    if base.isNaN { return exponent == 0 ? 1 : .nan }
    if exponent.isNaN { return base == 1 ? 1 : .nan }
    if base == 0, exponent < 0 {
      throw ScalarError(.invalidPower, "zero raised to a negative power is undefined: \(exponent)")
    }
    if base < 0, exponent.rounded(.down) != exponent {
      throw ScalarError(.invalidPower, "a negative number raised to a non-integer power yields a complex result")
    }
    if base.isInfinite || exponent.isInfinite { return pow(base, exponent) }
    errno = 0
    let result = pow(base, exponent)
    if result.isInfinite || (errno == ERANGE && result != 0) {
      throw ScalarError(.outOfRange, "value out of range: overflow of power(\(base), \(exponent))")
    }
    if result == 0, base != 0 {
      throw ScalarError(.outOfRange, "value out of range: underflow of power(\(base), \(exponent))")
    }
    return result
  }

  /// The number of the bucket among `count` of equal width; 0 and `count` + 1 for what lies outside.
  private static func bucket(_ value: Double, _ first: Double, _ last: Double, _ count: Int64) throws(ScalarError)
    -> Int64
  {
    func refusal(_ message: String) -> ScalarError { ScalarError(.invalidWidthBucket, message) }
    guard count > 0 else { throw refusal("count must be greater than zero: \(count)") }
    guard !value.isNaN, !first.isNaN, !last.isNaN else {
      throw refusal("operand, lower bound, and upper bound cannot be NaN")
    }
    guard first.isFinite, last.isFinite else { throw refusal("lower and upper bounds must be finite") }
    guard first != last else { throw refusal("lower bound cannot equal upper bound") }
    // Towards the other side everything is the same with the signs turned round.
    let isRising = first < last
    if isRising ? value < first : value > first { return 0 }
    if isRising ? value >= last : value <= last {
      guard count < Int64(Int32.max) else { throw ScalarError(.outOfRange, "integer out of range: \(count) + 1") }
      return count + 1
    }
    let place =
      Double(count) * (isRising ? value - first : first - value) / (isRising ? last - first : first - last) + 1
    guard place.isFinite, place < 0x1p31 else {
      throw ScalarError(.outOfRange, "value out of range: bounds of width_bucket that are too far apart")
    }
    return Int64(place)
  }
}

// MARK: The greatest and the least

extension ScalarFunction {
  /// Of equal values the first.
  static let choiceFunctions: [ScalarFunction] = ["greatest", "least"].flatMap { name -> [ScalarFunction] in
    let isGreatest = name == "greatest"
    func entry(
      _ parameter: Parameter, needsByteCollation: Bool = false,
      _ isBefore: @escaping @Sendable (CallRow, Int, Int) -> Bool
    ) -> ScalarFunction {
      ScalarFunction(
        name, [parameter], isVariadic: true, nullability: .allNull, needsByteCollation: needsByteCollation
      ) { preparation in
        PreparedFunction(preparation.types[0]) { row in
          var chosen = 0
          while row.isNull(chosen) { chosen += 1 }
          for other in chosen + 1..<max(row.count, chosen + 1) where !row.isNull(other) {
            if isGreatest ? isBefore(row, chosen, other) : isBefore(row, other, chosen) { chosen = other }
          }
          row.give(argument: chosen)
        }
      }
    }
    return [.integer, .bigint, .timestamptz, .timestamp, .date, .time].map { parameter in
      entry(parameter) { row, left, right in row.integer(left) < row.integer(right) }
    } + [
      entry(.numeric) { row, left, right in row.decimal(left) < row.decimal(right) },
      // NaN is greater than all else.
      entry(.double) { row, left, right in
        row.double(left) < row.double(right) || (row.double(right).isNaN && !row.double(left).isNaN)
      },
      entry(.boolean) { row, left, right in !row.boolean(left) && row.boolean(right) },
      entry(.uuid) { row, left, right in row.text(left).isBefore(row.text(right)) },
      entry(.bytea) { row, left, right in row.text(left).isBefore(row.text(right)) },
      entry(.text, needsByteCollation: true) { row, left, right in row.text(left).isBefore(row.text(right)) },
    ]
  }
}

extension TextView {
  /// Whether it comes first in the order of bytes.
  func isBefore(_ other: TextView) -> Bool {
    let order = memcmp(start, other.start, min(count, other.count))
    return order != 0 ? order < 0 : count < other.count
  }
}

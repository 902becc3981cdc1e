import Events

/// Division of `numeric`, whose decimal places Postgres chooses by the values: at least 16 digits that count. A column has its
/// places fixed, so that a quotient is always rounded or cut off to a number of places at once, as is Postgres' own.
enum Quotient {
  /// A divisor of more digits would leave the 128 bits in which remainders are multiplied by ten.
  private static let greatestDivisor = UInt128.max / 10 - 1

  /// The quotient with Postgres' places, and then with `places`.
  ///
  /// - Parameter rounding: of the second step: to the nearest or toward zero. The first one is to the nearest.
  static func value(
    _ left: Int128, scale leftScale: Int, by right: Int128, scale rightScale: Int, places: Int,
    _ rounding: Decimals.Rounding
  ) throws(ScalarError) -> Int128 {
    let (dividend, divisor) = try operands(left, right)
    let scale = scale(of: dividend, leftScale, divisor, rightScale)
    let kept = min(places, scale)
    var (quotient, rest) = dividend.quotientAndRemainder(dividingBy: divisor)
    var present = leftScale - rightScale
    // Of the places that are cut off, the first one, and whether those behind it would carry one on.
    var first: UInt128 = 0
    var areNines = true
    if present > kept {
      let cut = power(present - kept - 1)
      let dropped = quotient % (cut * 10)
      quotient /= cut * 10
      first = dropped / cut
      areNines = dropped % cut == cut - 1
    }
    while present < scale {
      let (digit, remainder) = (rest * 10).quotientAndRemainder(dividingBy: divisor)
      rest = remainder
      present += 1
      if present <= kept {
        quotient = quotient * 10 + digit
        guard quotient < power(Decimals.maximumScale) else { throw Decimals.outOfRange }
      } else if present == kept + 1 {
        first = digit
      } else {
        areNines = areNines && digit == 9
      }
    }
    let carries = rest * 10 / divisor >= 5
    if kept == scale {
      quotient += carries ? 1 : 0
    } else {
      first += carries && areNines ? 1 : 0
      if first == 10 || (rounding == .nearest && first >= 5) { quotient += 1 }
    }
    let value = try Decimals.rescale(try signed(quotient, left, right), by: places - kept)
    return try Decimals.checked(value)
  }

  /// The whole part of the quotient, as `div` has it.
  static func whole(
    _ left: Int128, scale leftScale: Int, by right: Int128, scale rightScale: Int
  ) throws(ScalarError) -> Int128 {
    let (dividend, divisor) = try operands(left, right)
    var (quotient, rest) = dividend.quotientAndRemainder(dividingBy: divisor)
    if leftScale > rightScale { quotient /= power(leftScale - rightScale) }
    var present = leftScale - rightScale
    while present < 0 {
      let (digit, remainder) = (rest * 10).quotientAndRemainder(dividingBy: divisor)
      quotient = quotient * 10 + digit
      guard quotient < power(Decimals.maximumScale) else { throw Decimals.outOfRange }
      rest = remainder
      present += 1
    }
    return try signed(quotient, left, right)
  }

  private static func operands(_ left: Int128, _ right: Int128) throws(ScalarError) -> (UInt128, UInt128) {
    guard right != 0 else { throw ScalarError(.divisionByZero, "division by zero") }
    guard right.magnitude <= greatestDivisor else { throw Decimals.outOfRange }
    return (left.magnitude, right.magnitude)
  }

  private static func signed(_ value: UInt128, _ left: Int128, _ right: Int128) throws(ScalarError) -> Int128 {
    let size = try Decimals.checked(Int128(truncatingIfNeeded: value))
    return (left < 0) == (right < 0) ? size : -size
  }

  private static func power(_ exponent: Int) -> UInt128 { Decimals.power(exponent).magnitude }

  // MARK: Places

  /// Postgres' `select_div_scale`, which goes by digits of 10,000.
  private static func scale(of left: UInt128, _ leftScale: Int, _ right: UInt128, _ rightScale: Int) -> Int {
    let (first, second) = (leading(left, leftScale), leading(right, rightScale))
    var weight = first.weight - second.weight
    if first.digit <= second.digit { weight -= 1 }
    return max(16 - weight * 4, leftScale, rightScale, 0)
  }

  /// The first digit of 10,000, and its place before the point.
  private static func leading(_ value: UInt128, _ scale: Int) -> (digit: UInt128, weight: Int) {
    guard value != 0 else { return (0, 0) }
    var count = 0
    while count < Decimals.maximumScale, value >= power(count) { count += 1 }
    if count == Decimals.maximumScale, value >= power(count) { count += 1 }
    let exponent = count - 1 - scale
    let weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4)
    let digits = exponent - weight * 4 + 1
    return (count >= digits ? value / power(count - digits) : value * power(digits - count), weight)
  }
}

extension ScalarFunction {
  /// Quotients with what becomes of them. Their names are not those of functions: `round(a / b, 2)` is read as one of them.
  static let quotientFunctions: [ScalarFunction] =
    [("round", Decimals.Rounding.nearest), ("trunc", .towardZero)].map { name, rounding in
      ScalarFunction(
        "/ \(name)", [.numeric, .numeric, .integer], notation: .quotient, canFail: true, constants: [2]
      ) { preparation throws(PreparationError) in
        guard let number = preparation.integer(2), (0...38).contains(number) else {
          throw PreparationError(
            "a quotient is rounded to a constant number of places, 0 to 38", hint: "write \(name)(a / b, 6)",
            argument: 2)
        }
        return quotient(preparation, places: Int(number), rounding)
      }
    } + [
      ScalarFunction(
        "/ ::numeric", [.numeric, .numeric, .integer, .integer], notation: .quotient, canFail: true, constants: [2, 3]
      ) { preparation throws(PreparationError) in
        let (digits, places) = try precision(preparation, at: 2)
        return quotient(preparation, places: places, .nearest, digits: digits)
      },
      ScalarFunction("div", [.numeric, .numeric], canFail: true) { preparation in
        let (left, right) = (preparation.scale(0), preparation.scale(1))
        return PreparedFunction(.numeric(scale: 0)) { row throws(ScalarError) in
          row.give(try Quotient.whole(row.decimal(0), scale: left, by: row.decimal(1), scale: right))
        }
      },
    ]

  private static func quotient(
    _ preparation: Preparation, places: Int, _ rounding: Decimals.Rounding, digits: Int = Decimals.maximumScale
  ) -> PreparedFunction {
    let (left, right) = (preparation.scale(0), preparation.scale(1))
    let bound = Decimals.power(digits).magnitude
    return PreparedFunction(.numeric(scale: places)) { row throws(ScalarError) in
      let value = try Quotient.value(
        row.decimal(0), scale: left, by: row.decimal(1), scale: right, places: places, rounding)
      guard value.magnitude < bound else {
        throw ScalarError(.outOfRange, "numeric field overflow: more than \(digits) digits")
      }
      row.give(value)
    }
  }
}

import Events

extension ScalarFunction {
  /// Of `numeric`. Postgres chooses the places of a quotient, a root or a power by the value: a column has them fixed.
  static let numericFunctions: [ScalarFunction] =
    [
      arithmetic("+") { left, right throws(ScalarError) in try Decimals.add(left, right) },
      arithmetic("-") { left, right throws(ScalarError) in try Decimals.add(left, -right) },
      arithmetic("%", remainder),
      remainderFunction,
      ScalarFunction("*", [.numeric, .numeric], notation: .infix, canFail: true) {
        preparation throws(PreparationError) in
        let scale = preparation.scale(0) + preparation.scale(1)
        guard scale <= Decimals.maximumScale else {
          throw PreparationError("the product has more than 38 decimal places", hint: "cast to double precision")
        }
        return PreparedFunction(.numeric(scale: scale)) { row throws(ScalarError) in
          row.give(try Decimals.multiply(row.decimal(0), row.decimal(1)))
        }
      },
      ScalarFunction("-", [.numeric], notation: .infix) { preparation in
        PreparedFunction(preparation.types[0]) { row in row.give(-row.decimal(0)) }
      },
      ScalarFunction("abs", [.numeric]) { preparation in
        PreparedFunction(preparation.types[0]) { row in row.give(row.decimal(0) < 0 ? -row.decimal(0) : row.decimal(0))
        }
      },
      .plain("sign", [.numeric], .numeric(scale: 0)) { row in row.give(row.decimal(0).signum()) },
      rounding("round", .nearest), rounding("trunc", .towardZero), rounding("floor", .down), rounding("ceil", .up),
      rounding("ceiling", .up), places("round", .nearest), places("trunc", .towardZero),
      .refused("power", [.numeric, .numeric], castHint), .refused("pow", [.numeric, .numeric], castHint),
      .refused("^", [.numeric, .numeric], castHint), .refused("sqrt", [.numeric], castHint),
      .refused("exp", [.numeric], castHint), .refused("ln", [.numeric], castHint),
      .refused("log", [.numeric], castHint), .refused("log10", [.numeric], castHint),
      .refused("log", [.numeric, .numeric], "write ln(x::double precision) / ln(b::double precision)"),
      .refused("width_bucket", [.numeric, .numeric, .numeric, .integer], castHint),
    ] + casts + quotientFunctions

  /// The two constants of `numeric(12, 2)`, of which the first is the argument of that number.
  static func precision(
    _ preparation: Preparation, at argument: Int
  ) throws(PreparationError) -> (digits: Int, places: Int) {
    guard let digits = preparation.integer(argument), let places = preparation.integer(argument + 1),
      (1...38).contains(digits), (0...digits).contains(places)
    else {
      throw PreparationError(
        "a numeric has up to 38 digits, and no more decimal places than digits", hint: "write numeric(12, 2)",
        argument: argument)
    }
    return (Int(digits), Int(places))
  }

  /// To a number of digits, of which so many stand behind the point: `x::numeric(12, 2)`.
  private static let casts: [ScalarFunction] = [Parameter.integer, .bigint, .numeric, .double].map { parameter in
    ScalarFunction("::numeric", [parameter, .integer, .integer], notation: .cast, canFail: true, constants: [1, 2]) {
      preparation throws(PreparationError) in
      let (digits, scale) = try precision(preparation, at: 1)
      let bound = Decimals.power(digits)
      let from = preparation.scale(0)
      return PreparedFunction(.numeric(scale: scale)) { row throws(ScalarError) in
        let value =
          switch parameter {
          case .double: try Decimals.rounded(row.double(0), scale: scale)
          case .numeric where from > scale: Decimals.drop(from - scale, of: row.decimal(0), .nearest)
          case .numeric: try Decimals.rescale(row.decimal(0), by: scale - from)
          default: try Decimals.rescale(Int128(row.integer(0)), by: scale)
          }
        guard value.magnitude < bound.magnitude else {
          throw ScalarError(.outOfRange, "numeric field overflow: more than \(digits) digits")
        }
        row.give(value)
      }
    }
  }

  private static let castHint = "cast to double precision"
  public static let quotientHint =
    "the number of its decimal places would depend on the values: write round(a / b, 6) or (a / b)::numeric(20, 6), or "
    + "cast one side to double precision"

  /// Of two numbers, with as many places as the one that has more.
  private static func arithmetic(
    _ name: String, _ compute: @escaping @Sendable (Int128, Int128) throws(ScalarError) -> Int128
  ) -> ScalarFunction {
    ScalarFunction(name, [.numeric, .numeric], notation: .infix, canFail: true) { preparation in
      aligned(preparation, compute)
    }
  }

  private static let remainderFunction = ScalarFunction("mod", [.numeric, .numeric], canFail: true) { preparation in
    aligned(preparation, remainder)
  }

  private static func aligned(
    _ preparation: Preparation, _ compute: @escaping @Sendable (Int128, Int128) throws(ScalarError) -> Int128
  ) -> PreparedFunction {
    let scale = max(preparation.scale(0), preparation.scale(1))
    let (left, right) = (scale - preparation.scale(0), scale - preparation.scale(1))
    return PreparedFunction(.numeric(scale: scale)) { row throws(ScalarError) in
      row.give(
        try compute(try Decimals.rescale(row.decimal(0), by: left), try Decimals.rescale(row.decimal(1), by: right)))
    }
  }

  @Sendable private static func remainder(_ left: Int128, _ right: Int128) throws(ScalarError) -> Int128 {
    guard right != 0 else { throw ScalarError(.divisionByZero, "division by zero: numeric % 0") }
    return right == -1 ? 0 : left % right
  }

  /// To a whole number.
  private static func rounding(_ name: String, _ rounding: Decimals.Rounding) -> ScalarFunction {
    ScalarFunction(name, [.numeric]) { preparation in
      let scale = preparation.scale(0)
      return PreparedFunction(.numeric(scale: 0)) { row in row.give(Decimals.drop(scale, of: row.decimal(0), rounding))
      }
    }
  }

  /// To a number of places; below zero, to tens, hundreds, ….
  private static func places(_ name: String, _ rounding: Decimals.Rounding) -> ScalarFunction {
    ScalarFunction(name, [.numeric, .integer], canFail: true, constants: [1]) { preparation throws(PreparationError) in
      guard let places = preparation.integer(1), (-38...38).contains(places) else {
        throw PreparationError("\(name) takes -38 to 38 decimal places", hint: "write \(name)(x, 2)", argument: 1)
      }
      let kept = Int(places)
      let dropped = preparation.scale(0) - kept
      return PreparedFunction(.numeric(scale: max(kept, 0))) { row throws(ScalarError) in
        let value = row.decimal(0)
        guard dropped > 0 else { return row.give(try Decimals.rescale(value, by: -dropped)) }
        row.give(try Decimals.rescale(Decimals.drop(dropped, of: value, rounding), by: max(-kept, 0)))
      }
    }
  }
}

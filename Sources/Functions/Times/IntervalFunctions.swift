import Events

extension ScalarFunction {
  /// Intervals that differ from event to event.
  static let intervalFunctions: [ScalarFunction] = differences + sums + sumsOfDays + products + parts + constants

  private static let moments: [(parameter: Parameter, type: SQLType)] = [
    (.timestamptz, .timestamptz), (.timestamp, .timestamp),
  ]

  private static let differences: [ScalarFunction] =
    moments.flatMap { parameter, _ -> [ScalarFunction] in
      [
        .plain("-", [parameter, parameter], .interval, notation: .infix, canFail: true) { row throws(ScalarError) in
          row.give(try IntervalValue.difference(row.integer(0), row.integer(1)))
        },
        .plain("age", [parameter, parameter], .interval) { row in
          row.give(IntervalValue.age(row.integer(0), row.integer(1)))
        },
      ]
    } + [
      .plain("-", [.time, .time], .interval, notation: .infix) { row in
        row.give(IntervalValue(microseconds: row.integer(0) - row.integer(1)))
      },
      .refused("age", [.timestamptz], nowHint), .refused("age", [.timestamp], nowHint),
    ]

  private static let nowHint = "a definition gives the same rows whenever it runs: write age(a, b)"

  private static let sums: [ScalarFunction] =
    [
      .plain("+", [.span, .span], .interval, notation: .infix, canFail: true) { row throws(ScalarError) in
        row.give(try row.interval(0) + row.interval(1))
      },
      .plain("-", [.span, .span], .interval, notation: .infix, canFail: true) { row throws(ScalarError) in
        row.give(try row.interval(0) - row.interval(1))
      },
      .plain("-", [.span], .interval, notation: .infix, canFail: true) { row throws(ScalarError) in
        row.give(try row.interval(0).negated())
      },
    ]
    + moments.flatMap { parameter, type -> [ScalarFunction] in
      [
        .plain("+", [parameter, .span], type, notation: .infix, canFail: true) { row throws(ScalarError) in
          row.give(try row.interval(1).constant.added(to: row.integer(0)))
        },
        .plain("+", [.span, parameter], type, notation: .infix, canFail: true) { row throws(ScalarError) in
          row.give(try row.interval(0).constant.added(to: row.integer(1)))
        },
        .plain("-", [parameter, .span], type, notation: .infix, canFail: true) { row throws(ScalarError) in
          row.give(try row.interval(1).negated().constant.added(to: row.integer(0)))
        },
      ]
    }

  private static let sumsOfDays: [ScalarFunction] = [("+", false), ("-", true)].flatMap {
    name, isNegated -> [ScalarFunction] in
    [
      .plain(name, [.date, .span], .timestamp, notation: .infix, canFail: true) { row throws(ScalarError) in
        let interval = row.interval(1)
        let start = try CivilTime.time(days: row.integer(0))
        row.give(try (isNegated ? interval.negated() : interval).constant.added(to: start))
      },
      // Months and days are left out of account, and the clock goes round.
      .plain(name, [.time, .span], .time, notation: .infix) { row in
        let length = row.interval(1).microseconds % CivilTime.day
        let sum = (row.integer(0) + (isNegated ? -length : length)) % CivilTime.day
        row.give(sum < 0 ? sum + CivilTime.day : sum)
      },
    ]
  }

  private static let products: [ScalarFunction] = [
    .plain("*", [.span, .double], .interval, notation: .infix, canFail: true) { row throws(ScalarError) in
      row.give(try row.interval(0).scaled(by: row.double(1), isDivided: false))
    },
    .plain("*", [.double, .span], .interval, notation: .infix, canFail: true) { row throws(ScalarError) in
      row.give(try row.interval(1).scaled(by: row.double(0), isDivided: false))
    },
    .plain("/", [.span, .double], .interval, notation: .infix, canFail: true) { row throws(ScalarError) in
      guard row.double(1) != 0 else { throw ScalarError(.divisionByZero, "division by zero") }
      row.give(try row.interval(0).scaled(by: row.double(1), isDivided: true))
    },
  ]

  private static let parts: [ScalarFunction] = [
    ScalarFunction("extract", [.text, .span], notation: .extract, constants: [0]) {
      preparation throws(PreparationError) in
      let field = try field(preparation)
      return PreparedFunction(.numeric(scale: field.scale)) { row in row.give(field.value(of: row.interval(1))) }
    },
    ScalarFunction("date_part", [.text, .span], constants: [0]) { preparation throws(PreparationError) in
      let field = try field(preparation)
      return PreparedFunction(.doublePrecision) { row in row.give(field.double(of: row.interval(1))) }
    },
  ]

  private static func field(_ preparation: Preparation) throws(PreparationError) -> TimeField {
    guard let name = preparation.text(0), let field = TimeField(name: name), field.isOfInterval else {
      throw PreparationError(
        "an interval has no such part",
        hint: "its parts are \(TimeField.allCases.filter(\.isOfInterval).map(\.rawValue).joined(separator: ", "))")
    }
    return field
  }

  /// A constant where an interval is wanted that need not be one.
  private static let constants: [ScalarFunction] = [
    ScalarFunction(intervalConstant, [.interval], notation: .constant) { preparation throws(PreparationError) in
      guard let constant = preparation.text(0).flatMap({ ConstantInterval($0) }) else {
        throw PreparationError("the interval is not supported", hint: ConstantInterval.form)
      }
      let value = IntervalValue(constant)
      return PreparedFunction(.interval) { row in row.give(value) }
    }
  ]

  /// What the entry of the catalogue is called that makes a value of a constant INTERVAL. No definition can write it.
  public static let intervalConstant = "INTERVAL"
}

extension Int128 {
  /// What a column's interval is compared by.
  public var intervalSpan: Int128 { IntervalValue(packed: self).span }
}

extension CallRow {
  func interval(_ argument: Int) -> IntervalValue { IntervalValue(packed: decimal(argument)) }
  func give(_ value: IntervalValue) { give(value.packed) }
}

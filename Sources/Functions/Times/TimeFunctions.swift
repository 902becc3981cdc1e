import Events
import TimeZones

extension ScalarFunction {
  static let timeFunctions: [ScalarFunction] =
    truncations + parts + differences + sums + zoned + [
      .plain("to_timestamp", [.double], .timestamptz, canFail: true) { row throws(ScalarError) in
        row.give(try timestamp(ofEpoch: row.double(0)))
      }
    ]
}

private let times: [(parameter: Parameter, type: SQLType)] = [(.timestamptz, .timestamptz), (.timestamp, .timestamp)]

/// As Postgres does it: in doubles, counted from 2000.
private func timestamp(ofEpoch seconds: Double) throws(ScalarError) -> Int64 {
  guard !seconds.isNaN else { throw ScalarError(.timeOutOfRange, "timestamp cannot be NaN") }
  let epoch = 946_684_800.0
  let microseconds = ((seconds - epoch) * 1_000_000).rounded(.toNearestOrEven)
  guard seconds.isFinite, microseconds >= -0x1p63, microseconds < 0x1p63 else {
    throw ScalarError(.timeOutOfRange, "timestamp out of range: to_timestamp(\(seconds))")
  }
  return try CivilTime.add(Int64(microseconds), Int64(epoch) * 1_000_000)
}

// MARK: Cutting off

private let truncations: [ScalarFunction] =
  times.map { parameter, type in
    ScalarFunction("date_trunc", [.text, parameter], canFail: true, constants: [0]) {
      preparation throws(PreparationError) in
      let unit = try unit(preparation)
      return PreparedFunction(type) { row throws(ScalarError) in row.give(try unit.begin(of: row.integer(1))) }
    }
  } + [
    ScalarFunction("date_trunc", [.text, .timestamptz, .zone], canFail: true, constants: [0]) {
      preparation throws(PreparationError) in
      let unit = try unit(preparation)
      let zone = try zone(preparation, 2)
      return PreparedFunction(.timestamptz) { row throws(ScalarError) in
        let instant = row.integer(1)
        let local = try zone.checkedLocal(of: instant)
        let begin = try unit.begin(of: local)
        // Within a day the offset stays what it was.
        row.give(
          unit.isOfCalendar ? try zone.checkedInstant(ofLocal: begin) : try CivilTime.add(begin, instant - local))
      }
    }
  ]
  + times.map { parameter, type in
    ScalarFunction("date_bin", [.interval, parameter, parameter], canFail: true) {
      preparation throws(PreparationError) in
      guard let stride = preparation.text(0).flatMap({ ConstantInterval($0) }), stride.months == 0 else {
        throw PreparationError("date_bin takes an INTERVAL of days or less", hint: "for months, write date_trunc")
      }
      let (days, overflow) = stride.days.multipliedReportingOverflow(by: CivilTime.day)
      let (length, tooLong) = days.addingReportingOverflow(stride.microseconds)
      guard !overflow, !tooLong, length > 0 else {
        throw PreparationError("the stride must be greater than zero", hint: "write INTERVAL '15 minutes'")
      }
      return PreparedFunction(type) { row throws(ScalarError) in
        let (time, origin) = (row.integer(1), row.integer(2))
        let (distance, overflow) = time.subtractingReportingOverflow(origin)
        if overflow { throw CivilTime.outOfRange }
        // Towards negative infinity.
        let rest = distance % length
        row.give(try CivilTime.add(time, rest < 0 ? -rest - length : -rest))
      }
    }
  }

private func unit(_ preparation: Preparation) throws(PreparationError) -> TimeUnit {
  guard let name = preparation.text(0), let unit = TimeUnit(name) else {
    throw PreparationError("date_trunc has no such unit", hint: TimeUnit.form)
  }
  return unit
}

// MARK: Parts

private let parts: [ScalarFunction] =
  [Parameter.timestamptz, .timestamp, .time, .date].flatMap { parameter -> [ScalarFunction] in
    [
      ScalarFunction("extract", [.text, parameter], notation: .extract, constants: [0]) {
        preparation throws(PreparationError) in
        let field = try field(preparation, of: parameter)
        guard parameter != .date else {
          return PreparedFunction(.numeric(scale: 0)) { row in row.give(Int128(field.value(ofDate: row.integer(1)))) }
        }
        let isClock = parameter == .time
        return PreparedFunction(.numeric(scale: field.scale)) { row in
          let time = row.integer(1)
          row.give(Int128(isClock ? field.value(ofClock: time) : field.value(of: time)))
        }
      },
      ScalarFunction("date_part", [.text, parameter], canFail: true, constants: [0]) {
        preparation throws(PreparationError) in
        let field = try field(preparation, of: parameter)
        guard parameter != .date else {
          // By way of a timestamp, which does not reach so far.
          return PreparedFunction(.doublePrecision) { row throws(ScalarError) in
            row.give(field.double(of: try CivilTime.time(days: row.integer(1))))
          }
        }
        let isClock = parameter == .time
        return PreparedFunction(.doublePrecision) { row in
          let time = row.integer(1)
          row.give(isClock ? field.double(ofClock: time) : field.double(of: time))
        }
      },
    ]
  }

private func field(_ preparation: Preparation, of parameter: Parameter) throws(PreparationError) -> TimeField {
  guard let name = preparation.text(0), let field = TimeField(name: name) else {
    throw PreparationError("there is no such part of a time", hint: TimeField.form)
  }
  guard parameter != .time || field.isOfClock, parameter != .date || field.isOfDate else {
    throw PreparationError(
      "\(parameter.name) has no \(field.rawValue)",
      hint: parameter == .time ? "a time of day has hour, minute, second and epoch" : "cast it to timestamp")
  }
  return field
}

// MARK: Sums and differences

private let sums: [ScalarFunction] =
  [("+", false), ("-", true)].flatMap { name, isNegated -> [ScalarFunction] in
    let moments = times.map { parameter, type in
      ScalarFunction(name, [parameter, .interval], notation: .infix, canFail: true) {
        preparation throws(PreparationError) in
        let interval = try interval(preparation, 1, isNegated: isNegated)
        return PreparedFunction(type) { row throws(ScalarError) in row.give(try interval.added(to: row.integer(0))) }
      }
    }
    let reversed =
      isNegated
      ? []
      : times.map { parameter, type in
        ScalarFunction(name, [.interval, parameter], notation: .infix, canFail: true) {
          preparation throws(PreparationError) in
          let interval = try interval(preparation, 0, isNegated: isNegated)
          return PreparedFunction(type) { row throws(ScalarError) in row.give(try interval.added(to: row.integer(1))) }
        }
      }
    return moments + reversed + [
      ScalarFunction(name, [.date, .interval], notation: .infix, canFail: true) {
        preparation throws(PreparationError) in
        let interval = try interval(preparation, 1, isNegated: isNegated)
        return PreparedFunction(.timestamp) { row throws(ScalarError) in
          row.give(try interval.added(to: try CivilTime.time(days: row.integer(0))))
        }
      },
      // Months and days are left out of account, and the clock goes round.
      ScalarFunction(name, [.time, .interval], notation: .infix) { preparation throws(PreparationError) in
        let length = try interval(preparation, 1, isNegated: isNegated).microseconds % CivilTime.day
        return PreparedFunction(.time) { row in
          let sum = (row.integer(0) + length) % CivilTime.day
          row.give(sum < 0 ? sum + CivilTime.day : sum)
        }
      },
      .plain(name, [.date, .integer], .date, notation: .infix, canFail: true) { row throws(ScalarError) in
        row.give(try date(row.integer(0), isNegated ? -row.integer(1) : row.integer(1)))
      },
    ]
  } + [
    .plain("+", [.integer, .date], .date, notation: .infix, canFail: true) { row throws(ScalarError) in
      row.give(try date(row.integer(1), row.integer(0)))
    },
    .plain("+", [.date, .time], .timestamp, notation: .infix, canFail: true) { row throws(ScalarError) in
      row.give(try CivilTime.time(days: row.integer(0), rest: row.integer(1)))
    },
    .plain("+", [.time, .date], .timestamp, notation: .infix, canFail: true) { row throws(ScalarError) in
      row.give(try CivilTime.time(days: row.integer(1), rest: row.integer(0)))
    },
  ]

private func interval(
  _ preparation: Preparation, _ position: Int, isNegated: Bool
) throws(PreparationError) -> ConstantInterval {
  guard let interval = preparation.text(position).flatMap({ ConstantInterval($0) }) else {
    throw PreparationError("the interval is not supported", hint: ConstantInterval.form, argument: position)
  }
  return isNegated ? interval.negated : interval
}

private func date(_ days: Int64, _ more: Int64) throws(ScalarError) -> Int64 {
  let sum = days + more
  guard CivilTime.dates.contains(sum) else { throw ScalarError(.timeOutOfRange, "date out of range: \(sum)") }
  return sum
}

private let differences: [ScalarFunction] = [
  .plain("-", [.date, .date], .integer, notation: .infix) { row in row.give(row.integer(0) - row.integer(1)) }
]

// MARK: Time zones

private let zoned: [ScalarFunction] = [
  ScalarFunction("timezone", [.zone, .timestamptz], canFail: true) {
    preparation throws(PreparationError) in
    let zone = try zone(preparation, 0)
    return PreparedFunction(.timestamp) { row throws(ScalarError) in
      row.give(try zone.checkedLocal(of: row.integer(1)))
    }
  },
  ScalarFunction("timezone", [.zone, .timestamp], canFail: true) {
    preparation throws(PreparationError) in
    let zone = try zone(preparation, 0)
    return PreparedFunction(.timestamptz) { row throws(ScalarError) in
      row.give(try zone.checkedInstant(ofLocal: row.integer(1)))
    }
  },
]

private func zone(_ preparation: Preparation, _ position: Int) throws(PreparationError) -> ZoneRules {
  guard case .zone(let zone)? = preparation.constants[position] else {
    throw PreparationError("a constant time zone is wanted", argument: position)
  }
  return zone
}

extension ZoneRules {
  /// No offset is longer.
  private static let margin = 2 * CivilTime.day

  fileprivate func checkedLocal(of instant: Int64) throws(ScalarError) -> Int64 {
    guard instant < .max - ZoneRules.margin else { throw CivilTime.outOfRange }
    return try CivilTime.add(local(of: instant), 0)
  }

  fileprivate func checkedInstant(ofLocal local: Int64) throws(ScalarError) -> Int64 {
    guard local < .max - ZoneRules.margin else { throw CivilTime.outOfRange }
    return try CivilTime.add(instant(ofLocal: local), 0)
  }
}

import Events
import JSON

/// Random expressions of the whole language as they are written in a definition.
struct RandomExpressions {
  var random: RandomValues
  /// What they are over: at least one column of each type.
  let columns: [EventColumn]

  init(seed: UInt64, over columns: [EventColumn] = EventColumn.all) {
    random = RandomValues(seed: seed)
    self.columns = columns
  }

  private mutating func pick(_ values: [String]) -> String { random.pick(values) }

  /// - Parameter depth: how many operators may stand inside of one another.
  mutating func expression(of type: SQLType, depth: Int) -> String {
    if depth <= 0 || random.chance(6) { return leaf(of: type) }
    if random.chance(8) { return common(type, depth - 1) }
    switch type {
    case .boolean: return boolean(depth - 1)
    case .integer: return integer(depth - 1)
    case .bigint: return bigint(depth - 1)
    case .numeric: return numeric(depth - 1)
    case .doublePrecision: return double(depth - 1)
    case .text: return text(depth - 1)
    case .timestamptz: return timestamptz(depth - 1)
    case .timestamp: return timestamp(depth - 1)
    case .date: return date(depth - 1)
    case .time: return time(depth - 1)
    case .jsonb: return jsonb(depth - 1)
    default: return leaf(of: type)
    }
  }

  /// A column, or now and then a constant beside one.
  private mutating func leaf(of type: SQLType) -> String {
    pick(columns.filter { $0.parameter == type }.map(\.name))
  }

  /// What every type has.
  private mutating func common(_ type: SQLType, _ depth: Int) -> String {
    let (first, second) = (expression(of: type, depth: depth), expression(of: type, depth: depth))
    if type == .jsonb { return "CASE WHEN \(boolean(depth)) THEN \(first) ELSE NULL END" }
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return "CASE WHEN \(boolean(depth)) THEN \(first) ELSE \(second) END"
    case 1: return "coalesce(\(first), \(second))"
    case 2: return "nullif(\(first), \(second))"
    case 3 where type == .text: return "\(pick(["greatest", "least"]))(\(first) COLLATE \"C\", \(second))"
    case 3: return "\(pick(["greatest", "least"]))(\(first), \(second))"
    default: return "CASE \(expression(of: .integer, depth: 0)) WHEN \(small()) THEN \(first) ELSE \(second) END"
    }
  }

  private mutating func small() -> String { String(Int.random(in: -3...7, using: &random)) }

  private mutating func boolean(_ depth: Int) -> String {
    func of(_ type: SQLType, _ self: inout RandomExpressions) -> String { self.expression(of: type, depth: depth) }
    switch Int.random(in: 0..<14, using: &random) {
    case 12:
      let comparison = pick(["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"])
      return "(\(intervalValue(depth)) \(comparison) \(random.chance(2) ? interval() : intervalValue(depth)))"
    case 13:
      // What goes by classes or passes over case needs the collation.
      if random.chance(4) {
        let pattern = pick(["^a", "b$", "[ab]+", "a|é", "^.{2,4}$", "(ab)*1", "[^a-z]", "日?", "a b", "", "[Bé]{1,2}"])
        return "(\(of(.text, &self)) \(pick(["~", "!~"])) \(quoted(pattern)))"
      }
      let pattern = RandomPatterns.pattern(&random, depth: Int.random(in: 0...2, using: &random))
      return "(\(of(.text, &self)) COLLATE \"C\" \(pick(["~", "!~", "~*", "!~*"])) \(quoted(pattern)))"
    case 0: return "(\(of(.boolean, &self)) \(pick(["AND", "OR"])) \(of(.boolean, &self)))"
    case 1: return "(NOT \(of(.boolean, &self)))"
    case 2: return "(\(of(random.pick(SQLType.tried), &self)) IS \(pick(["", "NOT "]))NULL)"
    case 3:
      let pattern = random.chance(4) ? of(.text, &self) : quoted(likePattern())
      return "(\(of(.text, &self)) \(pick(["LIKE", "NOT LIKE"])) \(pattern))"
    case 4: return "(\(of(.text, &self)) COLLATE \"C\" \(pick(["ILIKE", "NOT ILIKE"])) \(quoted(likePattern())))"
    case 5: return "(\(of(.text, &self)) COLLATE \"C\" \(pick(["<", "<=", ">", ">="])) \(of(.text, &self)))"
    case 6: return "starts_with(\(of(.text, &self)), \(quoted(word())))"
    case 7:
      return "(\(of(.text, &self)) \(pick(["= ANY", "<> ALL"])) (ARRAY[\(quoted(word())), \(quoted(word())), NULL]))"
    case 8: return "(\(of(.text, &self)) LIKE \(quoted("%a!%%")) ESCAPE '!')"
    case 9: return "(\(of(.jsonb, &self)) ? \(quoted(pick(["a", "b", "é", ""]))))"
    default:
      let type = random.pick(SQLType.tried.filter { $0 != .text })
      let comparison = pick(["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"])
      return "(\(of(type, &self)) \(comparison) \(of(type, &self)))"
    }
  }

  private mutating func integer(_ depth: Int) -> String {
    let text = expression(of: .text, depth: depth)
    switch Int.random(in: 0..<11, using: &random) {
    case 0: return "\(pick(["length", "char_length", "octet_length", "bit_length", "ascii"]))(\(text))"
    case 1: return "strpos(\(text), \(quoted(word())))"
    case 2: return "position(\(quoted(word())) IN \(text))"
    case 3: return "abs(\(expression(of: .integer, depth: depth)))"
    case 4: return "mod(\(expression(of: .integer, depth: depth)), \(expression(of: .integer, depth: depth)))"
    case 5:
      return "width_bucket(\(expression(of: .doublePrecision, depth: depth)), \(small()), \(small()), \(small()))"
    case 6: return "(\(expression(of: .numeric(scale: 2), depth: depth))::integer)"
    case 7: return "(\(expression(of: .date, depth: depth)) - \(expression(of: .date, depth: depth)))"
    case 8: return "jsonb_array_length(\(expression(of: .jsonb, depth: depth)))"
    case 9:
      let bounds = (leaf(of: .doublePrecision), leaf(of: .doublePrecision))
      return "width_bucket(\(expression(of: .doublePrecision, depth: depth)), \(bounds.0), \(bounds.1), 5)"
    default:
      let symbol = pick(["+", "-", "*", "/", "%"])
      return "(\(expression(of: .integer, depth: depth)) \(symbol) \(expression(of: .integer, depth: depth)))"
    }
  }

  private mutating func bigint(_ depth: Int) -> String {
    let value = expression(of: .bigint, depth: depth)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return "abs(\(value))"
    case 1: return "mod(\(value), \(expression(of: .integer, depth: depth)))"
    case 2: return "(\(expression(of: .numeric(scale: 2), depth: depth))::bigint)"
    default: return "(\(value) \(pick(["+", "-", "*", "/", "%"])) \(expression(of: .integer, depth: depth)))"
    }
  }

  private mutating func numeric(_ depth: Int) -> String {
    let value = expression(of: .numeric(scale: 2), depth: depth)
    switch Int.random(in: 0..<12, using: &random) {
    case 9:
      let divisor =
        random.chance(3) ? expression(of: .integer, depth: depth) : expression(of: .numeric(scale: 2), depth: depth)
      let quotient = "\(value) / \(divisor)"
      switch Int.random(in: 0..<4, using: &random) {
      case 0: return "((\(quotient))::numeric(\(pick(["12, 2", "30, 10", "38, 6", "20"]))))"
      case 1: return "\(pick(["round", "trunc"]))(\(quotient))"
      default: return "\(pick(["round", "round", "trunc"]))(\(quotient), \(pick(["0", "1", "2", "6", "12", "20"])))"
      }
    case 10: return "div(\(value), \(expression(of: .numeric(scale: 2), depth: depth)))"
    case 0: return "\(pick(["abs", "sign", "round", "trunc", "floor", "ceil", "ceiling"]))(\(value))"
    case 8:
      let type = random.pick([SQLType.integer, .bigint, .numeric(scale: 2), .doublePrecision])
      return "(\(expression(of: type, depth: depth))::numeric(\(pick(["12, 2", "5", "20, 10", "38, 3", "3, 3"]))))"
    case 1: return "\(pick(["round", "trunc"]))(\(value), \(small()))"
    case 2: return "(- \(value))"
    case 3: return "mod(\(value), \(expression(of: .numeric(scale: 2), depth: depth)))"
    case 4: return "(\(value) \(pick(["+", "-", "*", "%"])) \(expression(of: .integer, depth: depth)))"
    case 5: return "(\(value) \(pick(["+", "-", "*"])) \(pick(["1.5", "0.001", "100", "-2.25"])))"
    case 6: return timePart("extract", depth)
    case 7: return "extract(\(pick(Self.intervalFields)) FROM \(intervalValue(depth)))"
    default: return "(\(value) \(pick(["+", "-", "*", "%"])) \(expression(of: .numeric(scale: 2), depth: depth)))"
    }
  }

  private mutating func double(_ depth: Int) -> String {
    let value = expression(of: .doublePrecision, depth: depth)
    switch Int.random(in: 0..<9, using: &random) {
    case 7: return "date_part(\(quoted(pick(Self.intervalFields))), \(intervalValue(depth)))"
    case 0: return "\(pick(["abs", "sign", "round", "trunc", "floor", "ceil", "ceiling"]))(\(value))"
    case 1: return "\(pick(["sqrt", "exp", "ln", "log", "log10", "cbrt"]))(\(value))"
    case 2: return "\(pick(["power", "pow"]))(\(value), \(small()))"
    case 3: return "(\(value) ^ \(expression(of: .doublePrecision, depth: depth)))"
    case 4: return "\(pick(["sqrt", "ln", "round", "floor", "sign", "exp"]))(\(expression(of: .integer, depth: depth)))"
    case 5: return "\(expression(of: .numeric(scale: 2), depth: depth))::double precision"
    case 6: return timePart("date_part", depth)
    default: return "(\(value) \(pick(["+", "-", "*", "/"])) \(expression(of: .doublePrecision, depth: depth)))"
    }
  }

  private mutating func text(_ depth: Int) -> String {
    let value = expression(of: .text, depth: depth)
    switch Int.random(in: 0..<19, using: &random) {
    case 0: return "\(pick(["lower", "upper", "initcap"]))(\(value) COLLATE \"C\")"
    case 1: return "substring(\(value), \(count(depth)))"
    case 2: return "substring(\(value) FROM \(count(depth)) FOR \(count(depth)))"
    case 3: return "substr(\(value), \(count(depth)), \(count(depth)))"
    case 4: return "\(pick(["left", "right"]))(\(value), \(count(depth)))"
    case 5: return "split_part(\(value), \(quoted(word())), \(count(depth)))"
    case 6: return "replace(\(value), \(quoted(word())), \(quoted(word())))"
    case 7: return "\(pick(["btrim", "ltrim", "rtrim"]))(\(value)\(random.chance(2) ? ", \(quoted(word()))" : ""))"
    case 8: return "trim(\(pick(["LEADING", "TRAILING", "BOTH"])) \(quoted(word())) FROM \(value))"
    case 9:
      return
        "(\(value) || \(expression(of: random.pick([.text, .integer, .bigint, .numeric(scale: 2)]), depth: depth)))"
    case 10: return "concat(\(value), \(quoted(word())), \(expression(of: .text, depth: depth)))"
    case 11: return "concat_ws(\(pick([quoted("-"), value])), \(value), \(expression(of: .integer, depth: depth)))"
    case 12: return "\(pick(["lpad", "rpad"]))(\(value), \(small())\(random.chance(2) ? ", \(quoted(word()))" : ""))"
    case 13: return "reverse(\(value))"
    case 14: return "md5(\(value))"
    case 15: return "repeat(\(value), \(small()))"
    case 16: return "translate(\(value), \(quoted(word())), \(quoted(word())))"
    case 17:
      let json = expression(of: .jsonb, depth: depth)
      return pick([
        "(\(json) ->> \(quoted(pick(["a", "b", "é", ""]))))", "(\(json) ->> \(small()))", "jsonb_typeof(\(json))",
        "(\(json) #>> '{a,0}')", "(\(json) #>> '{}')", "\(json)::text",
      ])
    default: return "to_hex(\(expression(of: random.pick([.integer, .bigint]), depth: depth)))"
    }
  }

  private mutating func jsonb(_ depth: Int) -> String {
    let json = expression(of: .jsonb, depth: depth)
    return pick([
      "(\(json) -> \(quoted(pick(["a", "b", "é", ""]))))", "(\(json) -> \(small()))", "(\(json) #> '{a,-1}')",
      "(\(json) #> '{1,b}')",
    ])
  }

  private mutating func timestamptz(_ depth: Int) -> String {
    let value = expression(of: .timestamptz, depth: depth)
    switch Int.random(in: 0..<8, using: &random) {
    case 6: return "(\(value) \(pick(["+", "-"])) \(intervalValue(depth)))"
    case 0: return "date_trunc(\(quoted(pick(Self.units))), \(value))"
    case 1: return "date_trunc(\(quoted(pick(Self.units))), \(value), \(quoted(pick(Self.zones))))"
    case 2: return "(\(expression(of: .timestamp, depth: depth)) AT TIME ZONE \(quoted(pick(Self.zones))))"
    case 3: return "date_bin(\(stride()), \(value), TIMESTAMPTZ '2001-01-01 00:00:07+00')"
    case 4: return "to_timestamp(\(expression(of: .doublePrecision, depth: depth)))"
    default: return "(\(value) \(pick(["+", "-"])) \(interval()))"
    }
  }

  private mutating func timestamp(_ depth: Int) -> String {
    let value = expression(of: .timestamp, depth: depth)
    switch Int.random(in: 0..<8, using: &random) {
    case 6: return "(\(intervalValue(depth)) + \(value))"
    case 7: return "(\(expression(of: .date, depth: depth)) \(pick(["+", "-"])) \(intervalValue(depth)))"
    case 0: return "date_trunc(\(quoted(pick(Self.units))), \(value))"
    case 1: return "(\(expression(of: .timestamptz, depth: depth)) AT TIME ZONE \(quoted(pick(Self.zones))))"
    case 2: return "date_bin(\(stride()), \(value), TIMESTAMP '2001-01-01 00:00:07')"
    case 3: return "(\(expression(of: .date, depth: depth)) \(pick(["+", "-"])) \(interval()))"
    case 4: return "(\(expression(of: .date, depth: depth)) + \(expression(of: .time, depth: depth)))"
    default: return "(\(value) \(pick(["+", "-"])) \(interval()))"
    }
  }

  private mutating func date(_ depth: Int) -> String {
    switch Int.random(in: 0..<3, using: &random) {
    case 0: return "(\(expression(of: .timestamptz, depth: depth))::date)"
    case 1: return "(\(expression(of: .timestamp, depth: depth))::date)"
    default:
      return "(\(expression(of: .date, depth: depth)) \(pick(["+", "-"])) \(expression(of: .integer, depth: depth)))"
    }
  }

  private mutating func time(_ depth: Int) -> String {
    "(\(expression(of: .time, depth: depth)) \(pick(["+", "-"])) \(random.chance(2) ? interval() : intervalValue(depth)))"
  }

  /// An interval that differs from event to event.
  private mutating func intervalValue(_ depth: Int) -> String {
    let type = random.pick([SQLType.timestamptz, .timestamp])
    let (first, second) = (expression(of: type, depth: 0), expression(of: type, depth: depth - 1))
    if depth > 0, random.chance(3) {
      let inner = intervalValue(depth - 1)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: return "(- \(inner))"
      case 1: return "(\(inner) \(pick(["+", "-"])) \(interval()))"
      case 2: return "(\(inner) \(pick(["*", "/"])) \(pick(["2", "0.1", "1.5", "3", "x", "i"])))"
      case 3: return "(\(pick(["i", "x", "0.5"])) * \(random.chance(2) ? interval() : inner))"
      default: return "coalesce(\(inner), \(interval()))"
      }
    }
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return "age(\(first), \(second))"
    case 1: return "(\(expression(of: .time, depth: 0)) - \(expression(of: .time, depth: depth - 1)))"
    default: return "(\(first) - \(second))"
    }
  }

  private static let intervalFields = [
    "microsecond", "millisecond", "second", "minute", "hour", "day", "month", "year", "quarter", "decade", "century",
    "millennium", "epoch",
  ]

  private mutating func timePart(_ name: String, _ depth: Int) -> String {
    let type = random.pick([SQLType.timestamptz, .timestamp, .date, .time])
    let fields: [String] =
      switch type {
      case .time: ["hour", "minute", "second", "millisecond", "microsecond", "epoch"]
      case .date:
        [
          "day", "month", "year", "quarter", "week", "dow", "isodow", "doy", "isoyear", "decade", "century",
          "millennium",
          "epoch",
        ]
      default: Self.fields
      }
    let value = expression(of: type, depth: depth)
    return name == "extract" ? "extract(\(pick(fields)) FROM \(value))" : "date_part(\(quoted(pick(fields))), \(value))"
  }

  private static let fields = [
    "microsecond", "millisecond", "second", "minute", "hour", "day", "month", "year", "quarter", "week", "dow",
    "isodow",
    "doy", "isoyear", "decade", "century", "millennium", "epoch",
  ]

  private static let units = [
    "microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade",
    "century", "millennium",
  ]

  private static let zones = [
    "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "Pacific/Apia",
    "Africa/Monrovia",
    "America/Sao_Paulo", "Asia/Kathmandu", "Europe/London", "Africa/Casablanca", "America/Santiago",
  ]

  private mutating func interval() -> String {
    "INTERVAL \(quoted(pick(["1 day", "1 month", "-1 month", "90 minutes", "1 year 2 months 3 days 04:05:06.7", "0.5 seconds", "-3 days", "1 day -2 hours", "2 weeks", "13 months", "00:00:00.000001", "1 decade"])))"
  }

  private mutating func stride() -> String {
    "INTERVAL \(quoted(pick(["15 minutes", "1 day", "7 days", "1.5 seconds", "00:00:00.000001", "3 hours"])))"
  }

  /// Numbers of characters: small ones, beyond both ends, and now and then any number.
  private mutating func count(_ depth: Int) -> String {
    random.chance(5) ? expression(of: .integer, depth: depth) : small()
  }

  private mutating func word() -> String {
    pick(["", "a", "b", "ab", "é", "-", " ", "ß", "😀", "A", "1", "aa", ",", "'", "日本"])
  }

  private mutating func likePattern() -> String {
    // Of such letters most texts have some.
    if random.chance(2) { return "%\(pick(["a", "b", "A", "B"]))%" }
    return (0..<Int.random(in: 0...5, using: &random)).map { _ in
      pick(["%", "%", "_", "a", "b", "é", "\\%", "\\_", "\\a", "A", "ab", "😀", "1"])
    }.joined()
  }

  private func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}

/// A column of the events that random expressions are over.
struct EventColumn {
  var name: String
  /// As in SQL.
  var declaration: String
  var type: SQLType
  /// The type with numerics as one.
  var parameter: SQLType

  init(_ name: String, _ type: SQLType, _ declaration: String? = nil) {
    self.name = name
    self.type = type
    self.declaration = declaration ?? type.sqlName
    if case .numeric = type { parameter = .numeric(scale: 2) } else { parameter = type }
  }

  static let all: [EventColumn] = [
    EventColumn("b", .boolean), EventColumn("i", .integer), EventColumn("j", .integer), EventColumn("l", .bigint),
    EventColumn("n", .numeric(scale: 2), "numeric(30,2)"), EventColumn("m", .numeric(scale: 5), "numeric(20,5)"),
    EventColumn("x", .doublePrecision), EventColumn("y", .doublePrecision), EventColumn("t", .text),
    EventColumn("u", .text), EventColumn("z", .timestamptz), EventColumn("s", .timestamp), EventColumn("d", .date),
    EventColumn("c", .time), EventColumn("k", .uuid), EventColumn("o", .jsonb),
  ]
}

extension SQLType {
  /// The types of the expressions that are tried; of jsonb, its text.
  static let tried: [SQLType] = [
    .boolean, .integer, .bigint, .numeric(scale: 2), .doublePrecision, .text, .timestamptz, .timestamp, .date, .time,
  ]
}

extension RandomValues {
  /// A value of an event, or NULL: values that functions tell apart are more frequent than in tests of casts.
  mutating func value(for column: EventColumn) -> Datum? {
    if chance(8) { return nil }
    switch column.type {
    case .text where !chance(4):
      return .text(
        (0..<Int.random(in: 0...8, using: &self)).map { _ in
          pick(["a", "b", "A", "B", "é", "ß", "-", " ", ",", "1", "%", "_", "\\", "😀", "日", "e\u{301}", "Z"])
        }.joined())
    case .integer where !chance(3), .bigint where !chance(3): return .integer(Int64.random(in: -9...9, using: &self))
    case .doublePrecision where !chance(3): return .double(Double(Int.random(in: -40...40, using: &self)) / 4)
    case .numeric(let scale):
      let digits: Int128 = chance(3) ? 1_000_000_000_000_000 : 100_000
      return .decimal(Int128(Int64.random(in: -99_999...99_999, using: &self)) * digits / 100_000, scale: scale)
    case .timestamptz where !chance(3), .timestamp where !chance(3): return .integer(transition())
    case .date where !chance(3): return .integer(transition() / 86_400_000_000)
    case .jsonb: return .text(document())
    default: return value(of: column.type)
    }
  }

  /// A document that Postgres can hold.
  private mutating func document() -> String {
    while true {
      guard case .text(var text) = value(of: .jsonb) else { continue }
      if chance(3) { text = pick(["{\"a\": \(text), \"b\": [1, \(text)]}", "[\(text), {\"b\": \(text)}]"]) }
      var copy = text
      let isGood = copy.withUTF8 { bytes in
        do throws(JSONBError) { _ = try JSONBDocument(bytes, limit: 1 << 20) } catch { return false }
        return true
      }
      if isGood { return text }
    }
  }

  /// A time near one at which clocks somewhere were changed, mostly.
  private mutating func transition() -> Int64 {
    let changes: [Int64] = [
      1_711_846_800, 1_729_990_800, 1_710_054_000, 1_730_613_600, 1_325_239_200, 63_593_070, 1_541_300_400,
      1_712_415_600,
      0, 946_684_800, -2_208_988_800, 4_102_444_800, 2_174_000_400,
    ]
    let near = pick(changes) * 1_000_000 + Int64.random(in: -20_000_000_000...20_000_000_000, using: &self)
    return chance(4) ? Int64.random(in: -3_000_000_000...5_000_000_000, using: &self) * 1_000_000 : near
  }
}

import Events
import Functions
import Plan

/// Expressions over events in Flink SQL. What would have another meaning there is refused by name.
struct FlinkExpressions {
  let subject: String
  /// What a column is called.
  var column: (Int) -> String
  /// Digits of a column that is a numeric, where its declaration says so.
  let precision: (Int) -> Int?
  var findings: FlinkFindings

  init(
    subject: String, column: @escaping (Int) -> String, precision: @escaping (Int) -> Int?, findings: FlinkFindings
  ) {
    self.subject = subject
    self.column = column
    self.precision = precision
    self.findings = findings
  }

  /// Notes the refusal; what is returned is never shown.
  mutating func refuse(_ word: String?, _ message: String, _ hint: String) -> String {
    findings.refuse(FlinkRefusal(subject: subject, word: word, message: message, hint: hint))
    return "NULL"
  }

  mutating func text(_ expression: Expression) -> String {
    switch expression {
    case .column(let index, let type):
      if type == .jsonb {
        return refuse(
          nil, "a jsonb value has no counterpart in Flink SQL: its text and its operators differ",
          "declare a column for what is read of it, e.g. host text OPTIONS (path 'tags.host')")
      }
      if type == .uuid {
        return refuse(
          nil, "Flink has no uuid: two spellings of one would be two values",
          "declare the column as text, or leave the aggregate out with --without \(subject)")
      }
      return column(index)
    case .literal(let literal): return constant(literal)
    case .unnested(let element): return FlinkText.identifier("element \(element.name)")
    case .arithmetic(let operation, let left, let right): return arithmetic(expression, operation, left, right)
    case .negate(let operand):
      if operand.type != .doublePrecision, !operand.type.isDecimal, !IntegerRange.fits(expression) {
        return overflow("-")
      }
      return "(- \(text(operand)))"
    case .comparison(let comparison, let left, let right):
      return "(\(text(left)) \(comparison.rawValue) \(text(right)))"
    case .and(let operands): return joined(operands, " AND ")
    case .or(let operands): return joined(operands, " OR ")
    case .not(let operand): return "(NOT \(text(operand)))"
    case .isNull(let operand):
      // Whether there is a value is all that is asked, whatever its type.
      if case .column(let index, _) = operand { return "(\(column(index)) IS NULL)" }
      return "(\(text(operand)) IS NULL)"
    case .isTrue(let operand): return "(\(text(operand)) IS TRUE)"
    case .caseWhen(let branches, let otherwise):
      let cases = branches.map { "WHEN \(text($0.condition)) THEN \(text($0.value)) " }.joined()
      return "(CASE \(cases)ELSE \(text(otherwise)) END)"
    case .coalesce(let operands): return "COALESCE(\(operands.map { text($0) }.joined(separator: ", ")))"
    case .cast(let operand, let type): return cast(operand, type)
    case .call(let function, let arguments, let type): return call(function, arguments, type)
    case .lookup(let value, _): return FlinkText.identifier("\(value.alias).\(value.name)")
    }
  }

  private mutating func joined(_ operands: [Expression], _ separator: String) -> String {
    "(\(operands.map { text($0) }.joined(separator: separator)))"
  }

  private mutating func overflow(_ sign: String) -> String {
    refuse(
      sign,
      "\(sign) of whole numbers may leave their range, which is an error of the event here and turns over in Flink",
      "compute in a wider type: a::bigint \(sign) b")
  }

  private mutating func arithmetic(
    _ expression: Expression, _ operation: ArithmeticOperator, _ left: Expression, _ right: Expression
  ) -> String {
    if operation == .divide || operation == .modulo, !IntegerRange.isNeverZero(right) {
      return refuse(
        operation.rawValue,
        "a division by zero is an error of the event here, and infinite or the end of the job in Flink",
        "divide by NULLIF(…, 0)")
    }
    if expression.type != .doublePrecision, operation != .modulo, !IntegerRange.fits(expression) {
      return overflow(operation.rawValue)
    }
    if operation == .modulo { return "MOD(\(text(left)), \(text(right)))" }
    return "(\(text(left)) \(operation.rawValue) \(text(right)))"
  }

  private mutating func constant(_ literal: Literal) -> String {
    switch literal {
    case .null(let type):
      guard let name = type.flinkName() else {
        return refuse(nil, "NULL of the type \(type.shortName) cannot be said", "leave it out")
      }
      return "CAST(NULL AS \(name))"
    case .boolean(let value): return value ? "TRUE" : "FALSE"
    case .integer(let value, .integer): return value < 0 ? "(\(value))" : String(value)
    case .integer(let value, .bigint): return "CAST('\(value)' AS BIGINT)"
    case .integer(let value, .date): return "DATE '\(DateTimeText.date(days: value))'"
    case .integer(let value, .timestamp): return "TIMESTAMP '\(DateTimeText.timestamp(microseconds: value))'"
    case .integer(let value, .timestamptz) where value % 1_000 == 0:
      return "TO_TIMESTAMP_LTZ(CAST('\(value / 1_000)' AS BIGINT), 3)"
    case .integer:
      return refuse(nil, "a constant of the type \(literal.type.shortName) cannot be said", "compare something else")
    case .numeric(let unscaled, let scale):
      let text = DecimalText(unscaled: unscaled, scale: scale).text
      return "CAST('\(text)' AS DECIMAL(\(Self.digits(unscaled, scale)), \(scale)))"
    case .double(let value):
      guard value.isFinite else { return refuse(nil, "Flink SQL has no \(value)", "leave it out") }
      let text = value.description
      return "CAST('\(text)' AS DOUBLE)"
    case .text(let text, .text): return FlinkText.literal(text)
    case .text(_, let type):
      return refuse(nil, "a constant of the type \(type.shortName) cannot be said", "write it as text")
    case .zone(let zone): return refuse(zone.name, "a time zone cannot be said here", "compute in UTC")
    }
  }

  static func digits(_ unscaled: Int128, _ scale: Int) -> Int {
    max(String(unscaled.magnitude).count, scale + 1, 1)
  }

  private mutating func cast(_ operand: Expression, _ type: SQLType) -> String {
    let from = operand.type
    let isExact: Bool =
      switch (from, type) {
      case (.integer, .bigint), (.integer, .doublePrecision), (.bigint, .doublePrecision): true
      case (.integer, .numeric), (.bigint, .numeric): true
      case (.numeric, .doublePrecision): true
      case (.numeric(let old), .numeric(let new)): new >= old
      case (.integer, .text), (.bigint, .text), (.numeric, .text): true
      case (.bigint, .integer):
        IntegerRange.of(operand).map { $0.lowerBound >= -0x8000_0000 && $0.upperBound < 0x8000_0000 } ?? false
      case (.text, .text): true
      default: from == type
      }
    guard isExact, let name = type.flinkName(precision: type.isDecimal ? digits(.cast(operand, to: type)) : nil) else {
      return refuse(
        "::", "a cast of \(from.shortName) to \(type.shortName) does not say the same in Flink",
        "declare the column with the type that you need")
    }
    return "CAST(\(text(operand)) AS \(name))"
  }

  /// How many digits a numeric has at most; nil: nobody knows.
  func digits(_ expression: Expression) -> Int? {
    switch expression {
    case .column(let index, _): return precision(index)
    case .literal(.numeric(let unscaled, let scale)): return Self.digits(unscaled, scale)
    case .cast(let operand, .numeric(let scale)):
      switch operand.type {
      case .integer: return 10 + scale
      case .bigint: return 19 + scale
      default: return digits(operand).map { $0 + scale - operand.type.scale }
      }
    case .call(let function, let arguments, let type)
    where arguments.count == 2 && ["+", "-", "*"].contains(function.name) && type.isDecimal:
      guard let left = digits(arguments[0]), let right = digits(arguments[1]) else { return nil }
      if function.name == "*" { return left + right + 1 }
      let scale = max(arguments[0].type.scale, arguments[1].type.scale)
      return max(left - arguments[0].type.scale, right - arguments[1].type.scale) + scale + 1
    case .call(let function, let arguments, _) where function.name == "abs" && arguments.count == 1:
      return digits(arguments[0])
    case .coalesce(let operands):
      let all = operands.map(digits)
      return all.contains(nil) ? nil : all.compactMap { $0 }.max()
    default: return nil
    }
  }
}

import Events
import Functions
import Plan

extension FlinkExpressions {
  /// A function or an operator of the catalogue. Only what means the same for every value is here; the rest is refused.
  mutating func call(_ function: ScalarFunction, _ arguments: [Expression], _ type: SQLType) -> String {
    let name = function.name
    switch (name, arguments.count) {
    case ("+", 2), ("-", 2), ("*", 2):
      guard type.isDecimal else { break }
      guard let digits = digits(.call(function, arguments, type)), digits <= 38 else {
        return refuse(
          name, "the result of \(name) may have more than 38 digits, of which Flink would drop some",
          "declare numeric columns with fewer digits, e.g. numeric(12, 2)")
      }
      return "(\(text(arguments[0])) \(name) \(text(arguments[1])))"
    case ("abs", 1):
      guard type == .doublePrecision || type.isDecimal || IntegerRange.fits(.call(function, arguments, type)) else {
        break
      }
      return "ABS(\(text(arguments[0])))"
    case ("floor", 1), ("ceil", 1), ("ceiling", 1):
      guard type == .doublePrecision else { break }
      return "\(name == "floor" ? "FLOOR" : "CEIL")(\(text(arguments[0])))"
    case ("round", 2):
      guard type.isDecimal, let places = integer(arguments[1]), places >= 0 else { break }
      return "ROUND(\(text(arguments[0])), \(places))"
    case ("greatest", 2...), ("least", 2...):
      return extreme(name.uppercased(), arguments)
    case ("lower", 1): return "TRANSLATE(\(text(arguments[0])), '\(Self.capitals)', '\(Self.smalls)')"
    case ("upper", 1): return "TRANSLATE(\(text(arguments[0])), '\(Self.smalls)', '\(Self.capitals)')"
    case ("length", 1), ("char_length", 1), ("character_length", 1):
      guard arguments[0].type == .text else { break }
      return "CHAR_LENGTH(\(text(arguments[0])))"
    case ("left", 2):
      guard let count = integer(arguments[1]), count >= 0 else { return needsConstant(name, "a length from 0 on") }
      return count == 0
        ? "SUBSTRING(\(text(arguments[0])), 1, 0)" : "SUBSTRING(\(text(arguments[0])) FROM 1 FOR \(count))"
    case ("substring", 3), ("substr", 3):
      guard let start = integer(arguments[1]), start >= 1, let count = integer(arguments[2]), count >= 1 else {
        return needsConstant(name, "a start and a length from 1 on")
      }
      return "SUBSTRING(\(text(arguments[0])) FROM \(start) FOR \(count))"
    case ("btrim", 1): return "TRIM(BOTH ' ' FROM \(text(arguments[0])))"
    case ("ltrim", 1): return "TRIM(LEADING ' ' FROM \(text(arguments[0])))"
    case ("rtrim", 1): return "TRIM(TRAILING ' ' FROM \(text(arguments[0])))"
    case ("replace", 3):
      guard let part = string(arguments[1]), !part.isEmpty else {
        return needsConstant(name, "a text that is replaced")
      }
      return "REPLACE(\(arguments.map { text($0) }.joined(separator: ", ")))"
    case ("strpos", 2), ("position", 2):
      // strpos(text, part); position(part IN text) comes in the same order.
      guard let part = string(arguments[1]), !part.isEmpty else { return needsConstant(name, "the part") }
      return "POSITION(\(text(arguments[1])) IN \(text(arguments[0])))"
    case ("split_part", 3):
      guard let separator = string(arguments[1]), separator.unicodeScalars.count == 1,
        let part = integer(arguments[2]), part >= 1
      else { return needsConstant(name, "a separator of one character and a part from 1 on") }
      let whole = text(arguments[0])
      let piece = "SPLIT_INDEX(\(whole), \(FlinkText.literal(separator)), \(part - 1))"
      return "(CASE WHEN \(whole) IS NOT NULL THEN COALESCE(\(piece), '') END)"
    case ("starts_with", 2): return "STARTSWITH(\(text(arguments[0])), \(text(arguments[1])))"
    case ("||", 2):
      guard arguments.allSatisfy({ $0.type == .text }) else { break }
      return "(\(text(arguments[0])) || \(text(arguments[1])))"
    case ("concat", 1...):
      return "CONCAT(\(arguments.map { "COALESCE(\(text($0)), '')" }.joined(separator: ", ")))"
    case ("~", 2), ("~*", 2), ("!~", 2), ("!~*", 2): return regularExpression(name, arguments)
    case ("extract", 2), ("date_part", 2): break
    default:
      if let pattern = likePattern(name, arguments) { return pattern }
    }
    return refuse(
      name, "\(function.signature) has no counterpart in Flink SQL that means the same for every value",
      "compute it before the topic, or leave the aggregate out with --without \(subject)")
  }

  private static let capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  private static let smalls = "abcdefghijklmnopqrstuvwxyz"

  private mutating func needsConstant(_ name: String, _ what: String) -> String {
    refuse(
      name, "\(name) means the same in Flink SQL only with constants: \(what)",
      "write a constant, or leave the aggregate out with --without \(subject)")
  }

  private func integer(_ expression: Expression) -> Int64? {
    if case .literal(.integer(let value, .integer)) = expression { value } else { nil }
  }

  private func string(_ expression: Expression) -> String? {
    if case .literal(.text(let text, .text)) = expression { text } else { nil }
  }

  /// Flink's are NULL when any argument is; ours are NULL when all are.
  private mutating func extreme(_ name: String, _ arguments: [Expression]) -> String {
    var result = text(arguments[0])
    for argument in arguments.dropFirst() {
      let next = text(argument)
      result = "\(name)(COALESCE(\(result), \(next)), COALESCE(\(next), \(result)))"
    }
    return result
  }

  /// Those of plain characters and alternatives, which Java reads as Postgres does. Neither folds case beyond ASCII here.
  private mutating func regularExpression(_ name: String, _ arguments: [Expression]) -> String {
    guard let pattern = string(arguments[1]), !pattern.isEmpty,
      pattern.unicodeScalars.allSatisfy({
        $0 == "|" || $0 == " " || $0 == "_" || $0 == "-" || $0 == "/" || $0.isASCIIWord
      })
    else {
      return refuse(
        name, "this regular expression may mean something else to Java",
        "write one of letters, digits, spaces, _, -, / and |")
    }
    let flags = name.hasSuffix("*") ? "(?i)" : ""
    let match = "REGEXP(\(text(arguments[0])), \(FlinkText.literal(flags + pattern)))"
    return name.hasPrefix("!") ? "(NOT \(match))" : match
  }

  /// LIKE with % alone: what _ stands for is not the same in a line break.
  private mutating func likePattern(_ name: String, _ arguments: [Expression]) -> String? {
    guard ["~~", "LIKE", "like", "!~~", "NOT LIKE"].contains(name), arguments.count >= 2 else { return nil }
    guard arguments.count == 2, let pattern = string(arguments[1]), !pattern.contains("_"), !pattern.contains("\\")
    else {
      return needsConstant("LIKE", "a pattern of % and plain characters")
    }
    let match = "(\(text(arguments[0])) LIKE \(FlinkText.literal(pattern)))"
    return name.hasPrefix("!") || name.hasPrefix("NOT") ? "(NOT \(match))" : match
  }
}

extension Unicode.Scalar {
  fileprivate var isASCIIWord: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9": true
    default: false
    }
  }
}

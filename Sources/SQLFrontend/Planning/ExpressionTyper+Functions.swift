import Events
import Functions
import Plan
import Spelling

extension ExpressionTyper {
  /// The call of a function or an operator of the catalogue: that entry of the name which Postgres would choose.
  func call(_ name: String, of operands: [Operand], at location: Int) throws(DefinitionError) -> Operand {
    if ["round", "trunc"].contains(name), (1...2).contains(operands.count), let parts = quotient(operands[0]) {
      let places = Operand(value: .typed(.literal(.integer(0, .integer))), location: location)
      return try call("/ \(name)", of: parts + (operands.count == 2 ? [operands[1]] : [places]), at: location)
    }
    let entries = ScalarFunction.named(name)
    var operands = Self.joins.contains(name) ? asTexts(operands, by: name) : operands
    if entries.first?.nullability == .allNull {
      // GREATEST and LEAST choose among values of one type.
      let values = try unified(operands, by: name.uppercased(), at: location)
      operands = zip(operands, values).map {
        Operand(value: .typed($1), location: $0.location, isByteCollated: $0.isByteCollated)
      }
    }
    let function = try choose(among: entries, named: name, operands, at: location)
    guard evaluator == .engine || function.isSafeOverResults else {
      throw source.error(
        at: location, "\(Self.shown(name)) is not supported over results",
        hint: "write it inside of the aggregate, or in the endpoint that reads the table")
    }
    if let refusal = function.refusal {
      throw source.error(
        at: location,
        "\(Self.shown(name)) of \(Self.list(function.parameters.map(\.name))) is not supported for events",
        hint: refusal)
    }
    let isByteCollated = operands.contains(where: \.isByteCollated)
    if function.needsByteCollation, !isByteCollated {
      throw source.error(
        at: location, "\(Self.shown(name)) needs COLLATE \"C\": what it makes of a text depends on the collation",
        hint: "write \(function.collatedForm(written(operands[0])))")
    }
    var arguments: [Expression] = []
    for (position, operand) in operands.enumerated() {
      guard let parameter = function.parameter(at: position) else { continue }
      let argument = try argument(operand, as: parameter)
      if function.constants.contains(position), !argument.isConstant {
        throw source.error(
          at: operand.location, "\(Self.shown(name)) takes a constant here",
          hint: "it cannot differ from event to event")
      }
      arguments.append(argument)
    }
    let prepared: PreparedFunction
    do {
      prepared = try function.prepare(Expression.preparation(of: arguments))
    } catch {
      let place = operands.indices.contains(error.argument) ? operands[error.argument].location : location
      throw source.error(at: place, error.message, hint: error.hint)
    }
    if prepared.needsByteCollation, !isByteCollated {
      throw source.error(
        at: location,
        "\(Self.shown(name)) needs COLLATE \"C\" for this pattern: what letters, digits and blanks are depends on the collation",
        hint: "write \(function.collatedForm(written(operands[0])))")
    }
    let expression = try bounded(.call(function, arguments, prepared.type), at: location)
    return Operand(
      value: .typed(expression), location: location, isByteCollated: isByteCollated && prepared.type == .text)
  }

  /// The quotient of two numerics, which whoever reads it gives its places.
  func quotient(_ operands: [Operand], at location: Int) throws(DefinitionError) -> Operand {
    let values = [try argument(operands[0], as: .numeric), try argument(operands[1], as: .numeric)]
    return Operand(value: .quotient(values[0], values[1]), location: location)
  }

  /// What it is the quotient of; nil for another operand.
  func quotient(_ operand: Operand) -> [Operand]? {
    guard case .quotient(let left, let right) = operand.value else { return nil }
    return [left, right].map { Operand(value: .typed($0), location: operand.location) }
  }

  // MARK: Choosing

  /// By Postgres' rules for functions of one name (chapter 10.3 of its manual): most exact types, then most preferred
  /// ones, then what suits constants without a type.
  private func choose(
    among entries: [ScalarFunction], named name: String, _ operands: [Operand], at location: Int
  ) throws(DefinitionError) -> ScalarFunction {
    let known = operands.map(\.parameter)
    var candidates = entries.filter { function in
      operands.count >= function.parameters.count
        && operands.indices.allSatisfy { position in
          guard let parameter = function.parameter(at: position) else { return false }
          return known[position]?.converts(to: parameter) ?? true
        }
    }
    // An operator between a constant without a type and something else asks first for two of that.
    if operands.count == 2, let type = known.compactMap({ $0 }).first, known.contains(nil),
      entries.first?.notation == .infix,
      let same = candidates.first(where: { $0.parameters == [type, type] })
    {
      return same
    }
    func best(_ score: (ScalarFunction) -> Int) {
      let highest = candidates.map(score).max() ?? 0
      candidates = candidates.filter { score($0) == highest }
    }
    func count(_ function: ScalarFunction, _ matches: (Parameter, Parameter?) -> Bool) -> Int {
      operands.indices.filter { position in
        function.parameter(at: position).map { matches($0, known[position]) } ?? false
      }.count
    }
    best { count($0) { $0 == $1 } }
    best { count($0) { parameter, type in type != nil && (parameter == type || parameter.isPreferred) } }
    best { count($0) { parameter, type in type == nil && [.text, .zone].contains(parameter) } }
    best { count($0) { parameter, type in type == nil && parameter.isPreferred } }
    if let function = candidates.first { return function }
    guard !entries.isEmpty else { throw unknown(name, at: location) }
    let usable = entries.filter { $0.refusal == nil }
    // Those that begin alike, or all of a few.
    let near = usable.filter { $0.parameters.first == known.first }
    let forms = (near.isEmpty ? Array(usable.prefix(3)) : near).map(\.form).reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    let what = "\(Self.shown(name)) \(operands.isEmpty ? "wants arguments" : "does not take")"
    throw source.error(
      at: location, what + (operands.isEmpty ? "" : " \(Self.list(operands.map(\.typeName)))"),
      hint: forms.isEmpty ? nil : "it is \(forms.joined(separator: ", or "))")
  }

  /// What puts texts together, and makes texts of numbers before.
  private static let joins: Set<String> = ["||", "concat", "concat_ws"]

  /// Numbers and uuids as their texts; with `||` booleans, too, which concat writes in another way.
  private func asTexts(_ operands: [Operand], by name: String) -> [Operand] {
    let hasText = operands.contains { $0.parameter == nil || $0.parameter == .text }
    guard name != "||" || hasText else { return operands }
    return operands.map { operand in
      guard case .typed(let expression) = operand.value,
        expression.type.isNumber || expression.type == .uuid || (name == "||" && expression.type == .boolean)
      else { return operand }
      return Operand(value: .typed(.cast(expression, to: .text)), location: operand.location)
    }
  }

  /// What is written where no entry has the name.
  func unknown(_ name: String, at location: Int) -> DefinitionError {
    source.error(at: location, "there is no function \(name)", hint: Self.hint(forUnknown: name))
  }

  private func argument(_ operand: Operand, as parameter: Parameter) throws(DefinitionError) -> Expression {
    if case .interval = parameter {
      switch operand.value {
      case .interval(let text), .quoted(let text): return .literal(.text(text, .text))
      default:
        throw source.error(at: operand.location, "a constant INTERVAL is wanted", hint: "write INTERVAL '1 hour'")
      }
    }
    let expression = try resolve(operand, as: parameter.type)
    if case .zone = parameter {
      guard case .literal(.text(let name, .text)) = expression else {
        throw source.error(at: operand.location, "a time zone is a constant text", hint: SourceText.timeZoneForm)
      }
      return .literal(.zone(try source.timeZone(named: name, at: operand.location)))
    }
    if Parameter(expression.type) == parameter { return expression }
    if case .literal(let literal) = expression, let converted = literal.converted(to: parameter.type) {
      return .literal(converted)
    }
    return .cast(expression, to: parameter.type)
  }

  // MARK: Words

  /// The name of a column as it is written, or dots for anything longer.
  func written(_ operand: Operand) -> String {
    guard case .typed(.column) = operand.value else { return "…" }
    var text = ""
    var isName = true
    for token in source.tokens where token.range.lowerBound >= operand.location && !token.isComment {
      let word = source.text(token)
      guard isName ? source.identifier(token) != nil : word == "." else { break }
      text += word
      isName.toggle()
    }
    return text.isEmpty ? "…" : text
  }

  /// `LIKE`, `||`, `lower()`.
  private static func shown(_ name: String) -> String {
    guard name.first?.isLetter == true, ScalarFunction.named(name).first?.notation != .infix else { return name }
    return "\(name)()"
  }

  private static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  /// What to write in place of a function that there is not.
  static func hint(forUnknown name: String) -> String {
    switch name {
    case "regexp_replace", "regexp_match", "regexp_matches", "regexp_split_to_array", "regexp_like", "regexp_substr",
      "regexp_count":
      return "regular expressions are for ~ and !~ alone: write split_part, substring, replace or translate"
    case "justify_hours", "justify_days", "justify_interval", "make_interval":
      return "write a difference of times, n * INTERVAL '1 hour', or seconds: extract(epoch FROM …)"
    case "to_char", "format":
      return "write the parts with extract, lpad and concat, or format in the endpoint that reads the table"
    case "overlay": return "write left(x, n) || 'new' || substring(x, m)"
    case "sha256", "sha224", "sha384", "sha512", "digest": return "write md5(…)"
    case "unnest", "jsonb_array_elements", "jsonb_array_elements_text":
      return "rows of an array are made in FROM: write FROM stream, \(name)(…) AS item"
    case "array_position", "array_positions", "array_to_string", "array_upper", "array_remove", "array_append":
      return "of arrays there are x[1], cardinality(x), and UNNEST(x) AS item in FROM"
    case "string_to_array": return "write split_part(…, ',', 1)"
    case "jsonb_extract_path", "jsonb_extract_path_text": return "write #> or #>>"
    case "sin", "cos", "tan", "degrees", "radians", "pi": return "trigonometry is not supported per event"
    default:
      let known = AggregateFunction.hint(forUnknown: name)
      guard known.hasPrefix("aggregates are"), let near = nearestSpelling(of: name, among: ScalarFunction.names) else {
        return known
      }
      return "did you mean \(near)?"
    }
  }
}

extension Operand {
  /// The parameter that it fits exactly; nil for a constant that takes the other's type.
  fileprivate var parameter: Parameter? {
    switch value {
    case .typed(let expression): Parameter(expression.type)
    case .interval: .interval
    case .quotient: .numeric
    case .quoted, .null: nil
    }
  }

  fileprivate var typeName: String { parameter?.name ?? "text" }
}

extension Parameter {
  /// Whether Postgres casts it without being asked to.
  fileprivate func converts(to parameter: Parameter) -> Bool {
    if self == parameter { return true }
    switch (self, parameter) {
    case (.interval, .span), (.text, .zone), (.integer, .bigint), (.integer, .numeric), (.integer, .double),
      (.bigint, .numeric),
      (.bigint, .double),
      (.numeric, .double), (.date, .timestamp), (.date, .timestamptz), (.timestamp, .timestamptz):
      return true
    default: return false
    }
  }

  /// Of its kin, the type that Postgres takes in doubt.
  fileprivate var isPreferred: Bool {
    [.double, .text, .timestamptz, .boolean, .interval, .span].contains(self)
  }
}

extension ScalarFunction {
  /// Whether Postgres computes it in a generated column: it never fails, and depends on no setting.
  fileprivate var isSafeOverResults: Bool {
    let isOfNumbers = parameters.allSatisfy { [.numeric, .double, .integer, .bigint].contains($0) }
    switch name {
    case "round", "trunc", "floor", "ceil", "ceiling", "sign", "greatest", "least": return isOfNumbers
    // The least whole number has no counterpart.
    case "abs": return parameters == [.numeric] || parameters == [.double]
    default: return false
    }
  }

  /// As a hint shows it.
  fileprivate var form: String {
    switch notation {
    case .call: return signature
    case .infix where parameters.count == 1: return "\(name) \(parameters[0].name)"
    case .infix: return "\(parameters[0].name) \(name) \(parameters[1].name)"
    case .quantified: return "\(parameters[0].name) = ANY (array)"
    case .subscripted: return "\(parameters[0].name), with a number in [ ]"
    case .cast: return "\(parameters[0].name)\(name)(digits, places)"
    case .extract: return "extract(field FROM \(parameters[1].name))"
    case .constant: return "\(name) '…'"
    case .quotient: return name
    }
  }

  fileprivate func collatedForm(_ argument: String) -> String {
    let collated = "\(argument) COLLATE \"C\""
    if notation == .infix { return "\(collated) \(name) …" }
    return parameters.count == 1 && !isVariadic ? "\(name)(\(collated))" : "\(name)(\(collated), …)"
  }
}

extension Expression {
  fileprivate var isConstant: Bool {
    if case .literal = self { true } else { false }
  }
}

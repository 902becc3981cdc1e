import Functions
import Plan
import Spelling

/// Reads the annotation of a parameter: `minutes integer = 5 in 1..60 -- Look-back window`, `ids uuid[] ?`,
/// `city text ~ '^[a-z]+$'`.
struct ParameterParser {
  private let source: SourceText
  private let annotation: Annotation
  private let words: [(text: String, location: Int)]
  private let description: String

  static let form = "name integer = 5 in 1..60 -- Description"

  init(_ annotation: Annotation, _ source: SourceText) {
    self.source = source
    self.annotation = annotation
    // The value is a comment to the file's scanner, so it gets one of its own.
    let bytes = Array(annotation.value.utf8)
    var words: [(text: String, location: Int)] = []
    var description = ""
    for token in Token.scan(bytes) {
      let text = String(decoding: bytes[token.range], as: UTF8.self)
      if token.kind == .lineComment {
        description = String(text.drop { $0 == "-" || $0 == " " })
      } else {
        words.append((text, annotation.valueLocation + token.range.lowerBound))
      }
    }
    self.words = words
    self.description = description
  }

  func parse() throws(DefinitionError) -> EndpointPlan.Parameter {
    guard words.count >= 2 else {
      throw source.error(at: annotation.valueLocation, "a parameter is a name and a type", hint: "write \(Self.form)")
    }
    let name = words[0].text
    guard EndpointPlan.Parameter.isName(name) else {
      throw source.error(at: words[0].location, "a parameter's name is of a to z, 0 to 9 and _")
    }
    guard let type = EndpointPlan.ParameterType(rawValue: words[1].text) else {
      let types = EndpointPlan.ParameterType.allCases.map(\.rawValue)
      let nearest = suggestion(for: words[1].text, among: types)
      throw source.error(
        at: words[1].location, "a parameter cannot be of type \(words[1].text)",
        hint: "\(nearest)types are \(types.joined(separator: ", ")), and lists of them like text[]")
    }
    var parameter = EndpointPlan.Parameter(name: name, type: type, isOptional: false, description: description)
    var index = 2
    if word(index) == "[", word(index + 1) == "]" {
      parameter.isList = true
      index += 2
    }
    if word(index) == "?" {
      parameter.isOptional = true
      index += 1
    }
    var given: (text: String, location: Int)?
    if word(index) == "=" { given = clause(&index) }
    if word(index) == "in" {
      let domain = clause(&index)
      try read(domain.text, at: domain.location, &parameter)
    } else if word(index) == "~" {
      let pattern = clause(&index)
      try read(pattern: pattern.text, at: pattern.location, &parameter)
    }
    guard index == words.count else {
      throw source.error(
        at: words[index].location, "this does not belong to a parameter", hint: "write \(Self.form)")
    }
    // A default is judged by the rest.
    if let given { parameter.defaultValue = try defaultValue(given.text, at: given.location, parameter) }
    try check(parameter)
    return parameter
  }

  private func word(_ index: Int) -> String? { index < words.count ? words[index].text : nil }

  /// What stands behind a word, up to the next clause, as it is written, and where the word stands.
  private func clause(_ index: inout Int) -> (text: String, location: Int) {
    let location = words[index].location
    index += 1
    let first = index
    while let word = word(index), word != "in", word != "~" || index == first { index += 1 }
    guard first < index else { return ("", location) }
    let last = words[index - 1]
    return (source.text(words[first].location..<last.location + last.text.utf8.count), location)
  }

  private func defaultValue(
    _ text: String, at location: Int, _ parameter: EndpointPlan.Parameter
  ) throws(DefinitionError) -> EndpointPlan.ParameterValue {
    let texts = parameter.isList ? Self.alternatives(text) : [Self.unquoted(text)]
    var values: [String] = []
    var unbounded = parameter
    (unbounded.range, unbounded.allowedValues, unbounded.pattern) = (nil, [], nil)
    for value in texts {
      // An empty text is written in quotes.
      guard parameter.type == .text && !text.isEmpty || parameter.type != .text && unbounded.canonical(value) != nil
      else {
        throw source.error(at: location, "the default is not of type \(parameter.type.rawValue)")
      }
      guard let canonical = parameter.canonical(value) else {
        throw source.error(
          at: annotation.valueLocation,
          parameter.allowedValues.isEmpty
            ? parameter.pattern == nil
              ? "the default is outside of the range" : "the default does not match the pattern"
            : "the default is none of the values")
      }
      values.append(canonical)
    }
    return parameter.isList ? .list(values) : .one(values[0])
  }

  /// `A|'b c'`.
  private static func alternatives(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var parts: [String] = []
    var start = 0
    // A bar in quotes is part of a value.
    for token in Token.scan(bytes) where token.kind == .symbol {
      guard String(decoding: bytes[token.range], as: UTF8.self) == "|" else { continue }
      parts.append(String(decoding: bytes[start..<token.range.lowerBound], as: UTF8.self))
      start = token.range.upperBound
    }
    parts.append(String(decoding: bytes[start...], as: UTF8.self))
    return parts.map(trimmed).filter { !$0.isEmpty }.map(unquoted)
  }

  private func read(
    _ text: String, at location: Int, _ parameter: inout EndpointPlan.Parameter
  ) throws(DefinitionError) {
    switch parameter.type {
    case .integer, .bigint:
      let bounds = Self.bounds(text).compactMap { Int64($0) }
      guard bounds.count == 2, bounds[0] <= bounds[1],
        parameter.type == .bigint || bounds.allSatisfy({ Int32(exactly: $0) != nil })
      else {
        throw source.error(
          at: location, "the range of \(parameter.type == .bigint ? "a" : "an") \(parameter.type) is written 1..60")
      }
      parameter.range = .integers(bounds[0]...bounds[1])
    case .double:
      let bounds = Self.bounds(text).compactMap { Double($0) }
      guard bounds.count == 2, bounds.allSatisfy(\.isFinite), bounds[0] <= bounds[1] else {
        throw source.error(at: location, "the range of a double is written 0.5..1")
      }
      parameter.range = .doubles(bounds[0]...bounds[1])
    case .interval:
      let bounds = Self.bounds(text).compactMap { try? Interval.microseconds(parsing: $0) }
      guard bounds.count == 2, bounds[0] <= bounds[1] else {
        throw source.error(at: location, "the range of an interval is written 1m..7 days")
      }
      parameter.range = .intervals(bounds[0]...bounds[1])
    case .text:
      parameter.allowedValues = Self.alternatives(text)
      guard !parameter.allowedValues.isEmpty else {
        throw source.error(at: location, "the values of a text are written WARNING|CRITICAL")
      }
    case .boolean: throw source.error(at: location, "a boolean has no range")
    case .timestamptz, .uuid, .jsonb:
      throw source.error(at: location, "a \(parameter.type) has no range here", hint: "say it in the SELECT")
    }
  }

  /// `1..60`: a number's own point is none of the two.
  private static func bounds(_ text: String) -> [String] {
    guard let first = text.firstIndex(of: "."), let point = text[first...].firstRange(of: "..") else { return [] }
    return [trimmed(String(text[..<point.lowerBound])), trimmed(String(text[point.upperBound...]))]
  }

  private func read(
    pattern text: String, at location: Int, _ parameter: inout EndpointPlan.Parameter
  ) throws(DefinitionError) {
    guard parameter.type == .text else {
      throw source.error(at: location, "only a text has a pattern")
    }
    let pattern = Self.unquoted(text)
    guard pattern != text, !pattern.isEmpty else {
      throw source.error(at: location, "a pattern stands in quotes", hint: "write ~ '^[a-z]+$'")
    }
    do throws(PreparationError) {
      parameter.pattern = try TextPattern(pattern)
    } catch {
      throw source.error(at: location, "the pattern cannot be used: \(error.message)", hint: error.hint)
    }
  }

  private func check(_ parameter: EndpointPlan.Parameter) throws(DefinitionError) {
    let location = annotation.valueLocation
    if parameter.isOptional, parameter.defaultValue != nil {
      throw source.error(at: location, "a parameter is either optional (?) or has a default")
    }
    if parameter.type == .integer, parameter.range == nil {
      throw source.error(at: location, "an integer needs a range", hint: "write \(Self.form)")
    }
  }

  private static func unquoted(_ text: String) -> String {
    guard text.hasPrefix("'"), text.hasSuffix("'"), text.count >= 2 else { return text }
    let inner = text.dropFirst().dropLast()
    return inner.split(separator: "''", omittingEmptySubsequences: false).joined(separator: "'")
  }
}

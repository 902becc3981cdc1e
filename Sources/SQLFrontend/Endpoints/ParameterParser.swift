import Plan
import Spelling

/// Reads the annotation of a parameter: `minutes integer = 5 in 1..60 -- Look-back window`.
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
    guard name.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") })
    else {
      throw source.error(at: words[0].location, "a parameter's name is of a to z, 0 to 9 and _")
    }
    guard let type = EndpointPlan.ParameterType(rawValue: words[1].text) else {
      let types = EndpointPlan.ParameterType.allCases.map(\.rawValue)
      let nearest = nearestSpelling(of: words[1].text, among: types).map { "did you mean \($0)? " } ?? ""
      throw source.error(
        at: words[1].location, "a parameter cannot be of type \(words[1].text)",
        hint: "\(nearest)types are \(types.joined(separator: ", "))")
    }
    var parameter = EndpointPlan.Parameter(
      name: name, type: type, isOptional: false, defaultValue: nil, range: nil, allowedValues: [],
      description: description)
    var index = 2
    if index < words.count, words[index].text == "?" {
      parameter.isOptional = true
      index += 1
    }
    if index < words.count, words[index].text == "=" {
      parameter.defaultValue = try defaultValue(&index, type)
    }
    if index < words.count, words[index].text == "in" {
      index += 1
      try readDomain(&index, &parameter)
    }
    guard index == words.count else {
      throw source.error(
        at: words[index].location, "this does not belong to a parameter", hint: "write \(Self.form)")
    }
    try check(parameter)
    return parameter
  }

  private func defaultValue(_ index: inout Int, _ type: EndpointPlan.ParameterType) throws(DefinitionError)
    -> EndpointPlan.ParameterValue
  {
    let location = words[index].location
    index += 1
    var text = index < words.count ? words[index].text : ""
    if text == "-", index + 1 < words.count {
      index += 1
      text += words[index].text
    }
    index += 1
    switch type {
    case .integer:
      if let value = Int32(text) { return .integer(value) }
    case .boolean:
      if text == "true" || text == "false" { return .boolean(text == "true") }
    case .text:
      if !text.isEmpty { return .text(Self.unquoted(text)) }
    }
    throw source.error(at: location, "the default is not of type \(type.rawValue)")
  }

  private func readDomain(_ index: inout Int, _ parameter: inout EndpointPlan.Parameter) throws(DefinitionError) {
    let location = index < words.count ? words[index].location : annotation.valueLocation
    let text = words[index...].map(\.text).joined()
    index = words.count
    switch parameter.type {
    case .integer:
      let bounds = text.split(separator: ".", omittingEmptySubsequences: true).compactMap { Int32($0) }
      guard text.contains(".."), bounds.count == 2, bounds[0] <= bounds[1] else {
        throw source.error(at: location, "the range of an integer is written 1..60")
      }
      parameter.range = bounds[0]...bounds[1]
    case .text:
      parameter.allowedValues = text.split(separator: "|").map { Self.unquoted(String($0)) }
      guard !parameter.allowedValues.isEmpty else {
        throw source.error(at: location, "the values of a text are written WARNING|CRITICAL")
      }
    case .boolean: throw source.error(at: location, "a boolean has no range")
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
    switch parameter.defaultValue {
    case .integer(let value):
      if let range = parameter.range, !range.contains(value) {
        throw source.error(at: location, "the default is outside of the range")
      }
    case .text(let value):
      if !parameter.allowedValues.isEmpty, !parameter.allowedValues.contains(value) {
        throw source.error(at: location, "the default is none of the values")
      }
    default: break
    }
  }

  private static func unquoted(_ text: String) -> String {
    guard text.hasPrefix("'"), text.hasSuffix("'"), text.count >= 2 else { return text }
    let inner = text.dropFirst().dropLast()
    return inner.split(separator: "''", omittingEmptySubsequences: false).joined(separator: "'")
  }
}

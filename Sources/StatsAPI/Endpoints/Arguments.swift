import HTTPServer
import Plan

/// Why a request's query does not fit its endpoint.
package enum ArgumentError: Error, Hashable {
  case unknown(name: String, known: [String])
  case repeated(EndpointPlan.Parameter)
  case missing(EndpointPlan.Parameter)
  case invalid(EndpointPlan.Parameter, value: String)
  /// Each value is one that the parameter takes, but they do not go together.
  case unfit(EndpointPlan.Parameter, reason: String)
}

/// No text parameter needs more, and everything longer would only fill the cache's keys.
private let maximumTextBytes = 256

extension EndpointPlan {
  /// The query's values in the order of the parameters.
  package func arguments(for query: [QueryItem]) throws(ArgumentError) -> [String?] {
    try parameters.arguments(for: query)
  }
}

extension [EndpointPlan.Parameter] {
  /// The query's values in the order of the parameters, in one spelling per value so that equal requests share a cache
  /// entry; nil is SQL NULL, of a parameter that is absent. An empty value is an empty text, and nothing else.
  func arguments(for query: [QueryItem]) throws(ArgumentError) -> [String?] {
    var given = [String?](repeating: nil, count: count)
    for item in query {
      guard let index = firstIndex(where: { $0.name == item.name }) else {
        throw .unknown(name: item.name, known: map(\.name))
      }
      guard given[index] == nil else { throw .repeated(self[index]) }
      given[index] = item.value
    }
    for (index, parameter) in enumerated() {
      if let value = given[index] {
        guard let canonical = parameter.canonical(value) else { throw .invalid(parameter, value: value) }
        given[index] = canonical
      } else {
        guard parameter.isOptional || parameter.defaultValue != nil else { throw .missing(parameter) }
        given[index] = parameter.defaultValue?.text
      }
    }
    return given
  }
}

extension EndpointPlan.Parameter {
  fileprivate func canonical(_ value: String) -> String? {
    switch type {
    case .integer:
      // The integer's own parser would also take "+5".
      guard !value.hasPrefix("+"), let number = Int32(value), range?.contains(number) ?? true else { return nil }
      return String(number)
    // As JavaScript, Python and C write them.
    case .boolean:
      switch value.lowercased() {
      case "true", "1": return "true"
      case "false", "0": return "false"
      default: return nil
      }
    case .text:
      guard allowedValues.isEmpty else { return allowedValue(spelt: value) }
      return value.utf8.count <= maximumTextBytes ? value : nil
    }
  }

  /// The value as the definition spells it; in any case of letters, as long as that names one.
  private func allowedValue(spelt value: String) -> String? {
    if allowedValues.contains(value) { return value }
    let alike = allowedValues.filter { $0.lowercased() == value.lowercased() }
    return alike.count == 1 ? alike[0] : nil
  }

  /// What a value must be, e.g. "an integer between 1 and 60".
  var requirement: String {
    switch type {
    case .integer: range.map { "an integer between \($0.lowerBound) and \($0.upperBound)" } ?? "an integer"
    case .boolean: "true or false"
    case .text:
      allowedValues.isEmpty
        ? "a text of at most \(maximumTextBytes) bytes" : "one of " + allowedValues.joined(separator: ", ")
    }
  }
}

import HTTPServer
import Plan

/// Why a request's query does not fit its endpoint.
package enum ArgumentError: Error, Hashable {
  case unknown(name: String, known: [String])
  case repeated(EndpointPlan.Parameter)
  case tooMany(EndpointPlan.Parameter)
  case missing(EndpointPlan.Parameter)
  case invalid(EndpointPlan.Parameter, value: String)
  /// Each value is one that the parameter takes, but they do not go together.
  case unfit(EndpointPlan.Parameter, reason: String)
}

extension EndpointPlan {
  /// The query's values in the order of the parameters.
  ///
  /// - Parameter path: what the path gives, from left to right.
  package func arguments(for query: [QueryItem], path values: [String] = []) throws(ArgumentError) -> [String?] {
    try parameters.arguments(for: query, path: Dictionary(uniqueKeysWithValues: zip(path.parameters, values)))
  }
}

extension [EndpointPlan.Parameter] {
  /// The query's values in the order of the parameters, in one spelling per value so that equal requests share a cache
  /// entry; nil is SQL NULL, of a parameter that is absent. An empty value is an empty text, and nothing else. A list is
  /// given value by value, under its name each time.
  ///
  /// - Parameter path: what the path gives, by parameter.
  func arguments(for query: [QueryItem], path: [String: String] = [:]) throws(ArgumentError) -> [String?] {
    var given = [[String]](repeating: [], count: count)
    for item in query {
      guard let index = firstIndex(where: { $0.name == item.name && $0.place == .query }) else {
        throw .unknown(name: item.name, known: filter { $0.place == .query }.map(\.name))
      }
      let maximum = self[index].isList ? EndpointPlan.Parameter.maximumListCount : 1
      guard given[index].count < maximum else {
        throw self[index].isList ? .tooMany(self[index]) : .repeated(self[index])
      }
      given[index].append(item.value)
    }
    var arguments: [String?] = []
    for (parameter, values) in zip(self, given) {
      let values = parameter.place == .path ? [path[parameter.name]].compactMap { $0 } : values
      arguments.append(try parameter.argument(values))
    }
    return arguments
  }
}

extension EndpointPlan.Parameter {
  /// What the values of a request come to, in one spelling.
  func argument(_ values: [String]) throws(ArgumentError) -> String? {
    guard !values.isEmpty else {
      guard !isRequired else { throw .missing(self) }
      return defaultValue?.text
    }
    var canonical: [String] = []
    for value in values {
      guard let text = self.canonical(value) else { throw .invalid(self, value: value) }
      canonical.append(text)
    }
    return isList ? Self.list(canonical) : canonical[0]
  }
}

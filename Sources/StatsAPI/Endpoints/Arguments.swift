import HTTPServer

/// Why a request's query does not fit its endpoint.
enum ArgumentError: Error, Hashable {
  case unknown(name: String, known: [String])
  case repeated(EndpointParameter)
  case invalid(EndpointParameter, value: String)
}

extension Endpoint {
  /// No text parameter needs more, and everything longer would only fill the cache's keys.
  static let maximumTextBytes = 256

  /// The query's values in the order of the parameters, in one spelling per value so that equal requests share a cache
  /// entry; nil is SQL NULL. An empty value counts as absent.
  func arguments(for query: [QueryItem]) throws(ArgumentError) -> [String?] {
    var given = [String?](repeating: nil, count: parameters.count)
    for item in query {
      guard let index = parameters.firstIndex(where: { $0.name == item.name }) else {
        throw .unknown(name: item.name, known: parameters.map(\.name))
      }
      guard given[index] == nil else { throw .repeated(parameters[index]) }
      given[index] = item.value
    }
    for (index, parameter) in parameters.enumerated() {
      if let value = given[index], !value.isEmpty {
        guard let canonical = parameter.canonical(value) else { throw .invalid(parameter, value: value) }
        given[index] = canonical
      } else {
        given[index] = parameter.defaultValue
      }
    }
    return given
  }
}

extension EndpointParameter {
  fileprivate func canonical(_ value: String) -> String? {
    switch kind {
    case .integer:
      // Int's own parser would also take "+5".
      guard !value.hasPrefix("+"), let number = Int(value), number >= minimum ?? .min, number <= maximum ?? .max else {
        return nil
      }
      return allowed(String(number))
    case .boolean:
      return value == "true" || value == "false" ? allowed(value) : nil
    case .text:
      return value.utf8.count <= Endpoint.maximumTextBytes ? allowed(value) : nil
    }
  }

  private func allowed(_ value: String) -> String? {
    allowedValues.isEmpty || allowedValues.contains(value) ? value : nil
  }

  /// What a value must be, e.g. "an integer between 1 and 60".
  var requirement: String {
    guard allowedValues.isEmpty else { return "one of " + allowedValues.joined(separator: ", ") }
    switch (kind, minimum, maximum) {
    case (.integer, let minimum?, let maximum?): return "an integer between \(minimum) and \(maximum)"
    case (.integer, let minimum?, nil): return "an integer of at least \(minimum)"
    case (.integer, nil, let maximum?): return "an integer of at most \(maximum)"
    case (.integer, nil, nil): return "an integer"
    case (.boolean, _, _): return "true or false"
    case (.text, _, _): return "a text of at most \(Endpoint.maximumTextBytes) bytes"
    }
  }
}

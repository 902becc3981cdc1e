import HTTPServer
import Plan

/// `?format=`, which every endpoint has unless its definition has a parameter of that name.
struct FormatParameter {
  static let name = "format"
  /// As the description and messages show it.
  static let parameter = EndpointPlan.Parameter(
    name: name, type: .text, isOptional: true, allowedValues: Representation.names,
    description: "The form of the result, whatever Accept says")

  /// nil: what `Accept` says.
  let form: Representation?
  /// The rest of the query: the endpoint's own parameters.
  let query: [QueryItem]

  /// - Parameter parameters: the endpoint's own.
  init(of query: [QueryItem], _ parameters: [EndpointPlan.Parameter]) throws(ArgumentError) {
    guard !Self.isOwn(parameters), query.contains(where: { $0.name == Self.name }) else {
      form = nil
      self.query = query
      return
    }
    let given = query.filter { $0.name == Self.name }.map(\.value)
    guard given.count == 1 else { throw .repeated(Self.parameter) }
    guard let form = Representation.allCases.first(where: { $0.name == given[0].lowercased() }) else {
      throw .invalid(Self.parameter, value: given[0])
    }
    self.form = form
    self.query = query.filter { $0.name != Self.name }
  }

  static func isOwn(_ parameters: [EndpointPlan.Parameter]) -> Bool { parameters.contains { $0.name == name } }
}

import SQLFrontend

extension Endpoint {
  /// The route that a definition file describes.
  public init(_ definition: EndpointDefinition) {
    self.init(
      path: definition.path, summary: definition.summary, parameters: definition.parameters.map(EndpointParameter.init),
      shape: definition.returns == .rows ? .rows : .object, sql: definition.sql)
  }
}

extension EndpointParameter {
  init(_ parameter: EndpointDefinition.Parameter) {
    let kind: Kind =
      switch parameter.type {
      case .integer: .integer
      case .text: .text
      case .boolean: .boolean
      }
    self.init(
      name: parameter.name, kind: kind, defaultValue: parameter.defaultValue?.text,
      minimum: parameter.range.map { Int($0.lowerBound) }, maximum: parameter.range.map { Int($0.upperBound) },
      allowedValues: parameter.allowedValues, description: parameter.description)
  }
}

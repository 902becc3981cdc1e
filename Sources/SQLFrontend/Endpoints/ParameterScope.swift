import Plan
import Spelling

/// The parameters that an endpoint's statements may name, and those that they have named so far.
struct ParameterScope {
  private let source: SourceText
  private(set) var parameters: [EndpointPlan.Parameter] = []
  /// Some parameter could not be read, which is reported: an unknown name may be that one.
  private var isIncomplete = false
  private var declarations: [(name: String, location: Int)] = []
  private var used: Set<String> = []
  /// Whether `:who` is who asks, unless a parameter is called so.
  private let takesClient: Bool

  private static let client = "who"

  /// - Parameters:
  ///   - path: some of them stand in it; nil: it could not be read.
  ///   - method: which says where the others are.
  init(_ annotations: Annotations, path: PathTemplate?, method: String, diagnostics: inout Diagnostics) {
    let source = annotations.source
    self.source = source
    for item in annotations.items where item.name == "param" {
      let parameter = diagnostics.attempt { () throws(DefinitionError) in
        let parameter = try ParameterParser(item, source).parse()
        return try Self.placed(parameter, path, method) { message, hint in
          source.error(at: item.valueLocation, message, hint: hint)
        }
      }
      guard let parameter else {
        isIncomplete = true
        continue
      }
      if parameters.contains(where: { $0.name == parameter.name }) {
        diagnostics.report(source.error(at: item.valueLocation, "parameter \"\(parameter.name)\" is given twice"))
      }
      parameters.append(parameter)
      declarations.append((parameter.name, item.valueLocation))
    }
    takesClient = method != "GET"
  }

  /// The parameter with where a request gives it.
  private static func placed(
    _ parameter: EndpointPlan.Parameter, _ path: PathTemplate?, _ method: String,
    _ error: (_ message: String, _ hint: String?) -> DefinitionError
  ) throws(DefinitionError) -> EndpointPlan.Parameter {
    var parameter = parameter
    let isWrite = method != "GET"
    if path?.parameters.contains(parameter.name) == true {
      if parameter.isOptional || parameter.defaultValue != nil || parameter.isList || parameter.type == .jsonb {
        throw error(
          "a parameter in the path is one value that is always there",
          "write \(parameter.name) \(parameter.type == .jsonb ? "text" : parameter.type.rawValue) without ?, default and []"
        )
      }
      parameter.place = .path
    } else {
      parameter.place = isWrite ? .body : .query
    }
    if parameter.type == .jsonb, !isWrite || parameter.isList {
      throw error("a jsonb is one value in the body of a POST", "write text, and cast it in the SELECT")
    }
    return parameter
  }

  /// Refuses parameters of the path that are not declared.
  func checkPath(_ path: PathTemplate, at location: Int) throws(DefinitionError) {
    guard !isIncomplete, let name = path.parameters.first(where: { name in !parameters.contains { $0.name == name } })
    else { return }
    throw source.error(
      at: location, "the path has a parameter {\(name)} that is not declared", hint: "add -- param: \(name) text")
  }

  /// Notes the uses and refuses those of no parameter. `shift` gives the place in the file for one in the text.
  mutating func use(_ named: NamedParameters, shift: (Int) -> Int = { $0 }) throws(DefinitionError) {
    for use in named.uses {
      used.insert(use.name)
      if takesClient, use.name == Self.client, !parameters.contains(where: { $0.name == use.name }) {
        var who = EndpointPlan.Parameter(name: use.name, type: .text, isOptional: false, description: "Who asks")
        who.place = .client
        parameters.append(who)
      }
      guard !isIncomplete, !parameters.contains(where: { $0.name == use.name }) else { continue }
      let nearest = nearestSpelling(of: use.name, among: parameters.map(\.name)).map { "did you mean :\($0)? " } ?? ""
      throw source.error(
        at: shift(use.range.lowerBound), "there is no parameter \"\(use.name)\"",
        hint: "\(nearest)declare it: -- param: \(ParameterParser.form)")
    }
  }

  func reportUnused(_ diagnostics: inout Diagnostics) {
    for declaration in declarations where !used.contains(declaration.name) {
      diagnostics.report(
        source.error(
          at: declaration.location, "parameter \"\(declaration.name)\" is not used",
          hint: "write :\(declaration.name) in the SELECT"))
    }
  }

  /// `($1::integer)` for the parameter's name.
  func placeholder(_ name: String) -> String {
    guard let index = parameters.firstIndex(where: { $0.name == name }) else { return ":\(name)" }
    return "($\(index + 1)::\(parameters[index].sqlType))"
  }
}

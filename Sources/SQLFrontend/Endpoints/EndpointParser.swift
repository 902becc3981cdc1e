import Plan

/// Reads an endpoint's file: annotations and one SELECT.
///
/// - Throws: everything that is wrong in the file.
public func parseEndpoint(_ file: SourceFile) throws(DefinitionErrors) -> EndpointPlan {
  let source = SourceText(file)
  var diagnostics = Diagnostics()
  let definition = EndpointParser(source: source).parse(&diagnostics)
  try diagnostics.check()
  guard let definition else { throw DefinitionErrors([source.error(at: 0, "the endpoint cannot be read")]) }
  return definition
}

private struct EndpointParser {
  let source: SourceText

  static let annotations = ["name", "summary", "param", "returns", "meta"]

  func parse(_ diagnostics: inout Diagnostics) -> EndpointPlan? {
    let annotations = Annotations(source, known: Self.annotations, diagnostics: &diagnostics)
    let route = diagnostics.attempt { () throws(DefinitionError) in try self.route(annotations) }
    let summary = diagnostics.attempt { () throws(DefinitionError) in
      try annotations.required("summary", form: "what it answers, in one line").value
    }
    let returns = diagnostics.attempt { () throws(DefinitionError) in try self.returns(annotations) }
    var scope = ParameterScope(
      annotations, path: route?.path, method: route?.method ?? "GET", diagnostics: &diagnostics)
    if let route {
      _ = diagnostics.attempt { () throws(DefinitionError) in try scope.checkPath(route.path, at: route.location) }
    }
    var reads: Set<String>? = []
    let select = diagnostics.attempt { () throws(DefinitionError) in try self.select(&scope, &reads) }
    var meta: [EndpointPlan.Meta] = []
    for item in annotations.items where item.name == "meta" {
      let member = diagnostics.attempt { () throws(DefinitionError) in
        if returns == .object {
          throw source.error(at: item.location, "an object has no meta", hint: "add a column to the SELECT")
        }
        return try self.meta(item, &scope, &reads)
      }
      guard let member else { continue }
      if meta.contains(where: { $0.name == member.name }) {
        diagnostics.report(source.error(at: item.valueLocation, "member \"\(member.name)\" is given twice"))
      }
      meta.append(member)
    }
    if diagnostics.errors.isEmpty { scope.reportUnused(&diagnostics) }
    guard let route, let summary, let returns, let select else { return nil }
    var plan = EndpointPlan(
      method: route.method, path: route.path, summary: summary, parameters: scope.parameters, returns: returns,
      meta: meta, select: select.text, reads: reads)
    (plan.notes, plan.mayAddNulls) = (select.statement.notes, select.statement.mayAddNulls)
    plan.sql = source.text(select.statement.range)
    return plan
  }

  private func route(
    _ annotations: Annotations
  ) throws(DefinitionError) -> (method: String, path: PathTemplate, location: Int) {
    let form = "GET /api/\(source.stem)"
    let item = try annotations.required("name", form: form)
    let words = item.value.split(separator: " ").map(String.init)
    guard words.count == 2, ["GET", "POST"].contains(words[0]) else {
      throw source.error(
        at: item.valueLocation, "an endpoint's name is GET or POST and a path", hint: "write -- name: \(form)")
    }
    guard let path = PathTemplate(words[1]) else {
      throw source.error(
        at: item.valueLocation,
        "a path begins with /, and between slashes stand letters, digits and -._~ or one parameter in braces",
        hint: "write -- name: \(form), or -- name: \(form)/{id}")
    }
    guard !EndpointPlan.isBuiltIn(path: words[1]) else {
      throw source.error(
        at: item.valueLocation, "the path \(words[1]) is taken: the API itself answers it",
        hint: "write -- name: \(form)")
    }
    return (words[0], path, item.valueLocation)
  }

  private func returns(_ annotations: Annotations) throws(DefinitionError) -> EndpointPlan.Returns {
    let item = try annotations.required("returns", form: "rows, or object")
    guard let returns = EndpointPlan.Returns(rawValue: item.value) else {
      throw source.error(at: item.valueLocation, "an endpoint returns rows or object", hint: "write -- returns: rows")
    }
    return returns
  }

  private func select(
    _ scope: inout ParameterScope, _ reads: inout Set<String>?
  ) throws(DefinitionError) -> (text: FileText, statement: PlainSelect) {
    let named = NamedParameters(source, in: 0..<source.bytes.count)
    let statement = try PlainSelect(source, bytes: named.palatable(source.bytes))
    add(statement.node, to: &reads)
    try refuseNumberedParameters(source) { $0 }
    try statement.checkNames()
    try scope.use(named)
    let text = named.replacing(
      in: statement.range, of: source, place: source.place, with: scope.placeholder)
    return (text, statement)
  }

  private func add(_ node: Node, to reads: inout Set<String>?) {
    if node.namesSchemas {
      reads = nil
    } else {
      reads?.formUnion(node.relations.map(\.name))
    }
  }

  private func refuseNumberedParameters(_ text: SourceText, shift: (Int) -> Int) throws(DefinitionError) {
    if let token = text.tokens.first(where: { $0.kind == .word && text.bytes[$0.range.lowerBound] == UInt8(ascii: "$") }
    ) {
      throw source.error(
        at: shift(token.range.lowerBound), "a parameter is written by its name", hint: "write :name")
    }
  }

  /// `window_minutes = :minutes`
  private func meta(
    _ item: Annotation, _ scope: inout ParameterScope, _ reads: inout Set<String>?
  ) throws(DefinitionError) -> EndpointPlan.Meta {
    let form = "write -- meta: window_minutes = :minutes"
    guard let sign = item.value.firstIndex(of: "=") else {
      throw source.error(at: item.valueLocation, "a meta member is a name and an expression", hint: form)
    }
    let name = item.value[..<sign].split(separator: " ").joined(separator: " ")
    guard !name.isEmpty,
      name.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }),
      name != "data", name != "count"
    else {
      throw source.error(
        at: item.valueLocation, "a member's name is of a to z, 0 to 9 and _, and neither data nor count", hint: form)
    }
    // The expression is checked in a statement of its own; its places are counted back into the file.
    let prefix = "SELECT "
    let expression = String(item.value[item.value.index(after: sign)...])
    let start = item.valueLocation + item.value[...sign].utf8.count
    let shift: (Int) -> Int = { start + $0 - prefix.utf8.count }
    let text = SourceText(SourceFile(path: source.path, text: prefix + expression))
    let named = NamedParameters(text, in: 0..<text.bytes.count)
    var end = text.bytes.count
    do throws(DefinitionError) {
      let statement = try PlainSelect(text, bytes: named.palatable(text.bytes))
      end = statement.range.upperBound
      add(statement.node, to: &reads)
      guard statement.node.nodes("targetList").count == 1, !statement.node.has("fromClause") else {
        throw text.error(at: prefix.utf8.count, "a meta member is one expression", hint: form)
      }
    } catch {
      throw source.error(at: start + max(0, error.column - 1 - prefix.utf8.count), error.message, hint: error.hint)
    }
    try refuseNumberedParameters(text, shift: shift)
    try scope.use(named, shift: shift)
    let spaces = text.bytes[prefix.utf8.count...].prefix { $0 == UInt8(ascii: " ") }.count
    let sql = named.replacing(
      in: min(prefix.utf8.count + spaces, end)..<end, of: text, place: { source.place(at: shift($0)) },
      with: scope.placeholder)
    return EndpointPlan.Meta(name: name, sql: sql)
  }
}

import Plan

// What every project's API has is written as a project's endpoints are, in the terms of the plan.

extension EndpointPlan {
  /// - Parameters:
  ///   - meta: members beside the rows, with their expressions.
  ///   - present: columns that are never NULL.
  static func own(
    _ method: String, _ path: String, _ summary: String, _ parameters: [Parameter], _ returns: Returns,
    meta: [(name: String, sql: String)] = [], present: [String] = ["id", "acknowledged", "ended"], _ select: String
  ) -> EndpointPlan? {
    guard let path = PathTemplate(path) else { return nil }
    let place = FilePlace(path: "\(method) \(path)", line: 1, column: 1)
    func text(_ sql: String) -> FileText {
      var text = FileText()
      text.append(sql, at: place)
      return text
    }
    var plan = EndpointPlan(
      method: method, path: path, summary: summary, parameters: parameters, returns: returns,
      meta: meta.map { Meta(name: $0.name, sql: text($0.sql)) }, select: text(select))
    plan.isOwn = true
    plan.mayAddNulls = false
    plan.sql = select
    plan.notes = present.map { ColumnNote(column: $0, comment: "", isNeverNull: true) }
    return plan
  }
}

extension EndpointPlan.Parameter {
  static func own(
    _ name: String, _ type: EndpointPlan.ParameterType, _ place: Place, _ description: String,
    default value: String? = nil, range: ClosedRange<Int64>? = nil, isOptional: Bool = false
  ) -> EndpointPlan.Parameter {
    var parameter = EndpointPlan.Parameter(
      name: name, type: type, isOptional: isOptional, defaultValue: value.map { .one($0) },
      range: range.map { .integers($0) }, description: description)
    parameter.place = place
    return parameter
  }
}

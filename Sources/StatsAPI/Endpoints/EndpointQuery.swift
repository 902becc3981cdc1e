import Dialects
import Plan

/// A route's statement.
public struct EndpointQuery: Sendable {
  /// The route's, for messages.
  public let path: String
  /// What it is prepared as; nil: it is not, since requests that are alike are few. Not the path: Postgres cuts names at
  /// 63 bytes, and two long paths may begin alike.
  let name: String?
  let statement: String
  /// The parameters whose values Postgres is the first to judge, when the statement casts them: texts of any content. By
  /// their place among the arguments.
  let freeTexts: [(index: Int, name: String)]
  /// The parameter that is at fault for a value that cannot be read where Postgres does not quote it; nil: it may be what
  /// is stored.
  let suspect: String?
  /// Whether it is meant to change something.
  let isWrite: Bool

  public init(_ endpoint: EndpointPlan) {
    path = endpoint.path.text
    statement = endpoint.statement.text
    isWrite = endpoint.isWrite
    suspect = nil
    freeTexts = endpoint.parameters.enumerated()
      .filter { $1.type == .text && $1.allowedValues.isEmpty && $1.place != .client }
      .map { (index: $0, name: $1.name) }
    name = "endpoint " + EntityTag(of: Array(statement.utf8)).text
  }

  /// - Parameter path: where the rows are asked for.
  init(_ bound: BoundStatement, path: String) {
    self.path = path
    statement = bound.text
    freeTexts = bound.values.enumerated().compactMap { index, value in value.parameter.map { (index, $0) } }
    name = nil
    isWrite = false
    // Rows as they are stored are only compared.
    suspect = bound.values.contains { $0.parameter == Relation.cursorParameter } ? Relation.cursorParameter : nil
  }
}

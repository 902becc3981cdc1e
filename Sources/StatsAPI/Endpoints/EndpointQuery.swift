import Dialects
import Plan

/// An endpoint's statement, made once.
public struct EndpointQuery: Sendable {
  /// The endpoint's, for messages.
  public let path: String
  /// What it is prepared as. Not the path: Postgres cuts names at 63 bytes, and two long paths may begin alike.
  let name: String
  let statement: String
  /// The parameters whose values Postgres is the first to judge, when the statement casts them: texts of any content. By
  /// their place among the arguments.
  let freeTexts: [(index: Int, name: String)]

  public init(_ endpoint: EndpointPlan) {
    path = endpoint.path
    statement = endpoint.statement.text
    freeTexts = endpoint.parameters.enumerated()
      .filter { $1.type == .text && $1.allowedValues.isEmpty }
      .map { (index: $0, name: $1.name) }
    name = "endpoint " + EntityTag(of: Array(statement.utf8)).text
  }
}

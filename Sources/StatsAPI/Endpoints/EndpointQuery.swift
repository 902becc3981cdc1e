import Dialects
import Plan

/// An endpoint's statement, made once.
public struct EndpointQuery: Sendable {
  /// The endpoint's, for messages.
  public let path: String
  /// What it is prepared as. Not the path: Postgres cuts names at 63 bytes, and two long paths may begin alike.
  let name: String
  let statement: String

  public init(_ endpoint: EndpointPlan) {
    path = endpoint.path
    statement = endpoint.statement.text
    name = "endpoint " + EntityTag(of: Array(statement.utf8)).text
  }
}

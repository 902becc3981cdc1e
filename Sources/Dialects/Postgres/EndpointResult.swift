import Plan
import SQLQuoting

/// What an endpoint gives, as the database has told when its statement was prepared there.
public struct EndpointResult: Hashable, Sendable {
  /// Of each row, in their order.
  public var columns: [Relation.Column]
  /// What stands beside the rows.
  public var meta: [Relation.Column]

  public init(columns: [Relation.Column], meta: [Relation.Column]) {
    (self.columns, self.meta) = (columns, meta)
  }
}

extension EndpointPlan {
  /// The expressions of what stands beside the rows as one statement; nil: there are none.
  public var metaSelect: String? {
    guard !meta.isEmpty else { return nil }
    let rows = "WITH endpoint_rows AS (\n\(select.text)\n)\n"
    return rows + "SELECT " + meta.map { "(\($0.sql.text)) AS \(quotedIdentifier($0.name))" }.joined(separator: ", ")
  }
}

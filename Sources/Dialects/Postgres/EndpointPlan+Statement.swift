import Plan
import SQLQuoting

extension EndpointPlan {
  /// The statement to prepare: one row, one column, the response's JSON as text.
  ///
  /// For an object the column is NULL when the SELECT yields no row, and the statement fails when it yields several.
  ///
  /// The response is built by Postgres: one value comes back, whatever the columns are. The rows go through a
  /// materialised common table expression: it keeps their order and is computed once.
  public var statement: String {
    let rows = "WITH endpoint_rows AS MATERIALIZED (\n\(select)\n)\n"
    switch returns {
    case .object: return rows + "SELECT (SELECT row_to_json(r) FROM endpoint_rows AS r)::text"
    case .rows:
      let members = meta.map { ",\n  \(quotedLiteral($0.name)), (\($0.sql))" }.joined()
      return rows + """
        SELECT json_build_object(
          'data', COALESCE((SELECT json_agg(r) FROM endpoint_rows AS r), '[]'::json),
          'count', (SELECT count(*) FROM endpoint_rows)\(members)
        )::text
        """
    }
  }
}

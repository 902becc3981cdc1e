import Plan
import SQLQuoting

extension EndpointPlan {
  /// The statement to prepare: one row, one column, the response's JSON as text.
  ///
  /// For an object the column is NULL when the SELECT yields no row, and the statement fails when it yields several.
  ///
  /// The response is built by Postgres: one value comes back, whatever the columns are. The rows go through a
  /// materialised common table expression: it keeps their order and is computed once.
  public var statement: LocatedStatement {
    var statement = LocatedStatement(
      .own("WITH endpoint_rows AS MATERIALIZED (\n"), .file(select), .own("\n)\n"))
    // Under a name that no column has, which would be taken before the whole row.
    let row = quotedIdentifier("streampulse row")
    switch returns {
    case .object: statement.append(.own("SELECT (SELECT row_to_json(\(row)) FROM endpoint_rows AS \(row))::text"))
    case .rows:
      statement.append(
        .own(
          """
          SELECT json_build_object(
            'data', COALESCE((SELECT json_agg(\(row)) FROM endpoint_rows AS \(row)), '[]'::json),
            'count', (SELECT count(*) FROM endpoint_rows)
          """))
      for member in meta {
        statement.append(.own(",\n  \(quotedLiteral(member.name)), ("))
        statement.append(.file(member.sql))
        statement.append(.own(")"))
      }
      statement.append(.own("\n)::text"))
    }
    return statement
  }
}

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
    switch returns {
    case .object: LocatedStatement(objectOf: .file(select))
    case .rows: LocatedStatement(rowsOf: .file(select), meta: meta.map { ($0.name, .file($0.sql)) })
    }
  }
}

extension LocatedStatement {
  /// Under a name that no column has, which would be taken before the whole row.
  private static let row = quotedIdentifier("streampulse row")

  fileprivate init(objectOf select: Piece) {
    self.init(.own("WITH endpoint_rows AS MATERIALIZED (\n"), select, .own("\n)\n"))
    append(.own("SELECT (SELECT row_to_json(\(Self.row)) FROM endpoint_rows AS \(Self.row))::text"))
  }

  /// The rows of a SELECT as JSON, with `data`, `count` and further members beside them.
  init(rowsOf select: Piece, meta: [(name: String, sql: Piece)]) {
    self.init(.own("WITH endpoint_rows AS MATERIALIZED (\n"), select, .own("\n)\n"))
    append(
      .own(
        """
        SELECT json_build_object(
          'data', COALESCE((SELECT json_agg(\(Self.row)) FROM endpoint_rows AS \(Self.row)), '[]'::json),
          'count', (SELECT count(*) FROM endpoint_rows)
        """))
    for member in meta {
      append(.own(",\n  \(quotedLiteral(member.name)), ("))
      append(member.sql)
      append(.own(")"))
    }
    append(.own("\n)::text"))
  }
}

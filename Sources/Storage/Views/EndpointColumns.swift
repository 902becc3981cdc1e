import Dialects
import Plan
import Postgres

extension EndpointResult {
  /// What each endpoint gives, in their order. The statements must be right, and all tables must be there.
  public static func all(
    of endpoints: [EndpointPlan], _ connection: PostgresConnection
  ) throws(PostgresError) -> [EndpointResult] {
    var results: [EndpointResult] = []
    for endpoint in endpoints { results.append(try EndpointResult(of: endpoint, connection)) }
    return results
  }

  private init(of endpoint: EndpointPlan, _ connection: PostgresConnection) throws(PostgresError) {
    let types = endpoint.parameters.map(\.sqlType)
    var columns = try Self.columns(
      try connection.describe(endpoint.select.text, parameterTypes: types), mayAddNulls: endpoint.mayAddNulls,
      connection)
    for (index, column) in columns.enumerated() {
      guard let note = endpoint.notes.first(where: { $0.column == column.name }) else { continue }
      if !note.comment.isEmpty { columns[index].comment = note.comment }
      if note.isNeverNull { columns[index].isNullable = false }
    }
    var meta: [Relation.Column] = []
    if let select = endpoint.metaSelect {
      meta = try Self.columns(
        try connection.describe(select, parameterTypes: types), mayAddNulls: true, connection)
    }
    self.init(columns: columns, meta: meta)
  }

  /// - Parameter mayAddNulls: a column that is never NULL in its table may be so in the result.
  private static func columns(
    _ described: [DescribedColumn], mayAddNulls: Bool, _ connection: PostgresConnection
  ) throws(PostgresError) -> [Relation.Column] {
    guard !described.isEmpty else { return [] }
    let rows = described.enumerated().map { index, column in
      "(\(index), \(column.type)::oid, \(column.origin?.table ?? 0)::oid, \(column.origin?.column ?? 0)::int2)"
    }
    let found = try connection.query(
      """
      SELECT format_type(d.type, NULL), coalesce(a.attnotnull, false), coalesce(col_description(d.origin, d.number), '')
      FROM (VALUES \(rows.joined(separator: ", "))) AS d (place, type, origin, number)
      LEFT JOIN pg_attribute AS a ON a.attrelid = d.origin AND a.attnum = d.number
      ORDER BY d.place
      """)
    return described.enumerated().map { index, column in
      Relation.Column(
        name: column.name, type: found[index, 0] ?? "",
        isNullable: mayAddNulls || found.boolean(index, 1) != true, comment: found[index, 2] ?? "")
    }
  }
}

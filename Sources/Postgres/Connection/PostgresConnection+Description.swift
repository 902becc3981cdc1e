import CLibPQ
import SQLQuoting

/// A column that a statement would give.
public struct DescribedColumn: Hashable, Sendable {
  public var name: String
  /// Its type's OID.
  public var type: UInt32
  /// The column of a table, or of a view, that it is as it stands there, by their OID and number; nil: it is computed.
  public var origin: Origin?

  public struct Origin: Hashable, Sendable {
    public var table: UInt32
    public var column: Int
  }
}

extension PostgresConnection {
  /// What a statement would give, without running it. Nothing stays on the connection.
  ///
  /// - Parameter parameterTypes: as SQL writes them; the statement need not use each of them.
  public func describe(_ sql: String, parameterTypes: [String]) throws(PostgresError) -> [DescribedColumn] {
    let name = "streampulse description"
    let types = parameterTypes.isEmpty ? "" : " (\(parameterTypes.joined(separator: ", ")))"
    try execute("PREPARE \(quotedIdentifier(name))\(types) AS \(sql)")
    let result: PostgresResult
    do throws(PostgresError) {
      try send(name) { PQsendDescribePrepared(handle, $0) }
      result = try only(readToEnd())
    } catch {
      if !isBroken { try execute("DEALLOCATE \(quotedIdentifier(name))") }
      throw error
    }
    try execute("DEALLOCATE \(quotedIdentifier(name))")
    return result.describedColumns
  }
}

extension PostgresResult {
  fileprivate var describedColumns: [DescribedColumn] {
    withHandle { handle in
      columns.enumerated().map { index, name in
        let table = PQftable(handle, Int32(index))
        return DescribedColumn(
          name: name, type: PQftype(handle, Int32(index)),
          origin: table == 0 ? nil : .init(table: table, column: Int(PQftablecol(handle, Int32(index)))))
      }
    }
  }
}

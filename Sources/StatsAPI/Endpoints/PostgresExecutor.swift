import Postgres

/// Runs endpoints' queries on a pool of connections. Statements are prepared once per connection.
public final class PostgresExecutor: Sendable {
  private let pool: ConnectionPool

  /// - Parameter pool: its connections only read, and their statements end by themselves (`statement_timeout`).
  public init(_ pool: ConnectionPool) {
    self.pool = pool
  }

  /// A `QueryExecutor`.
  public func execute(
    _ query: EndpointQuery, _ arguments: [String?],
    _ completion: @escaping @Sendable (Result<[UInt8], QueryFailure>) -> Void
  ) {
    let isAccepted = pool.submit { connection in
      completion(connection.mapError { _ in .unavailable }.flatMap { Self.run(query, arguments, $0) })
    }
    if !isAccepted { completion(.failure(.overloaded)) }
  }

  static func run(
    _ query: EndpointQuery, _ arguments: [String?], _ connection: PostgresConnection
  ) -> Result<[UInt8], QueryFailure> {
    do throws(PostgresError) {
      try connection.prepare(query.name, query.statement)
      let parameters = arguments.map { argument in argument.map { PostgresParameter.untyped($0) } ?? .null }
      let result = try connection.queryPrepared(query.name, parameters)
      guard result.rowCount == 1 else {
        return .failure(.failed(message: "\(query.path): \(result.rowCount) rows instead of one"))
      }
      let json = result.withBytes(0, 0) { bytes in bytes.map { Array($0) } }
      return json.map { .success($0) } ?? .failure(.noResult)
    } catch {
      return .failure(failure(error, query))
    }
  }

  private static func failure(_ error: PostgresError, _ query: EndpointQuery) -> QueryFailure {
    // Class 53: the server's memory, disk or connections are exhausted.
    if error.isConnectionLost || error.sqlstate?.hasPrefix("53") == true { return .unavailable }
    if error.isStatementCancelled { return .timeout }
    return .failed(message: "\(query.path): \(error)")
  }
}

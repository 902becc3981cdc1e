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
    _ endpoint: Endpoint, _ arguments: [String?],
    _ completion: @escaping @Sendable (Result<[UInt8], QueryFailure>) -> Void
  ) {
    let isAccepted = pool.submit { connection in
      switch connection {
      case .failure: completion(.failure(.unavailable))
      case .success(let connection): completion(PostgresExecutor.run(endpoint, arguments, connection))
      }
    }
    if !isAccepted { completion(.failure(.overloaded)) }
  }

  private static func run(
    _ endpoint: Endpoint, _ arguments: [String?], _ connection: PostgresConnection
  ) -> Result<[UInt8], QueryFailure> {
    do {
      let name = "endpoint \(endpoint.path)"
      try connection.prepare(name, endpoint.sql)
      let parameters = arguments.map { argument in argument.map { PostgresParameter.untyped($0) } ?? .null }
      let result = try connection.queryPrepared(name, parameters)
      guard result.rowCount == 1 else {
        return .failure(.failed(message: "\(endpoint.path): \(result.rowCount) rows instead of one"))
      }
      return .success(result.withBytes(0, 0) { bytes in bytes.map(Array.init) ?? Array("null".utf8) })
    } catch {
      if error.isConnectionLost { return .failure(.unavailable) }
      if error.isStatementCancelled { return .failure(.timeout) }
      return .failure(.failed(message: "\(endpoint.path): \(error)"))
    }
  }
}

import Postgres
import SQLFrontend

/// Runs endpoints' queries on a pool of connections. Statements are prepared once per connection.
public final class PostgresExecutor: Sendable {
  private let pool: ConnectionPool

  /// - Parameter pool: its connections only read, and their statements end by themselves (`statement_timeout`).
  public init(_ pool: ConnectionPool) {
    self.pool = pool
  }

  /// A `QueryExecutor`.
  public func execute(
    _ endpoint: EndpointDefinition, _ arguments: [String?],
    _ completion: @escaping @Sendable (Result<[UInt8], QueryFailure>) -> Void
  ) {
    let isAccepted = pool.submit { connection in
      completion(connection.mapError { _ in .unavailable }.flatMap { Self.run(endpoint, arguments, $0) })
    }
    if !isAccepted { completion(.failure(.overloaded)) }
  }

  private static func run(
    _ endpoint: EndpointDefinition, _ arguments: [String?], _ connection: PostgresConnection
  ) -> Result<[UInt8], QueryFailure> {
    // Not the path: Postgres cuts names at 63 bytes, and two long paths may begin alike.
    let name = "endpoint " + EntityTag(of: Array(endpoint.sql.utf8)).text
    do throws(PostgresError) {
      try connection.prepare(name, endpoint.sql)
      let parameters = arguments.map { argument in argument.map { PostgresParameter.untyped($0) } ?? .null }
      let result = try connection.queryPrepared(name, parameters)
      guard result.rowCount == 1 else {
        return .failure(.failed(message: "\(endpoint.path): \(result.rowCount) rows instead of one"))
      }
      let json = result.withBytes(0, 0) { bytes in bytes.map { Array($0) } }
      return json.map { .success($0) } ?? .failure(.noResult)
    } catch {
      return .failure(failure(error, endpoint))
    }
  }

  private static func failure(_ error: PostgresError, _ endpoint: EndpointDefinition) -> QueryFailure {
    // Class 53: the server's memory, disk or connections are exhausted.
    if error.isConnectionLost || error.sqlstate?.hasPrefix("53") == true { return .unavailable }
    if error.isStatementCancelled { return .timeout }
    return .failed(message: "\(endpoint.path): \(error)")
  }
}

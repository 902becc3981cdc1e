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
      let parameters = arguments.map { argument in argument.map { PostgresParameter.untyped($0) } ?? .null }
      let result: PostgresResult
      if let name = query.name {
        try connection.prepare(name, query.statement)
        result = try connection.queryPrepared(name, parameters)
      } else {
        result = try connection.query(query.statement, parameters)
      }
      guard result.rowCount == 1 else {
        return .failure(.failed(message: "\(query.path): \(result.rowCount) rows instead of one"))
      }
      let json = result.withBytes(0, 0) { bytes in bytes.map { Array($0) } }
      return json.map { .success($0) } ?? .failure(.noResult)
    } catch {
      return .failure(failure(error, query, arguments))
    }
  }

  static func failure(
    _ error: PostgresError, _ query: EndpointQuery, _ arguments: [String?]
  ) -> QueryFailure {
    // Class 53: the server's memory, disk or connections are exhausted.
    if error.isConnectionLost || error.sqlstate?.hasPrefix("53") == true { return .unavailable }
    if error.isStatementCancelled { return .timeout }
    if let invalid = invalidArgument(error, query, arguments) { return invalid }
    if query.isWrite, case .server(let report) = error.kind {
      // RAISE EXCEPTION without a code: the function's own words, which it has for its callers.
      if report.sqlstate == "P0001" { return .refused(reason: report.message) }
      if report.sqlstate.hasPrefix("23") { return .conflict }
      if report.sqlstate.hasPrefix("22") {
        return .invalidArgument(parameter: "the body", reason: "a value in it is none that the database takes")
      }
    }
    return .failed(message: "\(query.path): \(error)")
  }

  /// Whether the error is about a text that the request gave: Postgres quotes what it cannot read. Data that is already
  /// stored can be unreadable, too, and that is no fault of the client's.
  private static func invalidArgument(
    _ error: PostgresError, _ query: EndpointQuery, _ arguments: [String?]
  ) -> QueryFailure? {
    guard case .server(let report) = error.kind, let reason = reasonOfValue(report.sqlstate) else { return nil }
    let given = query.freeTexts.first { index, _ in
      guard let value = arguments[index] else { return false }
      // Of a list it is one of the values, which stand in quotes there, too.
      return report.message.contains("\"\(value)\"") || quoted(report.message).map(value.contains) == true
    }
    return (given?.name ?? query.suspect).map { .invalidArgument(parameter: $0, reason: reason) }
  }

  /// What the message shows in quotes at its end, with them.
  private static func quoted(_ message: String) -> Substring? {
    guard message.hasSuffix("\""), let start = message.dropLast().lastIndex(of: "\""), message[start...].count > 2
    else {
      return nil
    }
    return message[start...]
  }

  /// The errors of class 22 that a value can cause by itself (PostgreSQL, appendix A).
  private static func reasonOfValue(_ sqlstate: String) -> String? {
    switch sqlstate {
    case "22P02", "22P05": "it has not the form of the type that it is used as"
    case "22007": "it is no date or time"
    case "22008": "it is a date or time that does not exist or is out of range"
    case "22003": "it is a number out of range"
    case "22P03", "22021": "it has bytes that the type has not"
    case "22023": "it is none of the values that are known"
    default: nil
    }
  }
}

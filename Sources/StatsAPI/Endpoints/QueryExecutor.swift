/// Why an endpoint's query gave no result.
public enum QueryFailure: Error, Hashable, Sendable {
  /// The database cannot be reached. A retry can help.
  case unavailable
  /// Too many queries wait already. A retry can help.
  case overloaded
  /// The statement timeout has passed.
  case timeout
  /// An object was asked for that does not exist: the query gave no row.
  case noResult
  /// The query cannot use a value that the request gave for a text parameter; the reason does not quote the database.
  case invalidArgument(parameter: String, reason: String)
  /// A function of the project refuses, and says why.
  case refused(reason: String)
  /// What is stored already speaks against it.
  case conflict
  /// The query is wrong for this database; the message is for the log, not for clients.
  case failed(message: String)
}

/// Runs an endpoint's query with one argument per parameter (nil is NULL) and hands over the JSON that it gives.
///
/// Called on an event loop's thread: it must not block. `completion` is called exactly once, on any thread.
public typealias QueryExecutor =
  @Sendable (
    _ query: EndpointQuery, _ arguments: [String?],
    _ completion: @escaping @Sendable (Result<[UInt8], QueryFailure>) -> Void
  ) -> Void

/// Asks the replica, and the primary where the replica is away, too far behind or gives no answer.
public struct ReplicatedExecutor: Sendable {
  private let replica: PostgresExecutor
  private let primary: PostgresExecutor
  private let watch: ReadReplica

  public init(replica: PostgresExecutor, primary: PostgresExecutor, watch: ReadReplica) {
    (self.replica, self.primary, self.watch) = (replica, primary, watch)
  }

  /// A `QueryExecutor`.
  public func execute(
    _ query: EndpointQuery, _ arguments: [String?],
    _ completion: @escaping @Sendable (Result<[UInt8], QueryFailure>) -> Void
  ) {
    guard watch.lagSeconds != nil else { return primary.execute(query, arguments, completion) }
    replica.execute(query, arguments) { result in
      // A replica ends queries that hold up its replay, and is gone a moment before that is noticed.
      guard case .failure(let failure) = result, failure.mayBeTheReplicas else { return completion(result) }
      primary.execute(query, arguments, completion)
    }
  }
}

extension QueryFailure {
  /// Whether another server may answer.
  fileprivate var mayBeTheReplicas: Bool {
    switch self {
    case .unavailable, .failed: true
    case .overloaded, .timeout, .noResult, .invalidArgument, .refused, .conflict: false
    }
  }
}

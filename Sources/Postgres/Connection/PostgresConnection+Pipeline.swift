import CLibPQ

extension PostgresConnection {
  /// Runs statements in one round trip and returns a result for each.
  ///
  /// Outside a transaction they are one transaction of their own; `BEGIN` and `COMMIT` may also be among them. The first
  /// error aborts the rest and is thrown with the statement's index; a transaction that the pipeline opened itself is
  /// then rolled back, one that was open before is left failed.
  public func pipeline(_ statements: [PostgresStatement]) throws(PostgresError) -> [PostgresResult] {
    guard !statements.isEmpty else { return [] }
    do {
      return try exchangePipeline(statements)
    } catch {
      // Nothing but the server's own errors leaves the connection in order.
      if case .server = error.kind {} else { abandon() }
      throw error
    }
  }

  private func exchangePipeline(_ statements: [PostgresStatement]) throws(PostgresError) -> [PostgresResult] {
    let began = transactionStatus
    guard PQenterPipelineMode(handle) == 1 else { throw failure() }
    for (index, statement) in statements.enumerated() {
      do throws(PostgresError) {
        try send(statement)
      } catch {
        throw PostgresError(error.kind, statementIndex: index)
      }
    }
    guard PQpipelineSync(handle) == 1 else { throw failure() }
    let (results, error) = try readPipeline(count: statements.count)
    guard PQexitPipelineMode(handle) == 1 else { throw failure() }
    guard let error else { return results }
    if began == .idle, transactionStatus != .idle { try execute("ROLLBACK") }
    throw error
  }

  private func readPipeline(count: Int) throws(PostgresError) -> ([PostgresResult], PostgresError?) {
    var results: [PostgresResult] = []
    results.reserveCapacity(count)
    var error: PostgresError?
    for index in 0..<count {
      // Each statement's results end with nil.
      while let outcome = try nextResult() {
        switch outcome {
        case .rows(let rows): results.append(rows)
        case .failed(let report): error = error ?? PostgresError(report, statementIndex: index)
        case .aborted: break
        case .synchronized: throw PostgresError(.protocolViolation("the pipeline ended early"))
        }
      }
    }
    // What is checked at the end of the transaction fails there, as one more result with its nil before the end.
    for _ in 0..<4 {
      switch try nextResult() {
      case .synchronized: return (results, error)
      case .failed(let report): error = error ?? PostgresError(report)
      case .rows, .aborted, nil: break
      }
    }
    throw PostgresError(.protocolViolation("the pipeline has no end"))
  }
}

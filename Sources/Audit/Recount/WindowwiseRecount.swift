import Faults
import Plan
import Postgres

/// Lets Postgres compute an aggregate's rows, and where it refuses an event, finds the windows that hold such events: these
/// alone are not judged.
struct WindowwiseRecount {
  /// Each refused window takes about twice as many attempts as halvings lead to it.
  private static let maximumAttempts = 2_000

  let connection: PostgresConnection
  let index: Int
  let plan: StreamPlan

  /// Fills `recount_rows`, and `recount_refused` with the windows that Postgres does not compute, and why.
  func run() throws(PipelineError) {
    do {
      let queries = try RecountQueries(index, of: plan)
      try connection.execute(queries.recountTables)
      guard let refusal = try refusal(queries) else { return }
      // A stretch of events would cut sessions off.
      guard !plan.aggregates[index].window.isSession else {
        _ = try connection.query(queries.refusalOfAll, [.text(refusal)])
        return
      }
      try connection.execute(queries.eventTimeIndex)
      try halve(queries)
    } catch {
      throw PipelineError(error)
    }
  }

  /// Halves the windows until what is refused is a single one.
  private func halve(_ queries: RecountQueries) throws {
    let result = try connection.query(queries.windows)
    let starts = (0..<result.rowCount).compactMap { result[$0, 0] }
    let ends = (0..<result.rowCount).compactMap { result[$0, 1] }
    guard starts.count == ends.count else { return }
    var pending = [starts.indices]
    var attempts = 0
    while let windows = pending.popLast(), let first = windows.first, let last = windows.last {
      attempts += 1
      guard attempts <= Self.maximumAttempts else {
        try note(starts[first], starts[last], "too many windows hold events that Postgres refuses", queries)
        continue
      }
      let span = RecountQueries.Span(start: starts[first], last: starts[last], end: ends[last])
      guard let refusal = try refusal(queries.over(span)) else { continue }
      if first == last {
        try note(starts[first], starts[first], refusal, queries)
      } else {
        let middle = first + windows.count / 2
        pending += [middle..<windows.upperBound, first..<middle]
      }
    }
  }

  /// Why Postgres refuses to compute the rows; nil: they are in `recount_rows`.
  private func refusal(_ queries: RecountQueries) throws(PostgresError) -> String? {
    do throws(PostgresError) {
      try connection.execute(queries.recount)
      return nil
    } catch {
      // Data exceptions, and values beyond a limit of the server: an event's, not the statement's or the server's.
      guard let state = error.sqlstate, state.hasPrefix("22") || state.hasPrefix("54") else { throw error }
      return error.description
    }
  }

  private func note(
    _ first: String, _ last: String, _ reason: String, _ queries: RecountQueries
  ) throws(PostgresError) {
    _ = try connection.query(queries.refusal, [.text(first), .text(last), .text(reason)])
  }
}

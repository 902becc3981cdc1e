import Postgres
import Storage

/// How many events the rows held that retention has removed: with them `verify` still adds up.
enum RetiredEvents {
  /// The statement of a WITH that notes them, for the transaction that removes the rows.
  ///
  /// - Parameters:
  ///   - total: the name of what has one row with `rows` and `events`.
  ///   - horizon: windows that ended before are gone; an expression of the type timestamptz.
  ///   - aggregate: its name, as an expression.
  static func note(
    of total: String, horizon: String, aggregate: String, _ connection: PostgresConnection
  ) -> String {
    """
    INSERT INTO \(connection.pulse).retired AS r (aggregate, horizon, events)
    SELECT \(aggregate), \(horizon), events FROM \(total) WHERE rows > 0
    ON CONFLICT (aggregate) DO UPDATE
    SET horizon = greatest(r.horizon, excluded.horizon), events = r.events + excluded.events, updated_at = now()
    """
  }
}

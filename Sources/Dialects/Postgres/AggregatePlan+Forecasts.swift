import Plan
import SQLQuoting

extension AggregatePlan {
  /// The rows of windows that are to be learnt: those that begin after `$1::timestamptz` and not after `$2::timestamptz`,
  /// in their order. Of keys that nothing is known of (`pulse.forecast_states`), at most `$3::bigint` are taken.
  ///
  /// Its columns: the key as JSON, the window's beginning in microseconds since 1970, and the measure, `NULL` where it is.
  public func forecastRows(of measure: String, pulse: String) -> String {
    """
    WITH closed AS MATERIALIZED (
      SELECT \(forecastKey) AS key, window_start, \(quotedIdentifier(measure))::double precision AS value
      FROM \(quotedIdentifier(name))
      WHERE window_start > $1::timestamptz AND window_start <= $2::timestamptz
    ), known AS (
      SELECT s.key FROM \(pulse).forecast_states AS s
      WHERE s.aggregate = \(quotedLiteral(name)) AND s.measure = \(quotedLiteral(measure))
    ), new AS (
      SELECT c.key FROM closed AS c WHERE NOT EXISTS (SELECT FROM known AS k WHERE k.key = c.key)
      GROUP BY c.key ORDER BY count(*) DESC, c.key LIMIT $3::bigint
    )
    SELECT key::text, (extract(epoch FROM window_start) * 1000000)::bigint, value
    FROM closed
    WHERE key IN (SELECT key FROM known UNION ALL SELECT key FROM new)
    ORDER BY window_start, key::text COLLATE "C"
    """
  }

  /// Writes beside predictions what came: of windows that begin after `$1::timestamptz` and not after `$2::timestamptz`,
  /// and of those that began after `$3::timestamptz` and were written to after `$4::timestamptz`.
  public func forecastActuals(of measure: String) -> String {
    """
    UPDATE trending_predictions AS p SET actual = r.value
    FROM (
      SELECT window_start, \(forecastKey) AS key, \(quotedIdentifier(measure))::double precision AS value
      FROM \(quotedIdentifier(name))
      WHERE window_start > $1::timestamptz AND window_start <= $2::timestamptz
        OR window_start > $3::timestamptz AND window_start <= $1::timestamptz AND updated_at > $4::timestamptz
    ) AS r
    WHERE p.aggregate = \(quotedLiteral(name)) AND p.measure = \(quotedLiteral(measure))
      AND p.window_start = r.window_start AND p.key = r.key AND p.actual IS DISTINCT FROM r.value
    """
  }

  /// The keys of a row by their names, as alerts have them.
  private var forecastKey: String {
    let members = keys.map { "\(quotedLiteral($0.name)), \(quotedIdentifier($0.name))" }.joined(separator: ", ")
    return "jsonb_build_object(\(members))"
  }
}

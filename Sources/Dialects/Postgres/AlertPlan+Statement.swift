import Plan
import SQLQuoting

extension AlertPlan {
  /// The statement to prepare, over the windows that ended after `$1::timestamptz` and not after `$2::timestamptz`.
  /// It finds them by the primary key, whatever else the table holds.
  ///
  /// Its columns: `window_start`, `window_end` (timestamptz), `value` (double precision, never NULL), `samples`
  /// (bigint), `key` (jsonb: the keys by name), then each key as text, in the order of `keys`.
  ///
  /// The aggregate's name is shadowed by the windows to be judged: whatever the SELECT is, it sees no others.
  public var statement: LocatedStatement {
    let table = quotedIdentifier(aggregate)
    let texts = keys.map { "\(quotedIdentifier($0))::text" }
    let members = keys.map { "\(quotedLiteral($0)), \(quotedIdentifier($0))" }.joined(separator: ", ")
    let order = ["window_start"] + keys.map { "\(quotedIdentifier($0))::text COLLATE \"C\"" }
    let columns =
      ["window_start", "window_end", "value::double precision AS value", "samples::bigint AS samples"]
      + ["jsonb_build_object(\(members)) AS key"] + zip(texts, keys).map { "\($0) AS \(quotedIdentifier($1))" }
    let head = """
      WITH \(table) AS (
        SELECT * FROM \(table)
        WHERE window_end > $1::timestamptz AND window_end <= $2::timestamptz
          AND window_start > $1::timestamptz - \(window.longestSQL) AND window_start <= $2::timestamptz
      )
      SELECT \(columns.joined(separator: ", "))
      FROM (

      """
    let tail = """

      ) AS alert_rows
      WHERE value IS NOT NULL
      ORDER BY \(order.joined(separator: ", "))
      """
    return LocatedStatement(.own(head), .file(select), .own(tail))
  }
}

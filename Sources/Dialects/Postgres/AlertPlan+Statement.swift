import Plan
import SQLQuoting

extension AlertPlan {
  /// Windows before the newest one that are judged again when late events have revised them.
  public static let revisedWindows = 8

  /// The statement to prepare, over the windows that ended after `$1::timestamptz` and not after `$2::timestamptz`, and
  /// over those of the last ones before them that were written to after `$3::timestamptz`.
  /// It finds them by the primary key, whatever else the table holds.
  ///
  /// Its columns: `window_start`, `window_end` (timestamptz), `value` (double precision, never NULL), `samples`
  /// (bigint), `key` (jsonb: the keys by name), both times in microseconds since 1970, `expected`, `numerator`, `denominator`
  /// (double precision), then each key as text, in the order of `keys`.
  ///
  /// The aggregate's name is shadowed by the windows to be judged: whatever the SELECT is, it sees no others, and of these
  /// all rows.
  public var statement: LocatedStatement {
    let table = quotedIdentifier(aggregate)
    let texts = keys.map { "\(quotedIdentifier($0))::text" }
    let members = keys.map { "\(quotedLiteral($0)), \(quotedIdentifier($0))" }.joined(separator: ", ")
    let order = ["window_start"] + keys.map { "\(quotedIdentifier($0))::text COLLATE \"C\"" }
    let columns =
      ["window_start", "window_end", "value::double precision AS value", "\(samples)::bigint AS samples"]
      + ["jsonb_build_object(\(members)) AS key"]
      + ["window_start", "window_end"].map { "(extract(epoch FROM \($0)) * 1000000)::bigint AS \($0)_microseconds" }
      + [Measure.expected, .numerator, .denominator].map { measure in
        (measures.contains(measure) ? measure.rawValue : "NULL") + "::double precision AS \(measure.rawValue)"
      }
      + zip(texts, keys).map { "\($0) AS \(quotedIdentifier($1))" }
    let head = """
      WITH \(table) AS (
      \(windows)
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

  /// How many events a value is of. Without a word about it, enough.
  private var samples: String {
    if measures.contains(.samples) { return "samples" }
    return measures.contains(.denominator) ? "denominator" : "NULL"
  }

  /// The windows to be judged.
  private var windows: String {
    let isNew = "window_end > $1::timestamptz AND window_end <= $2::timestamptz"
    let isRevised = "window_end <= $1::timestamptz AND updated_at > $3::timestamptz"
    let longest = window.longestSQL
    let isNear = { (start: String, windows: Int) in
      "\(start) > $1::timestamptz - \(longest)\(windows > 1 ? " * \(windows)" : "") AND \(start) <= $2::timestamptz"
    }
    let reach = AlertPlan.revisedWindows + 1
    let table = quotedIdentifier(aggregate)
    guard window.isOverlapping, let view = ResultView(watched) else {
      return """
          SELECT * FROM \(table)
          WHERE \(isNear("window_start", 1))
            AND \(isNew)
          UNION ALL
          SELECT * FROM \(table)
          WHERE window_start IN (
            SELECT window_start FROM \(table)
            WHERE \(isNear("window_start", reach))
              AND \(isRevised))
            AND window_end <= $1::timestamptz
        """
    }
    // Through the view Postgres would read all panes that there are. Retention comes after the alerts: of these windows
    // it has removed no pane.
    return """
        WITH near AS (
      \(view.query(ofPanes: isNear("s.window_start", reach)))
        )
        SELECT * FROM near
        WHERE \(isNew)
          OR window_end <= $1::timestamptz
            AND window_start IN (SELECT window_start FROM near WHERE \(isRevised))
      """
  }
}

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

  /// The windows to be judged.
  private var windows: String {
    let isClosed = "window_end > $1::timestamptz AND window_end <= $2::timestamptz"
    let isNear = { (start: String) in
      "\(start) > $1::timestamptz - \(window.longestSQL) AND \(start) <= $2::timestamptz"
    }
    guard window.isOverlapping, let view = ResultView(watched) else {
      return """
          SELECT * FROM \(quotedIdentifier(aggregate))
          WHERE \(isClosed)
            AND \(isNear("window_start"))
        """
    }
    // Through the view Postgres would read all panes that there are. Retention comes after the alerts: of these windows
    // it has removed no pane.
    return """
        SELECT * FROM (
      \(view.query(ofPanes: isNear("s.window_start")))
        ) AS judged
        WHERE \(isClosed)
      """
  }
}

import Postgres

/// Alerts, incidents and silences for people and scripts to look at, and what people do about them.
public struct AlertListing {
  /// One line of a list.
  public struct Line: Sendable {
    public var id: Int64
    public var incident: String
    public var state: String
    public var severity: String
    public var alert: String
    public var key: String
    public var began: String
    public var windows: String
    public var peak: String
    /// Who took note of it; empty: nobody.
    public var acknowledgedBy: String
    public var message: String
  }

  /// A silence that goes on, or is still to come.
  public struct Silence: Sendable {
    public var id: Int64
    public var matcher: String
    public var until: String
    /// How often it comes again; empty: it does not.
    public var every: String
    public var createdBy: String
    public var comment: String
  }

  private let connection: PostgresConnection

  public init(_ connection: PostgresConnection) throws(PostgresError) {
    self.connection = connection
    try connection.execute("SET TIME ZONE 'UTC'")
  }

  private static let key = """
    coalesce((SELECT string_agg(m.key || '=' || coalesce(m.value, 'NULL'), ' ') FROM jsonb_each_text(a.key) AS m), '')
    """

  /// The newest alerts, the newest first, and how many there are in all.
  ///
  /// - Parameter state: `firing` or `resolved`; nil: both.
  public func lines(state: String?, limit: Int) throws(PostgresError) -> (lines: [Line], total: Int) {
    let filter: [PostgresParameter] = [state.map { .text($0) } ?? .null]
    let result = try connection.query(
      """
      SELECT a.id, coalesce(a.incident::text, ''), a.state, a.severity, a.alert_type, \(Self.key),
             to_char(a.window_start, 'YYYY-MM-DD HH24:MI:SS'), a.windows, coalesce(a.peak_value, a.metric_value),
             coalesce(a.acknowledged_by, ''), a.message
      FROM alerts AS a WHERE $1::text IS NULL OR a.state = $1
      ORDER BY a.created_at DESC, a.id DESC LIMIT $2
      """, filter + [.bigint(Int64(limit))])
    let total = try connection.query("SELECT count(*) FROM alerts AS a WHERE $1::text IS NULL OR a.state = $1", filter)
    let lines = (0..<result.rowCount).map { row in
      let text = { (column: Int) in result[row, column] ?? "" }
      return Line(
        id: result.integer(row, 0) ?? 0, incident: text(1), state: text(2), severity: text(3), alert: text(4),
        key: text(5), began: text(6), windows: text(7), peak: text(8), acknowledgedBy: text(9), message: text(10))
    }
    return (lines, Int(total.integer(0, 0) ?? 0))
  }

  /// The same as JSON, with everything there is to each.
  public func documents(state: String?, limit: Int) throws(PostgresError) -> [String] {
    try texts(
      """
      SELECT row_to_json(a)::text FROM alerts AS a WHERE $1::text IS NULL OR a.state = $1
      ORDER BY a.created_at DESC, a.id DESC LIMIT $2
      """, [state.map { .text($0) } ?? .null, .bigint(Int64(limit))])
  }

  /// All there is to an alert, to the others of its incident, and to the messages about it, as JSON; nil: there is no such
  /// alert.
  public func document(_ id: Int64) throws(PostgresError) -> String? {
    try texts(
      """
      SELECT (to_jsonb(a) || jsonb_build_object(
        'incident_state', (SELECT i.state FROM \(connection.pulse).incidents AS i WHERE i.id = a.incident),
        'members', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                             'id', m.id, 'alert', m.alert_type, 'key', m.key, 'severity', m.severity, 'state', m.state)
                           ORDER BY m.window_start, m.id), '[]')
                    FROM alerts AS m WHERE m.incident = a.incident AND m.id <> a.id),
        'notifications', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                   'target', n.target, 'event', n.event, 'created_at', n.created_at,
                                   'delivered_at', n.delivered_at, 'problem', n.problem) ORDER BY n.id), '[]')
                          FROM \(connection.pulse).notifications AS n WHERE n.incident = a.incident)))::text
      FROM alerts AS a WHERE a.id = $1
      """, [.bigint(id)]
    ).first
  }

  /// Takes note of an alert. False: there is no such alert.
  public func acknowledge(_ id: Int64, by who: String) throws(PostgresError) -> Bool {
    try connection.query(
      "SELECT \(connection.pulse).acknowledge_alert($1, $2)", [.bigint(id), .text(who)]
    ).boolean(0, 0) == true
  }

  /// Silences that go on or are to come.
  public func silences() throws(PostgresError) -> [Silence] {
    let result = try connection.query(
      """
      SELECT s.id,
             coalesce((SELECT string_agg(m.key || '=' || m.value, ' ') FROM jsonb_each_text(s.matcher) AS m), 'all'),
             to_char(s.ends_at, 'YYYY-MM-DD HH24:MI:SS'), coalesce(s.every::text, ''), s.created_by, s.comment
      FROM \(connection.pulse).silences AS s
      WHERE s.ended_by IS NULL AND (s.ends_at > now() OR s.every IS NOT NULL) ORDER BY s.id
      """)
    return (0..<result.rowCount).map { row in
      Silence(
        id: result.integer(row, 0) ?? 0, matcher: result[row, 1] ?? "", until: result[row, 2] ?? "",
        every: result[row, 3] ?? "", createdBy: result[row, 4] ?? "", comment: result[row, 5] ?? "")
    }
  }

  /// Silences alerts from now on.
  ///
  /// - Parameters:
  ///   - matcher: a JSON object of members that the alert's key, or its type or severity, must have.
  ///   - length: how long, as an interval of Postgres.
  ///   - every: how often it comes again, in the same way.
  /// - Returns: the silence's id and when it ends.
  public func silence(
    _ matcher: String, for length: String, every: String?, by who: String, comment: String
  ) throws(PostgresError) -> (id: Int64, until: String) {
    let result = try connection.query(
      """
      INSERT INTO \(connection.pulse).silences (matcher, ends_at, every, created_by, comment)
      VALUES ($1, now() + $2::interval, $3::interval, $4, $5)
      RETURNING id, to_char(ends_at, 'YYYY-MM-DD HH24:MI:SS')
      """,
      [.jsonb(matcher), .untyped(length), every.map { .untyped($0) } ?? .null, .text(who), .text(comment)])
    return (result.integer(0, 0) ?? 0, result[0, 1] ?? "")
  }

  /// Ends a silence. False: there is none that still goes on.
  public func unsilence(_ id: Int64, by who: String) throws(PostgresError) -> Bool {
    try connection.query("SELECT \(connection.pulse).unsilence_alerts($1, $2)", [.bigint(id), .text(who)])
      .boolean(0, 0) == true
  }

  /// A moment that somebody wrote, or an interval before now, in microseconds since 1970.
  public func time(_ text: String) throws(PostgresError) -> Int64 {
    let value: String
    do throws(PostgresError) {
      value = try connection.query("SELECT (now() - $1::interval)::text", [.untyped(text)])[0, 0] ?? text
    } catch {
      guard error.sqlstate?.hasPrefix("22") == true else { throw error }
      value = text
    }
    return try connection.query(
      "SELECT (extract(epoch FROM $1::timestamptz) * 1000000)::bigint", [.untyped(value)]
    ).integer(0, 0) ?? 0
  }

  private func texts(_ sql: String, _ parameters: [PostgresParameter]) throws(PostgresError) -> [String] {
    let result = try connection.query(sql, parameters)
    return (0..<result.rowCount).compactMap { result[$0, 0] }
  }
}

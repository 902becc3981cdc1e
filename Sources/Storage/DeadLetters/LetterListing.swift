import Postgres

/// Dead letters for people and scripts to look at.
public struct LetterListing {
  /// One line of a list.
  public struct Line: Sendable {
    public var id: Int64
    public var createdAt: String
    public var stream: String
    public var partition: String
    public var offset: String
    public var code: String
    /// The one aggregate that has not taken it; empty: none has.
    public var aggregate: String
    public var state: String
    public var reason: String
  }

  private var tables: String { "dead_letters AS d LEFT JOIN \(connection.pulse).outbox AS o ON o.letter = d.id" }
  private static let state = """
    CASE WHEN d.replayed_at IS NOT NULL THEN 'replayed'
         WHEN o.problem IS NOT NULL THEN 'not forwardable'
         WHEN o.letter IS NOT NULL THEN 'to be forwarded'
         WHEN d.forwarded_at IS NOT NULL THEN 'forwarded'
         ELSE 'kept' END
    """

  private let connection: PostgresConnection

  public init(_ connection: PostgresConnection) throws(PostgresError) {
    self.connection = connection
    try connection.execute("SET TIME ZONE 'UTC'")
  }

  /// The newest of the letters, the newest first, and how many there are in all.
  public func lines(_ filter: LetterFilter, limit: Int) throws(PostgresError) -> (lines: [Line], total: Int) {
    let result = try connection.query(
      """
      SELECT d.id, to_char(d.created_at, 'YYYY-MM-DD HH24:MI:SS'), d.stream, d.partition, d.record_offset,
             d.code, coalesce(d.aggregate, ''), \(LetterListing.state), d.reason
      FROM \(tables) WHERE \(LetterFilter.condition)
      ORDER BY d.id DESC LIMIT $6
      """, filter.parameters + [.bigint(Int64(limit))])
    let total = try connection.query(
      "SELECT count(*) FROM dead_letters AS d WHERE \(LetterFilter.condition)", filter.parameters)
    let lines = (0..<result.rowCount).map { row in
      Line(
        id: result.integer(row, 0) ?? 0, createdAt: result[row, 1] ?? "", stream: result[row, 2] ?? "",
        partition: result[row, 3] ?? "", offset: result[row, 4] ?? "", code: result[row, 5] ?? "",
        aggregate: result[row, 6] ?? "", state: result[row, 7] ?? "", reason: result[row, 8] ?? "")
    }
    return (lines, Int(total.integer(0, 0) ?? 0))
  }

  /// How many letters that have not been replayed are of streams other than `defined`, by stream.
  public func foreign(
    to defined: [String], _ filter: LetterFilter
  ) throws(PostgresError) -> [(stream: String, count: Int)] {
    let streams = PostgresArray(texts: defined)
    let result = try connection.query(
      """
      SELECT d.stream, count(*) FROM dead_letters AS d
      WHERE \(LetterFilter.condition) AND d.replayed_at IS NULL AND d.stream <> ALL ($6)
      GROUP BY d.stream ORDER BY d.stream
      """, filter.parameters + [.array(streams)])
    return (0..<result.rowCount).map { (result[$0, 0] ?? "", Int(result.integer($0, 1) ?? 0)) }
  }

  /// Everything about the newest of the letters, the newest first: one JSON object each, key and value in hexadecimal.
  public func documents(_ filter: LetterFilter, limit: Int) throws(PostgresError) -> [String] {
    let result = try connection.query(
      """
      SELECT json_build_object(
        'id', d.id, 'message_id', d.message_id, 'state', \(LetterListing.state), 'code', d.code, 'reason', d.reason,
        'aggregate', d.aggregate, 'window_start', d.window_start, 'stream', d.stream, 'cluster', d.cluster,
        'topic', d.topic, 'partition', d.partition, 'offset', d.record_offset, 'timestamp', d.record_timestamp,
        'schema_id', d.schema_id, 'created_at', d.created_at, 'forwarded_at', d.forwarded_at,
        'forwarding_problem', o.problem, 'tried_at', d.tried_at, 'replayed_at', d.replayed_at,
        'outcomes', (SELECT json_object_agg(r.aggregate, r.outcome ORDER BY r.aggregate)
                     FROM \(connection.pulse).replayed_letters AS r WHERE r.letter = d.id),
        'headers', d.headers, 'key', encode(d.key, 'hex'), 'value', encode(d.value, 'hex'))
      FROM \(tables) WHERE \(LetterFilter.condition)
      ORDER BY d.id DESC LIMIT $6
      """, filter.parameters + [.bigint(Int64(limit))])
    return (0..<result.rowCount).compactMap { result[$0, 0] }
  }

  /// The letter's number, from that or from the id that its forwarded copy carries; nil: there is none.
  public func number(of id: String) throws(PostgresError) -> Int64? {
    let column = Int64(id) == nil ? "message_id" : "id"
    let result = try connection.query("SELECT id FROM dead_letters WHERE \(column) = $1", [.untyped(id)])
    return result.rowCount > 0 ? result.integer(0, 0) : nil
  }

  /// How many letters are still to be forwarded, and how many of them never will be as they are.
  public func outbox() throws(PostgresError) -> (waiting: Int, refused: Int) {
    let result = try connection.query("SELECT count(*), count(problem) FROM \(connection.pulse).outbox")
    return (Int(result.integer(0, 0) ?? 0), Int(result.integer(0, 1) ?? 0))
  }

  /// A time as Postgres reads it, or a length of time back from now, as `timestamptz`.
  public func time(_ text: String) throws(PostgresError) -> String? {
    do throws(PostgresError) {
      return try connection.query("SELECT now() - $1::interval", [.untyped(text)])[0, 0]
    } catch {
      // Not an interval.
      guard error.sqlstate?.hasPrefix("22") == true else { throw error }
      return try connection.query("SELECT $1::timestamptz", [.untyped(text)])[0, 0]
    }
  }
}

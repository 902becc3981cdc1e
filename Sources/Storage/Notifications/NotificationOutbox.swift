import Postgres

/// A notification that is to be delivered.
package struct WaitingNotification: Sendable {
  package var id: Int64
  /// The same at each attempt.
  package var key: String
  package var event: String
  /// A JSON object.
  package var payload: String
  /// Microseconds since 1970 UTC.
  package var createdAt: Int64
  /// Attempts so far.
  package var attempts: Int
  /// It is told in one message with others, and is the one whose key that message has.
  package var leads: Bool
}

/// `pulse.notifications`: written in the transaction that raised what they tell, emptied by the courier when the targets
/// have taken them.
package struct NotificationOutbox {
  private let connection: PostgresConnection
  private var table: String { "\(connection.pulse).notifications" }

  package init(_ connection: PostgresConnection) { self.connection = connection }

  private static let waiting = "delivered_at IS NULL AND given_up_at IS NULL"

  // MARK: What is to be sent

  /// How many are due for each of these targets; none are left out.
  package func due(_ targets: [String]) throws(PostgresError) -> [(target: String, count: Int)] {
    let result = try connection.query(
      """
      SELECT target, count(*) FROM \(table)
      WHERE target = ANY ($1) AND \(Self.waiting) AND due_at <= now() AND (summary IS NULL OR summary = id)
      GROUP BY target ORDER BY min(id)
      """, [.array(PostgresArray(texts: targets))])
    return counts(result)
  }

  /// How many are not delivered yet, due or not.
  package func waiting(_ targets: [String]) throws(PostgresError) -> [(target: String, count: Int)] {
    counts(
      try connection.query(
        "SELECT target, count(*) FROM \(table) WHERE target = ANY ($1) AND \(Self.waiting) GROUP BY target",
        [.array(PostgresArray(texts: targets))]))
  }

  /// The oldest that are due; none before an older one of the same incident that waits for its next attempt.
  package func next(_ target: String, atMost limit: Int) throws(PostgresError) -> [WaitingNotification] {
    rows(
      try connection.query(
        """
        SELECT \(Self.columns) FROM \(table) AS n
        WHERE target = $1 AND \(Self.waiting) AND due_at <= now() AND (summary IS NULL OR summary = id)
          AND NOT EXISTS (
            SELECT FROM \(table) AS older
            WHERE older.incident = n.incident AND older.target = n.target AND older.id < n.id
              AND older.delivered_at IS NULL AND older.given_up_at IS NULL AND older.due_at > now())
        ORDER BY id LIMIT $2
        """, [.text(target), .bigint(Int64(limit))]))
  }

  /// All that are told in the message of this one, itself first.
  package func told(by lead: Int64, _ target: String) throws(PostgresError) -> [WaitingNotification] {
    rows(
      try connection.query(
        "SELECT \(Self.columns) FROM \(table) AS n WHERE target = $2 AND \(Self.waiting) AND summary = $1 ORDER BY id",
        [.bigint(lead), .text(target)]))
  }

  /// From now on these are told in one message, at each attempt the same.
  package func combine(_ ids: [Int64]) throws(PostgresError) {
    guard let lead = ids.first else { return }
    _ = try connection.query(
      "UPDATE \(table) SET summary = $1 WHERE id = ANY ($2)", [.bigint(lead), .array(numbers(ids))])
  }

  /// Messages that the target has taken in the last so many microseconds.
  package func sent(_ target: String, within microseconds: Int64) throws(PostgresError) -> Int {
    let result = try connection.query(
      """
      SELECT count(DISTINCT coalesce(summary, id)) FROM \(table)
      WHERE target = $1 AND delivered_at > now() - make_interval(secs => $2)
      """, [.text(target), .doublePrecision(Double(microseconds) / 1_000_000)])
    return Int(result.integer(0, 0) ?? 0)
  }

  /// The last word to the target about each incident that goes on, the newest incidents first.
  package func firing(_ target: String, atMost limit: Int) throws(PostgresError) -> [WaitingNotification] {
    rows(
      try connection.query(
        """
        SELECT * FROM (
          SELECT DISTINCT ON (incident) \(Self.columns) FROM \(table) AS n
          WHERE target = $1 AND delivered_at IS NOT NULL AND event <> 'test' ORDER BY incident DESC, id DESC) AS last
        WHERE event <> 'resolved' LIMIT $2
        """, [.text(target), .bigint(Int64(limit))]))
  }

  // MARK: What became of it

  /// The target has taken them.
  package func delivered(_ ids: [Int64]) throws(PostgresError) {
    _ = try connection.query(
      """
      UPDATE \(table) SET delivered_at = now(), attempts = attempts + 1, problem = NULL
      WHERE id = ANY ($1) AND \(Self.waiting)
      """, [.array(numbers(ids))])
  }

  /// They are tried again after so many milliseconds.
  package func failed(_ ids: [Int64], problem: String, retryAfter milliseconds: Int) throws(PostgresError) {
    _ = try connection.query(
      """
      UPDATE \(table) SET attempts = attempts + 1, problem = $2, due_at = now() + make_interval(secs => $3)
      WHERE id = ANY ($1) AND \(Self.waiting)
      """, [.array(numbers(ids)), .text(storable(problem)), .doublePrecision(Double(milliseconds) / 1000)])
  }

  /// They are not tried again.
  package func givenUp(_ ids: [Int64], problem: String) throws(PostgresError) {
    _ = try connection.query(
      """
      UPDATE \(table) SET attempts = attempts + 1, problem = $2, given_up_at = now()
      WHERE id = ANY ($1) AND \(Self.waiting)
      """, [.array(numbers(ids)), .text(storable(problem))])
  }

  // MARK: What grows old

  /// Gives up what waits longer than this, also that of targets that are not defined any more.
  ///
  /// - Returns: of how many, by target.
  package func giveUpOld(seconds: Int, portion: Int) throws(PostgresError) -> [(target: String, count: Int)] {
    counts(
      try connection.query(
        """
        WITH old AS (
          UPDATE \(table) SET given_up_at = now(), problem = coalesce(problem, 'nobody delivers to this target')
          WHERE id IN (
            SELECT id FROM \(table) WHERE \(Self.waiting) AND created_at < now() - make_interval(secs => $1)
            ORDER BY created_at LIMIT $2)
          RETURNING target)
        SELECT target, count(*) FROM old GROUP BY target
        """, [.doublePrecision(Double(seconds)), .bigint(Int64(portion))]))
  }

  /// Removes what was delivered or given up and is older than this.
  ///
  /// - Returns: how many; fewer than a portion are the last.
  package func removeOld(seconds: Int, portion: Int) throws(PostgresError) -> Int {
    try connection.query(
      """
      DELETE FROM \(table) WHERE id IN (
        SELECT id FROM \(table)
        WHERE created_at < now() - make_interval(secs => $1) AND (delivered_at IS NOT NULL OR given_up_at IS NOT NULL)
        ORDER BY created_at LIMIT $2)
      """, [.doublePrecision(Double(seconds)), .bigint(Int64(portion))]
    ).affectedRows
  }

  // MARK: Rows

  private static let columns =
    "id, key::text, event, payload::text, (extract(epoch FROM created_at) * 1000000)::bigint, attempts, summary = id"

  private func rows(_ result: PostgresResult) -> [WaitingNotification] {
    (0..<result.rowCount).compactMap { row in
      guard let id = result.integer(row, 0), let key = result[row, 1], let event = result[row, 2],
        let payload = result[row, 3]
      else { return nil }
      return WaitingNotification(
        id: id, key: key, event: event, payload: payload, createdAt: result.integer(row, 4) ?? 0,
        attempts: Int(result.integer(row, 5) ?? 0), leads: result.boolean(row, 6) ?? false)
    }
  }

  private func counts(_ result: PostgresResult) -> [(target: String, count: Int)] {
    (0..<result.rowCount).compactMap { row in result[row, 0].map { ($0, Int(result.integer(row, 1) ?? 0)) } }
  }

  private func numbers(_ ids: [Int64]) -> PostgresArray {
    var array = PostgresArray(.bigint, capacityHint: ids.count)
    for id in ids { array.append(id) }
    return array
  }
}

import Postgres

/// Notifications that follow from others: escalations, what those who were escalated to hear in the end, and that somebody
/// has taken note. Each is written once, by the elected courier alone.
package struct FollowUps {
  /// Who hears of a CRITICAL that nobody has acknowledged for so long.
  package struct Escalation: Sendable {
    package var from: String
    package var to: String
    package var seconds: Double

    package init(from: String, to: String, seconds: Double) {
      self.from = from
      self.to = to
      self.seconds = seconds
    }
  }

  private let connection: PostgresConnection
  private var table: String { "\(connection.pulse).notifications" }
  private var acknowledgedBy: String { "\(connection.pulse).incident_acknowledged_by" }
  /// Incidents that began before that have been dealt with, one way or the other.
  private static let horizon = "interval '7 days'"

  package init(_ connection: PostgresConnection) { self.connection = connection }

  /// Tells the next targets of incidents that have been CRITICAL for long, go on, and are unacknowledged.
  ///
  /// - Returns: whom, and of how many incidents.
  package func escalate(_ escalations: [Escalation]) throws(PostgresError) -> [(target: String, count: Int)] {
    guard !escalations.isEmpty else { return [] }
    var from = PostgresArray(.text)
    var to = PostgresArray(.text)
    var seconds = PostgresArray(.doublePrecision)
    for escalation in escalations {
      from.append(escalation.from)
      to.append(escalation.to)
      seconds.append(escalation.seconds)
    }
    let result = try connection.query(
      """
      WITH rules AS (SELECT * FROM unnest($1::text[], $2::text[], $3::float8[]) AS r (source, target, seconds)),
      told AS (
        SELECT r.target, n.incident, r.seconds,
               min(n.created_at) FILTER (WHERE n.payload->>'severity' = 'CRITICAL') AS critical_since,
               (array_agg(n.payload ORDER BY n.id DESC))[1] AS payload
        FROM rules AS r JOIN \(table) AS n ON n.target = r.source
        WHERE n.event IN ('firing', 'updated', 'escalated') AND n.created_at > now() - \(Self.horizon)
          AND NOT \(hasLater("n", "event = 'resolved'"))
        GROUP BY r.target, r.seconds, n.incident),
      added AS (
        INSERT INTO \(table) (target, incident, event, payload)
        SELECT DISTINCT ON (target, incident) target, incident, 'escalated',
               payload || jsonb_build_object('event', 'escalated')
        FROM told
        WHERE critical_since <= now() - make_interval(secs => seconds) AND payload->>'severity' = 'CRITICAL'
          AND \(acknowledgedBy)(incident) IS NULL
          AND NOT EXISTS (
            SELECT FROM \(table) AS n
            WHERE n.incident = told.incident AND n.event = 'escalated' AND n.target = told.target
              AND NOT \(hasLater("n", "event = 'resolved'")))
        RETURNING target)
      SELECT target, count(*) FROM added GROUP BY target
      """, [.array(from), .array(to), .array(seconds)])
    return (0..<result.rowCount).compactMap { row in result[row, 0].map { ($0, Int(result.integer(row, 1) ?? 0)) } }
  }

  /// Those who were escalated to hear of the end, too.
  package func resolveEscalated() throws(PostgresError) {
    _ = try connection.query(
      """
      INSERT INTO \(table) (target, incident, event, payload)
      SELECT DISTINCT ON (e.target, e.incident) e.target, e.incident, 'resolved', r.payload
      FROM \(table) AS e JOIN \(table) AS r ON r.incident = e.incident AND r.event = 'resolved' AND r.id > e.id
      WHERE e.event = 'escalated' AND e.created_at > now() - \(Self.horizon)
        AND NOT \(hasLater("e", "event = 'resolved' AND later.target = e.target"))
      ORDER BY e.target, e.incident, r.id DESC
      """)
  }

  /// Tells these targets, which keep incidents of their own, that somebody has taken note of one that goes on.
  package func acknowledge(_ targets: [String]) throws(PostgresError) {
    guard !targets.isEmpty else { return }
    let names = PostgresArray(texts: targets)
    _ = try connection.query(
      """
      INSERT INTO \(table) (target, incident, event, payload)
      SELECT target, incident, 'acknowledged',
             payload || jsonb_build_object('event', 'acknowledged', 'acknowledged_by', who)
      FROM (
        SELECT DISTINCT ON (target, incident) target, incident, payload, \(acknowledgedBy)(incident) AS who
        FROM \(table) AS n
        WHERE target = ANY ($1) AND event IN ('firing', 'escalated') AND created_at > now() - \(Self.horizon)
          AND NOT \(hasLater("n", "event IN ('resolved', 'acknowledged') AND later.target = n.target"))
        ORDER BY target, incident, id DESC) AS open
      WHERE who IS NOT NULL
      """, [.array(names)])
  }

  /// Whether a later notification of the same incident is so. An incident may be over and begin again.
  private func hasLater(_ row: String, _ condition: String) -> String {
    """
    EXISTS (
      SELECT FROM \(table) AS later WHERE later.incident = \(row).incident AND later.id > \(row).id AND later.\(condition))
    """
  }
}

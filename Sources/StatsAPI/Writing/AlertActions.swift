import Plan

/// What every project's API has for its alerts, by functions of the engine's own.
public enum AlertActions {
  /// - Parameter pulse: the schema of the engine's own tables, quoted.
  public static func endpoints(pulse: String) -> [EndpointPlan] {
    let id = EndpointPlan.Parameter.own("id", .bigint, .path, "Which one", range: 1...Int64.max)
    let who = EndpointPlan.Parameter.own("who", .text, .client, "")
    let ending = (
      "Ends a silence before its time; once it has ended, says so again.", [id, who],
      "SELECT ($1::bigint) AS id, true AS ended WHERE \(pulse).end_silence(($1::bigint), ($2::text))"
    )
    return [
      write(
        "POST", "/api/stats/alerts/{id}/acknowledge", "Takes note of an alert; who did so first stays.", [id, who],
        "SELECT ($1::bigint) AS id, true AS acknowledged WHERE \(pulse).acknowledge_alert(($1::bigint), ($2::text))"),
      write(
        "POST", "/api/stats/silences", "Silences alerts for a time; the same once more is the same silence.",
        [
          .own(
            "matcher", .jsonb, .body,
            "Members that an alert's key must have, \"alert_type\" and \"severity\"; {} matches every alert"),
          .own("until", .timestamptz, .body, "When it ends, also like +2h"),
          .own("comment", .text, .body, "Why", default: ""), who,
        ],
        "SELECT \(pulse).silence_once(($1::jsonb), ($2::timestamptz), ($4::text), ($3::text)) AS id"),
      write("DELETE", "/api/stats/silences/{id}", ending.0, ending.1, ending.2),
      write("POST", "/api/stats/silences/{id}/unsilence", ending.0, ending.1, ending.2),
      silences(pulse),
    ].compactMap { $0 }
  }

  private static func silences(_ pulse: String) -> EndpointPlan? {
    let all = EndpointPlan.Parameter.own("all", .boolean, .query, "Those that have ended, too", default: "false")
    return .own(
      "GET", "/api/stats/silences", "Silences of alerts, those that end first in front.",
      [all, .own("limit", .integer, .query, "Number of results", default: "100", range: 1...1000)], .rows,
      """
      SELECT id, matcher, starts_at, ends_at, every::text AS every, comment, created_by, created_at, ended_by
      FROM \(pulse).silences
      WHERE ($1::boolean) OR ends_at > now()
      ORDER BY ends_at, id
      LIMIT ($2::integer)
      """)
  }

  private static func write(
    _ method: String, _ path: String, _ summary: String, _ parameters: [EndpointPlan.Parameter], _ select: String
  ) -> EndpointPlan? {
    .own(method, path, summary, parameters, .object, select)
  }
}

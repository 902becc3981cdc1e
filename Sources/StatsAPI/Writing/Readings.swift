import Plan

/// What the dashboard asks of every project: endpoints that a project has where it defines none with the same path.
public enum Readings {
  /// - Parameter hasAlerts: whether the project defines any.
  public static func endpoints(hasAlerts: Bool) -> [EndpointPlan] {
    [hasAlerts ? alerts() : nil, letters()].compactMap { $0 }.map { plan in
      var plan = plan
      // It is listed with the project's own, whose place it takes.
      plan.isOwn = false
      return plan
    }
  }

  private static func alerts() -> EndpointPlan? {
    .own(
      "GET", "/api/stats/alerts", "The latest alerts.",
      [
        .own("limit", .integer, .query, "Number of results", default: "10", range: 1...200),
        .own("severity", .text, .query, "Only alerts of this severity", isOptional: true),
        .own("acknowledged", .boolean, .query, "Acknowledged alerts in place of open ones", default: "false"),
        .own("minutes", .integer, .query, "Only alerts of so many last minutes", range: 1...10080, isOptional: true),
        .own("start", .timestamptz, .query, "Only alerts raised then or later", isOptional: true),
        .own("end", .timestamptz, .query, "Only alerts raised before", isOptional: true),
        .own("cursor", .bigint, .query, "The member next of the page before", range: 1...Int64.max, isOptional: true),
      ], .rows,
      meta: [
        ("unacknowledged_count", "SELECT count(*) FROM alerts WHERE acknowledged_at IS NULL"),
        ("next", "SELECT id FROM endpoint_rows OFFSET ($1::integer) - 1 LIMIT 1"),
      ], present: ["id", "alert_type", "severity", "message", "created_at"],
      """
      SELECT id, alert_type, severity, message, metric_name, metric_value, threshold_value, created_at, aggregate, key,
             window_start, window_end, acknowledged_at, acknowledged_by, incident, state, resolved_at, expected_value
      FROM alerts
      WHERE (acknowledged_at IS NOT NULL) = ($3::boolean)
        AND (($2::text) IS NULL OR severity = ($2::text))
        AND (($4::integer) IS NULL OR created_at >= now() - ($4::integer) * INTERVAL '1 minute')
        AND (($5::timestamptz) IS NULL OR created_at >= ($5::timestamptz))
        AND (($6::timestamptz) IS NULL OR created_at < ($6::timestamptz))
        AND (($7::bigint) IS NULL
             OR (created_at, id) < (SELECT a.created_at, a.id FROM alerts AS a WHERE a.id = ($7::bigint)))
      ORDER BY created_at DESC, id DESC
      LIMIT ($1::integer)
      """)
  }

  private static func letters() -> EndpointPlan? {
    .own(
      "GET", "/api/stats/dead_letters",
      "Records that could not be processed, by stream and code. What is in them is not told here.", [], .rows,
      present: ["stream", "code", "letters", "open_letters", "example"],
      """
      SELECT stream, code, aggregate, count(*) AS letters, count(*) FILTER (WHERE replayed_at IS NULL) AS open_letters,
             (array_agg(topic || ' ' || partition || '@' || record_offset ORDER BY record_offset DESC))[1] AS example
      FROM dead_letters
      GROUP BY stream, code, aggregate
      ORDER BY open_letters DESC, stream, code
      """)
  }
}

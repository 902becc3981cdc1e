import Plan

/// What every project's API has for those who run it: the ledger's sums for everybody who reads, and for the scope `admin`
/// the audit log and what is in dead letters, by functions of the engine's own.
public enum Administration {
  /// - Parameter pulse: the schema of the engine's own tables, quoted.
  public static func endpoints(pulse: String) -> [EndpointPlan] {
    [ledger(pulse), audit(pulse), letters(pulse), letter(pulse)].compactMap { $0 }
  }

  /// The next page of what has descending ids.
  private static func next(limit: Int) -> [(name: String, sql: String)] {
    [("next", "SELECT id FROM endpoint_rows OFFSET ($\(limit)::integer) - 1 LIMIT 1")]
  }

  private static let limit = EndpointPlan.Parameter.own(
    "limit", .integer, .query, "Number of results", default: "100", range: 1...1000)
  private static let cursor = EndpointPlan.Parameter.own(
    "cursor", .bigint, .query, "The member next of the page before", range: 1...Int64.max, isOptional: true)

  private static func filter(_ name: String, _ description: String) -> EndpointPlan.Parameter {
    .own(name, .text, .query, description, isOptional: true)
  }

  /// The cheap half of `streampulse verify`: of every partition whether its ledger adds up.
  private static func ledger(_ pulse: String) -> EndpointPlan? {
    .own(
      "GET", "/api/ledger", "What was read of each partition, and whether the ledger of it adds up.", [], .rows,
      present: [
        "stream", "topic", "partition", "segments", "first_offset", "next_offset", "consumed", "dead", "missing",
        "adds_up", "is_contiguous",
      ],
      """
      SELECT l.stream, l.topic, l.partition, count(*) AS segments, min(l.first_offset) AS first_offset,
             max(l.next_offset) AS next_offset, sum(l.consumed)::bigint AS consumed, sum(l.dead)::bigint AS dead,
             sum(l.missing)::bigint AS missing,
             bool_and(l.next_offset - l.first_offset = l.consumed + l.missing) AS adds_up,
             bool_and(l.previous IS NULL OR l.previous = l.first_offset) AS is_contiguous,
             max(l.next_offset) = max(p.next_offset) AS ends_at_progress
      FROM (SELECT *, lag(next_offset) OVER (PARTITION BY stream, cluster, topic, partition ORDER BY first_offset)
                        AS previous
            FROM \(pulse).ledger) AS l
      LEFT JOIN \(pulse).progress AS p USING (stream, cluster, topic, partition)
      GROUP BY l.stream, l.cluster, l.topic, l.partition
      ORDER BY l.stream, l.topic, l.partition
      """)
  }

  private static func audit(_ pulse: String) -> EndpointPlan? {
    administrative(
      .own(
        "GET", "/api/audit", "Entries of the audit log, the newest first.",
        [
          filter("who", "Only what this token, user or local did"),
          filter("action", "Only this action, as it is written"),
          filter("result", "Only what ended so, such as done"),
          .own("start", .timestamptz, .query, "Only entries of then or later", isOptional: true), limit, cursor,
        ], .rows, meta: next(limit: 5), present: ["id", "at", "who", "origin", "action", "subject", "result", "times"],
        """
        SELECT id, at, who, origin, action, subject, result, times
        FROM \(pulse).audit_entries(($1::text), ($2::text), ($3::text), ($4::timestamptz), ($5::integer), ($6::bigint))
        """), isAudited: false)
  }

  private static func letters(_ pulse: String) -> EndpointPlan? {
    administrative(
      .own(
        "GET", "/api/dead-letters", "Dead letters with their reasons, the newest first.",
        [
          filter("stream", "Only those of this stream"), filter("code", "Only those of this code"),
          .own("open", .boolean, .query, "Only those that have not been replayed", default: "false"), limit, cursor,
        ], .rows, meta: next(limit: 4),
        present: ["id", "stream", "topic", "partition", "record_offset", "code", "reason", "created_at"],
        """
        SELECT id, stream, topic, partition, record_offset, code, reason, aggregate, value_bytes, created_at, replayed_at
        FROM \(pulse).letters(($1::text), ($2::text), ($3::boolean), ($4::integer), ($5::bigint))
        """))
  }

  private static func letter(_ pulse: String) -> EndpointPlan? {
    administrative(
      .own(
        "GET", "/api/dead-letters/{id}", "A dead letter with its bytes, the value cut at 64 KiB.",
        [.own("id", .bigint, .path, "Which one", range: 1...Int64.max)], .object,
        present: ["id", "stream", "topic", "partition", "record_offset", "code", "reason", "headers", "created_at"],
        """
        SELECT id, stream, topic, partition, record_offset, record_timestamp, code, reason, aggregate, window_start,
               schema_id, headers, key_hex, value_hex, value_bytes, created_at, tried_at, forwarded_at, replayed_at
        FROM \(pulse).letter(($1::bigint))
        """))
  }

  private static func administrative(_ plan: EndpointPlan?, isAudited: Bool = true) -> EndpointPlan? {
    var plan = plan
    plan?.isAdministrative = true
    plan?.isAudited = isAudited
    return plan
  }
}

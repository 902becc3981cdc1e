import Plan
import SQLQuoting

/// A table that is partitioned by time has a partition for each stretch of event time that is made ahead, and one for all
/// other rows: an event that is later or earlier than anybody has thought of finds its row there, in the same transaction
/// as every other. Nobody who writes rows makes partitions.
extension ResultTable {
  /// Stretches that are made ahead.
  public static let partitionsAhead = 3

  /// Whether rows are in partitions.
  public var isPartitioned: Bool { plan.partitionMicroseconds != nil }

  /// The partition of the rows that no other one is for, as statements name it.
  public var defaultPartition: String { partition("default") }

  private func partition(_ suffix: String) -> String {
    (schema.map { quotedIdentifier($0) + "." } ?? "") + quotedIdentifier("\(name)_\(suffix)")
  }

  /// Makes the partition of other rows and, for a table that nobody else uses yet, all that are missing.
  var createPartitions: [String] {
    guard isPartitioned else { return [] }
    return [
      "CREATE TABLE \(defaultPartition) PARTITION OF \(reference) DEFAULT \(Self.storage)",
      """
      DO $partitions$
      DECLARE missing record;
      BEGIN
        FOR missing IN \(missingPartitions(since: "now()")) LOOP
          EXECUTE format(
            'CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (%L) TO (%L) %s', missing.partition,
            \(quotedLiteral(reference)), missing.lower, missing.upper, \(quotedLiteral(Self.storage)));
        END LOOP;
      END $partitions$
      """,
    ]
  }

  /// The partitions that should be there and are not: their names as statements have them, the first time and the one after
  /// the last. `$1` is the watermark, text.
  ///
  /// They reach from what retention keeps to some that are ahead of the clock; of events that are older than the clock by
  /// more than that, as far ahead of the watermark as retention reaches back: their number has a bound.
  public var missingPartitionsStatement: String { missingPartitions(since: "$1::text::timestamptz") }

  private func missingPartitions(since watermark: String) -> String {
    guard let length = plan.partitionMicroseconds else { return "SELECT NULL, NULL, NULL LIMIT 0" }
    let step = IntervalText.sql(microseconds: length)
    let kept = IntervalText.sql(microseconds: plan.retentionMicroseconds ?? length)
    let prefix = quotedLiteral("\(name)_p")
    return """
      SELECT \(schema.map { "quote_ident(\(quotedLiteral($0))) || '.' || " } ?? "")quote_ident(
               \(prefix) || to_char(lower AT TIME ZONE 'UTC', 'YYYYMMDD"_"HH24')) AS partition,
             lower, lower + \(step) AS upper
      FROM generate_series(
             tumble(least(\(watermark), now()) - \(kept), \(step)),
             tumble(least(now(), \(watermark) + \(kept)), \(step)) + \(Self.partitionsAhead) * \(step), \(step)) AS lower
      WHERE NOT EXISTS (
        SELECT FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = to_regclass(\(quotedLiteral(reference)))
          AND c.relname = \(prefix) || to_char(lower AT TIME ZONE 'UTC', 'YYYYMMDD"_"HH24'))
      ORDER BY lower
      """
  }

  /// Makes one partition of a table that others use, in a transaction: rows of its stretch that are in the partition of
  /// other rows move there. Writers wait only where they need that one.
  ///
  /// - Parameters:
  ///   - partition: as `missingPartitionsStatement` names it.
  ///   - lower: a timestamp's text, as are the others.
  public func makePartitionStatements(_ partition: String, from lower: String, to upper: String) -> [String] {
    let stretch = "window_start >= \(quotedLiteral(lower)) AND window_start < \(quotedLiteral(upper))"
    let names = columns.compactMap { column -> String? in
      if case .generated = column.role { return nil }
      return quotedIdentifier(column.name)
    }.joined(separator: ", ")
    return [
      "CREATE TABLE \(partition) (LIKE \(reference) INCLUDING ALL) \(Self.storage)",
      "LOCK TABLE \(defaultPartition) IN ACCESS EXCLUSIVE MODE",
      """
      WITH moved AS (DELETE FROM \(defaultPartition) WHERE \(stretch) RETURNING \(names))
      INSERT INTO \(partition) (\(names)) SELECT \(names) FROM moved
      """,
      """
      ALTER TABLE \(reference) ATTACH PARTITION \(partition)
      FOR VALUES FROM (\(quotedLiteral(lower))) TO (\(quotedLiteral(upper)))
      """,
    ]
  }

  /// The partitions all of whose windows ended before `$1::timestamptz`, oldest first: their names as statements have them,
  /// and a horizon before which their windows alone ended.
  public var oldPartitionsStatement: String {
    guard let length = plan.partitionMicroseconds else { return "SELECT NULL, NULL LIMIT 0" }
    let rest = IntervalText.sql(microseconds: plan.window.longestMicroseconds)
    return """
      SELECT partition, (upper + \(rest))::text
      FROM (SELECT format('%I.%I', n.nspname, c.relname) AS partition,
                   substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''([^'']+)''\\)')::timestamptz AS upper
            FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE i.inhparent = to_regclass(\(quotedLiteral(reference)))) AS p
      WHERE upper <= tumble($1::timestamptz - \(rest), \(IntervalText.sql(microseconds: length)))
      ORDER BY upper
      """
  }

  /// The horizon that retention keeps to, which whole partitions have reached: `$1::timestamptz` or before.
  public var partitionHorizonStatement: String {
    let rest = IntervalText.sql(microseconds: plan.window.longestMicroseconds)
    let step = IntervalText.sql(microseconds: plan.partitionMicroseconds ?? 1)
    return "SELECT (tumble($1::timestamptz - \(rest), \(step)) + \(rest))::text"
  }
}

extension WindowAssigner {
  /// Of what event time a partition must hold a whole number; nil: windows that no partition holds whole.
  public var partitionGrain: Int64? {
    switch self {
    case .tumble(let size): size
    case .hop(let slide, _): slide
    case .calendar, .session: nil
    }
  }
}

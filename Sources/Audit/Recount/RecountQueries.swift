import Dialects
import Events
import Faults
import Plan
import SQLQuoting

/// The statements that let Postgres compute an aggregate's rows of the events and compare them with the stored ones.
///
/// Nothing of the engine's windows or accumulators takes part: Postgres runs the definition's own SELECT.
struct RecountQueries {
  static let relativeTolerance = "1e-9"
  private static let side = "\"streampulse side\""

  private let plan: AggregatePlan
  private let stream: StreamPlan
  private let columns: [ResultTable.Column]
  private let select: BatchSelect
  private let stored: String

  init(_ index: Int, of stream: StreamPlan) throws(PipelineError) {
    plan = stream.aggregates[index]
    self.stream = stream
    columns = ResultTable(plan).columns.filter { $0.role != .updatedAt }
    stored = "recount_stored_\(index)"
    do {
      select = try BatchSelect(plan, of: stream, events: RecountQueries.events(plan, stream))
    } catch {
      throw .definition(error.reason)
    }
  }

  /// The table of events, with a column for each of the stream's.
  static func eventTable(_ stream: StreamPlan) -> String {
    let columns = stream.columns.enumerated().map { index, column in
      "\(BatchSelect.eventColumn(index)) \(column.type.sqlName)\(column.type == .text ? " COLLATE \"C\"" : "")"
    }
    return """
      CREATE TEMPORARY TABLE recount_events (
        segment integer, partition integer, record_offset bigint, \(columns.joined(separator: ", ")));
      CREATE TEMPORARY TABLE recount_failed (partition integer, record_offset bigint, code text)
      """
  }

  /// Adds events; the parameters are the arrays of its columns.
  static func eventInsertion(_ stream: StreamPlan) -> String {
    let types = ["integer", "integer", "bigint"] + stream.columns.map(\.type.sqlName)
    let arrays = types.enumerated().map { "$\($0 + 1)::\($1)[]" }
    return "INSERT INTO recount_events SELECT * FROM unnest(\(arrays.joined(separator: ", ")))"
  }

  private static func eventTime(_ stream: StreamPlan) -> String { BatchSelect.eventColumn(stream.eventTimeColumn) }

  /// Records that a replay of the aggregate has put into its rows.
  private static func isReplayed(_ plan: AggregatePlan, _ stream: StreamPlan) -> String {
    """
    EXISTS (SELECT FROM recount_replays AS r
            WHERE r.aggregate = \(quotedLiteral(plan.name)) AND r.partition = e.partition
              AND e.record_offset < r.position AND e.\(eventTime(stream)) >= r.from_time)
    """
  }

  /// The events that the aggregate has been given: those of segments that were counted for it or replayed for it, without
  /// the dead. OFFSET keeps Postgres from trying the definition's WHERE on these first, which may be what they failed by.
  private static func events(_ plan: AggregatePlan, _ stream: StreamPlan) -> String {
    """
    (SELECT e.* FROM recount_events AS e
     WHERE (e.segment IN (SELECT segment FROM recount_counts WHERE aggregate = \(quotedLiteral(plan.name)))
            OR \(isReplayed(plan, stream)))
       AND NOT EXISTS (SELECT FROM recount_dead AS d
                       WHERE (d.partition, d.record_offset) = (e.partition, e.record_offset)
                         AND coalesce(d.aggregate, \(quotedLiteral(plan.name))) = \(quotedLiteral(plan.name)))
     OFFSET 0)
    """
  }

  /// Floating-point sums, and the name under which the sum of their absolute values is kept.
  private var sums: [(column: BatchSelect.Column, magnitude: String)] {
    select.columns.filter { $0.magnitude != nil }.enumerated().map {
      ($1, quotedIdentifier("streampulse magnitude \($0)"))
    }
  }

  /// Makes the table `recount_rows` of what Postgres computes, with the types of the stored rows.
  var recount: String {
    let targets = columns.map { quotedIdentifier($0.name) } + sums.map(\.magnitude)
    let sources = select.columns.map(\.source) + sums.compactMap(\.column.magnitude)
    return """
      CREATE TEMPORARY TABLE recount_rows AS
      SELECT *\(sums.map { ", NULL::double precision AS \($0.magnitude)" }.joined()) FROM \(stored) WITH NO DATA;
      INSERT INTO recount_rows (\(targets.joined(separator: ", ")))
      SELECT \(sources.map(quotedIdentifier).joined(separator: ", ")) FROM (
      \(select.text)
      ) AS recounted
      """
  }

  /// Makes the table `recount_cells` of what differs. The parameters, times as text, may be NULL: windows that begin by
  /// `$1` or end by `$2` are left out.
  var comparison: String {
    let identity = ResultTable(plan).identity
    let measures = columns.enumerated().filter { !identity.contains($1.name) }
    let pairs = measures.flatMap { index, column in
      [("s", 1), ("r", 2)].map {
        "(array_agg(\(quotedIdentifier(column.name))) FILTER (WHERE \(Self.side) = \($0.1)))[1] AS \($0.0)\(index)"
      }
    }
    let bounds = sums.enumerated().map { "max(\($1.magnitude)) AS m\($0)" }
    let cells = measures.map { index, column in
      let bound = sums.firstIndex { $0.column.name == column.name }.map { ", m\($0)" } ?? ""
      return "(\(quotedLiteral(column.name)), s\(index)::text, r\(index)::text, is_stored AND is_recounted AND "
        + "\(differs("s\(index)", "r\(index)", column.type, bound)))"
    }
    let key = plan.keys.map {
      "\(quotedLiteral($0.name + " ")) || coalesce(\(quotedIdentifier($0.name))::text, 'NULL')"
    }
    return """
      CREATE TEMPORARY TABLE recount_cells AS
      WITH pairs AS (
        SELECT \(quotedIdentifier(identity[0])) AS window_start,
          concat_ws(', ', \((key + ["NULL"]).joined(separator: ", "))) AS key,
          bool_or(\(Self.side) = 1) AS is_stored, bool_or(\(Self.side) = 2) AS is_recounted,
          \((pairs + bounds).joined(separator: ",\n    "))
        FROM (\(bothSides)) AS sides
        WHERE ($1::timestamptz IS NULL OR window_start > $1::timestamptz)
          AND ($2::timestamptz IS NULL OR window_end > $2::timestamptz)
        GROUP BY \(identity.map(quotedIdentifier).joined(separator: ", "))
      )
      SELECT window_start, key, cell, stored, recounted
      FROM pairs, LATERAL (VALUES
        ('the row', CASE WHEN is_stored THEN 'there' ELSE 'none' END,
         CASE WHEN is_recounted THEN 'there' ELSE 'none' END, is_stored <> is_recounted),
        \(cells.joined(separator: ",\n  "))
      ) AS cells (cell, stored, recounted, differs)
      WHERE differs
      """
  }

  private var bothSides: String {
    let names = columns.map { quotedIdentifier($0.name) }.joined(separator: ", ")
    return """
      SELECT 1 AS \(Self.side), \(names)\(sums.map { ", NULL::double precision AS \($0.magnitude)" }.joined())
      FROM \(stored)
      UNION ALL
      SELECT 2, \(names)\(sums.map { ", \($0.magnitude)" }.joined()) FROM recount_rows
      """
  }

  /// Floating-point sums depend on the order of the summands in their last digits.
  private func differs(_ stored: String, _ recounted: String, _ type: SQLType, _ bound: String) -> String {
    guard type == .doublePrecision else { return "(\(stored) IS DISTINCT FROM \(recounted))" }
    return "(\(stored) IS DISTINCT FROM \(recounted)) AND coalesce(abs(\(stored) - \(recounted)) > "
      + "\(Self.relativeTolerance) * greatest(abs(\(stored)), abs(\(recounted))\(bound)), true)"
  }

  /// Makes the table `recount_late` of the windows that hold events which may have been dropped as late.
  var lateWindows: String {
    let time = RecountQueries.eventTime(stream)
    return """
      CREATE TEMPORARY TABLE recount_late AS
      SELECT DISTINCT tumble(e.\(time), \(ResultTable(plan).windowSizeSQL)) AS window_start
      FROM recount_events AS e
      WHERE e.segment IN (SELECT segment FROM recount_counts
                          WHERE aggregate = \(quotedLiteral(plan.name)) AND has_late)
        AND NOT \(RecountQueries.isReplayed(plan, stream))
      """
  }

  /// The differences, a line each with their number behind it.
  var differences: String {
    """
    SELECT format('%s%s, window %s, %s: stored %s, recounted %s', \(quotedLiteral(plan.name)),
                  CASE WHEN key = '' THEN '' ELSE ' of ' || key END, window_start, cell, coalesce(stored, 'NULL'),
                  coalesce(recounted, 'NULL')),
           count(*) OVER ()
    FROM recount_cells WHERE window_start NOT IN (SELECT window_start FROM recount_late)
    ORDER BY window_start, key, cell LIMIT 100
    """
  }

  /// Windows with differences that late drops may explain: how many, the first and the last.
  let lateDifferences = """
    SELECT count(DISTINCT window_start), min(window_start)::text, max(window_start)::text FROM recount_cells
    WHERE window_start IN (SELECT window_start FROM recount_late)
    """

  /// Stored windows that begin by `$1`: how many, the first and the last.
  var uncoveredWindows: String {
    """
    SELECT count(DISTINCT window_start), min(window_start)::text, max(window_start)::text FROM \(stored)
    WHERE window_start <= $1::timestamptz
    """
  }

  /// What was compared: rows and windows; the parameters are those of `comparison`.
  var compared: String {
    """
    SELECT count(*), count(DISTINCT window_start) FROM \(stored)
    WHERE ($1::timestamptz IS NULL OR window_start > $1::timestamptz)
      AND ($2::timestamptz IS NULL OR window_end > $2::timestamptz)
    """
  }
}

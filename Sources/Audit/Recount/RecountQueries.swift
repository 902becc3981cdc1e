import Dialects
import Events
import Faults
import Plan
import SQLQuoting
import Storage

/// The statements that let Postgres compute an aggregate's rows of the events and compare them with the stored ones.
///
/// Nothing of the engine's windows or accumulators takes part: Postgres runs the definition's own SELECT.
struct RecountQueries {
  static let relativeTolerance = "1e-9"

  /// A stretch of event time in which some windows lie, as text.
  struct Span {
    /// Where the first of the windows begins.
    var start: String
    /// Where the last of them begins.
    var last: String
    /// Where that ends.
    var end: String
  }

  private static let side = "\"streampulse side\""

  private let plan: AggregatePlan
  private let stream: StreamPlan
  private let columns: [ResultTable.Column]
  private let select: BatchSelect
  private let stored: String
  private let index: Int
  private let span: Span?

  /// - Parameter span: only the events of this time are counted; nil: all.
  init(_ index: Int, of stream: StreamPlan, within span: Span? = nil) throws(PipelineError) {
    plan = stream.aggregates[index]
    self.stream = stream
    self.span = span
    columns = plan.shownColumns.filter { $0.role != .updatedAt }
    stored = "recount_stored_\(index)"
    self.index = index
    do {
      select = try BatchSelect(plan, of: stream, events: RecountQueries.events(plan, stream, span))
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
        segment integer, partition integer, record_offset bigint, is_exact boolean, \(columns.joined(separator: ", ")));
      CREATE TEMPORARY TABLE recount_failed (partition integer, record_offset bigint, code text)
      """
  }

  /// Adds events; the parameters are the arrays of its columns.
  static func eventInsertion(_ stream: StreamPlan) -> String {
    let types = ["integer", "integer", "bigint", "boolean"] + stream.columns.map(\.type.transportType)
    let arrays = types.enumerated().map { "$\($0 + 1)::\($1)[]" }
    let columns = stream.columns.indices.map(BatchSelect.eventColumn)
    let values = zip(columns, stream.columns).map { $1.type.element == nil ? $0 : "\($0)::\($1.type.sqlName)" }
    return """
      INSERT INTO recount_events
      SELECT segment, partition, record_offset, is_exact, \(values.joined(separator: ", "))
      FROM unnest(\(arrays.joined(separator: ", ")))
        AS events (segment, partition, record_offset, is_exact, \(columns.joined(separator: ", ")))
      """
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
  private static func events(_ plan: AggregatePlan, _ stream: StreamPlan, _ span: Span? = nil) -> String {
    let within = span.map {
      """
       AND e.\(eventTime(stream)) >= \(quotedLiteral($0.start))::timestamptz
       AND e.\(eventTime(stream)) < \(quotedLiteral($0.end))::timestamptz

      """
    }
    return """
      (SELECT e.* FROM recount_events AS e
       WHERE (e.segment IN (SELECT segment FROM recount_counts WHERE aggregate = \(quotedLiteral(plan.name)))
              OR \(isReplayed(plan, stream)))
         AND NOT EXISTS (SELECT FROM recount_dead AS d
                         WHERE (d.partition, d.record_offset) = (e.partition, e.record_offset)
                           AND coalesce(d.aggregate, \(quotedLiteral(plan.name))) = \(quotedLiteral(plan.name)))
      \(within ?? "") OFFSET 0)
      """
  }

  /// Floating-point sums, and the name under which the sum of their absolute values is kept.
  private var sums: [(column: BatchSelect.Column, magnitude: String)] {
    select.columns.filter { $0.magnitude != nil }.enumerated().map {
      ($1, quotedIdentifier("streampulse magnitude \($0)"))
    }
  }

  /// Estimates that are exact in some rows only, and the name under which is kept whether they are.
  private var estimates: [(column: BatchSelect.Column, exactness: String)] {
    select.columns.filter { $0.exactness != nil }.enumerated().map {
      ($1, quotedIdentifier("streampulse exactness \($0)"))
    }
  }

  /// What rows of Postgres have besides the columns of the stored ones.
  private var extras: [(name: String, type: String, source: String?)] {
    sums.map { ($0.magnitude, "double precision", $0.column.magnitude) }
      + estimates.map { ($0.exactness, "boolean", $0.column.exactness) }
  }

  /// Makes the table `recount_rows` for what Postgres computes, with the types of the stored rows, and `recount_refused`
  /// for the windows that it does not compute.
  var recountTables: String {
    """
    DROP TABLE IF EXISTS recount_rows, recount_cells, recount_excused, recount_refused;
    CREATE TEMPORARY TABLE recount_rows AS
    SELECT *\(extras.map { ", NULL::\($0.type) AS \($0.name)" }.joined()) FROM \(stored) WITH NO DATA;
    CREATE TEMPORARY TABLE recount_refused (window_start timestamptz, reason text)
    """
  }

  /// Fills `recount_rows`.
  var recount: String {
    let targets = columns.map { quotedIdentifier($0.name) } + extras.map(\.name)
    let sources = select.columns.map(\.source) + extras.compactMap(\.source)
    return """
      INSERT INTO recount_rows (\(targets.joined(separator: ", ")))
      SELECT \(sources.map(quotedIdentifier).joined(separator: ", ")) FROM (
      \(select.text)
      ) AS recounted
      \(windowsOfSpan)
      """
  }

  /// Events of a stretch of time may also lie in windows that reach beyond it, which lack events then.
  private var windowsOfSpan: String {
    guard let span, let start = select.columns.first(where: { $0.name == "window_start" })?.source else { return "" }
    return """
      WHERE \(quotedIdentifier(start)) BETWEEN \(quotedLiteral(span.start))::timestamptz
        AND \(quotedLiteral(span.last))::timestamptz
      """
  }

  /// Results of which the table has another expression than the definition.
  private var guarded: Set<String> {
    Set(
      plan.outputs.compactMap { output in
        if case .derived(let derived) = output.source, derived.safeExpression != derived.expression {
          derived.name
        } else {
          nil
        }
      })
  }

  /// Makes the table `recount_cells` of what differs. The parameters, times as text, may be NULL: windows that begin by
  /// `$1` or end by `$2` are left out.
  var comparison: String {
    let identity = ResultTable(plan).identity
    let incomparable = Set(select.columns.filter { !$0.isComparable }.map(\.name))
    let measures = columns.enumerated().filter { !identity.contains($1.name) && !incomparable.contains($1.name) }
    let pairs = measures.flatMap { index, column in
      let name = quotedIdentifier(column.name)
      return [("s", 1), ("r", 2)].map { side, number in
        let filter = "FILTER (WHERE \(Self.side) = \(number))"
        // There is one at most. An array of arrays has no elements.
        let value =
          if case .array = column.type { "max(\(name)) \(filter)" } else { "(array_agg(\(name)) \(filter))[1]" }
        return "\(value) AS \(side)\(index)"
      }
    }
    let bounds =
      sums.enumerated().map { "max(\($1.magnitude)) AS m\($0)" }
      + estimates.enumerated().map { "bool_and(\($1.exactness)) AS e\($0)" }
    let cells = measures.map { index, column in
      let bound = sums.firstIndex { $0.column.name == column.name }.map { "m\($0)" }
      // A result is NULL where its arithmetic could leave the range of a type, also where it just does not.
      let isThere = guarded.contains(column.name) ? "s\(index) IS NOT NULL AND " : ""
      let isExact = estimates.firstIndex { $0.column.name == column.name }.map { "e\($0) AND " } ?? ""
      let canTell = isThere + isExact
      let tolerance = select.columns.first { $0.name == column.name }?.tolerance
      return
        "(\(quotedLiteral(column.name)), s\(index)::text, r\(index)::text, is_stored AND is_recounted AND \(canTell)"
        + "\(differs("s\(index)", "r\(index)", column.type, bound, tolerance)))"
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
        WHERE \(isJudged)
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
      SELECT 1 AS \(Self.side), \(names)\(extras.map { ", NULL::\($0.type) AS \($0.name)" }.joined())
      FROM \(stored)
      UNION ALL
      SELECT 2, \(names)\(extras.map { ", \($0.name)" }.joined()) FROM recount_rows
      """
  }

  /// Floating-point sums depend on the order of the summands in their last digits. Numeric has neither the overflow nor the
  /// underflow that comparing doubles can meet; what is not finite equals itself alone.
  /// An estimate of any type may be off by its own tolerance. Of a result whose magnitude is infinite nothing can be said.
  private func differs(
    _ stored: String, _ recounted: String, _ type: SQLType, _ bound: String?, _ tolerance: Double?
  ) -> String {
    if case .array(let element) = type, tolerance != nil {
      return """
        (cardinality(\(stored)) IS DISTINCT FROM cardinality(\(recounted)) OR EXISTS (
          SELECT FROM unnest(\(stored), \(recounted)) AS e (s, r)
          WHERE \(differs("e.s", "e.r", element.type, bound, tolerance))))
        """
    }
    guard type == .doublePrecision || tolerance != nil else { return "(\(stored) IS DISTINCT FROM \(recounted))" }
    let finite = [stored, recounted].map { "coalesce(\($0)::text, 'NaN') NOT IN ('NaN', 'Infinity', '-Infinity')" }
    let isUnknown = bound.map { "WHEN \($0) = 'Infinity' THEN false" } ?? ""
    return """
      CASE WHEN \(stored) IS NOT DISTINCT FROM \(recounted) THEN false \(isUnknown)
           WHEN \(finite.joined(separator: " AND ")) THEN
             abs(\(stored)::numeric - \(recounted)::numeric) > \(tolerance.map { "\($0)" } ?? Self.relativeTolerance)
               * greatest(abs(\(stored)::numeric), abs(\(recounted)::numeric)\(bound.map { ", \($0)::numeric" } ?? ""))
           ELSE true END
      """
  }

  /// Makes the table `recount_excused` of the windows whose differences prove nothing: they hold events that may have been
  /// dropped as late, or events of which Postgres has not got all.
  var excusedWindows: String {
    let time = RecountQueries.eventTime(stream)
    guard !plan.window.isSession else { return excusedSessions }
    let window = plan.window.startsSQL(of: "e.\(time)")
    return """
      CREATE TEMPORARY TABLE recount_excused AS
      SELECT DISTINCT \(window) AS window_start, \(quotedLiteral(Self.mayBeLate)) AS reason
      FROM recount_events AS e
      WHERE e.\(time) IS NOT NULL AND \(isDoubtful)
      UNION ALL
      SELECT DISTINCT \(window), \(quotedLiteral(Self.isNoTime))
      FROM \(RecountQueries.events(plan, stream)) AS e WHERE NOT e.is_exact AND e.\(time) IS NOT NULL
      """
  }

  private static let mayBeLate = "hold events that may have been dropped as late"
  private static let isNoTime = "hold a date or a time that Postgres cannot"

  /// Whether the event `e` may have been dropped as late.
  private var isDoubtful: String {
    """
    e.segment IN (SELECT segment FROM recount_counts WHERE aggregate = \(quotedLiteral(plan.name)) AND has_late)
      AND NOT \(RecountQueries.isReplayed(plan, stream))
    """
  }

  /// A recounted session that holds such an event may be several stored ones, or longer or earlier than a stored one: all
  /// of the key that it overlaps.
  private var excusedSessions: String {
    let time = RecountQueries.eventTime(stream)
    let keys = plan.keys.map { quotedIdentifier($0.name) }
    let columns = (["window_start", "window_end"] + keys).joined(separator: ", ")
    let within = "e.\(time) >= r.window_start AND e.\(time) < r.window_end"
    // NULL equals itself only within an array.
    let isSameKey = keys.map { "ARRAY[s.\($0)] = ARRAY[d.\($0)] AND " }.joined()
    return """
      \(eventTimeIndex);
      ANALYZE recount_rows;
      CREATE TEMPORARY TABLE recount_excused AS
      WITH doubtful AS (
        SELECT r.*, \(quotedLiteral(Self.mayBeLate)) AS "streampulse reason" FROM recount_rows AS r
        WHERE EXISTS (SELECT FROM recount_events AS e WHERE \(within) AND \(isDoubtful))
        UNION ALL
        SELECT r.*, \(quotedLiteral(Self.isNoTime)) FROM recount_rows AS r
        WHERE EXISTS (SELECT FROM recount_events AS e WHERE \(within) AND NOT e.is_exact)
      ), sides AS (
        SELECT \(columns) FROM \(stored) UNION SELECT \(columns) FROM recount_rows
      )
      SELECT DISTINCT s.window_start, d."streampulse reason" AS reason
      FROM sides AS s JOIN doubtful AS d
        ON \(isSameKey)s.window_start < d.window_end AND d.window_start < s.window_end
      """
  }

  /// The same for the windows of a time alone.
  func over(_ span: Span) throws(PipelineError) -> RecountQueries {
    try RecountQueries(index, of: stream, within: span)
  }

  /// What finds the events of a window soon.
  var eventTimeIndex: String {
    "CREATE INDEX IF NOT EXISTS recount_events_time ON recount_events (\(RecountQueries.eventTime(stream)))"
  }

  /// Notes all stored windows as refused, for the reason `$1`.
  var refusalOfAll: String {
    "INSERT INTO recount_refused SELECT DISTINCT window_start, $1::text FROM \(stored)"
  }

  /// The windows of the events in their order, beginnings and ends.
  var windows: String {
    """
    SELECT window_start::text, (\(plan.window.endSQL(from: "window_start")))::text
    FROM (SELECT DISTINCT \(plan.window.startsSQL(of: "e.\(RecountQueries.eventTime(stream))")) AS window_start
          FROM \(RecountQueries.events(plan, stream)) AS e) AS w
    WHERE window_start IS NOT NULL ORDER BY w.window_start
    """
  }

  /// Notes the windows from `$1` to `$2` as refused, for the reason `$3`.
  var refusal: String {
    let time = RecountQueries.eventTime(stream)
    return """
      INSERT INTO recount_refused
      SELECT DISTINCT w.window_start, $3::text
      FROM (SELECT \(plan.window.startsSQL(of: "e.\(time)")) AS window_start FROM recount_events AS e
            WHERE e.\(time) >= $1::timestamptz) AS w
      WHERE w.window_start BETWEEN $1::timestamptz AND $2::timestamptz
      """
  }

  /// The differences, a line each with their number behind it.
  var differences: String {
    """
    SELECT format('%s%s, window %s, %s: stored %s, recounted %s', \(quotedLiteral(plan.name)),
                  CASE WHEN key = '' THEN '' ELSE ' of ' || key END, window_start, cell, coalesce(stored, 'NULL'),
                  coalesce(recounted, 'NULL')),
           count(*) OVER ()
    FROM recount_cells AS c
    WHERE NOT EXISTS (SELECT FROM recount_excused AS e WHERE e.window_start = c.window_start)
    ORDER BY window_start, key, cell LIMIT 100
    """
  }

  /// Windows with differences that prove nothing: how many, the first, the last and why, by reason.
  let excusedDifferences = """
    SELECT count(DISTINCT c.window_start), min(c.window_start)::text, max(c.window_start)::text, e.reason
    FROM recount_cells AS c JOIN recount_excused AS e USING (window_start)
    GROUP BY e.reason ORDER BY e.reason
    """

  /// Windows that Postgres does not compute: how many, the first, the last and a reason, by what precedes its first value.
  let refusedWindows = """
    SELECT count(DISTINCT window_start), min(window_start)::text, max(window_start)::text, min(reason)
    FROM recount_refused
    GROUP BY regexp_replace(reason, '"[^"]*"|[0-9]+', '', 'g') ORDER BY min(window_start) LIMIT 20
    """

  /// Stored windows that begin by `$1`: how many, the first and the last.
  var uncoveredWindows: String {
    """
    SELECT count(DISTINCT window_start), min(window_start)::text, max(window_start)::text FROM \(stored)
    WHERE window_start <= \(covered)
    """
  }

  /// Until when windows that begin may lack events that began before `$1`: a session may have lost its beginning, and so
  /// begin later, by less than the gap.
  private var covered: String {
    "$1::timestamptz" + (plan.window.gapSQL.map { " + \($0)" } ?? "")
  }

  /// What was compared: rows and windows; the parameters are those of `comparison`.
  var compared: String {
    """
    SELECT count(*), count(DISTINCT window_start) FROM \(stored) AS sides
    WHERE \(isJudged)
    """
  }

  private var isJudged: String {
    """
    ($1::timestamptz IS NULL OR window_start > \(covered))
      AND ($2::timestamptz IS NULL OR window_end > $2::timestamptz)
      AND NOT EXISTS (SELECT FROM recount_refused AS r WHERE r.window_start = sides.window_start)
    """
  }
}

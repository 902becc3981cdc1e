import Audit
import Dialects
import Plan
import Postgres
import Project
import SQLQuoting

/// What comparing the database with the truth found.
public struct Comparison: Sendable {
  /// That the loads were sent to.
  public var streams = 0
  public var aggregates = 0
  public var rows = 0
  public var differences = 0
  /// Some of the differences, a line each.
  public var examples: [String] = []
  /// Good records of all topics.
  public var events = 0
  /// Of all streams: a record of a topic that two of them read is one for each.
  public var deadLetters = 0

  private static let maxExamples = 20

  /// Compares all rows of all aggregates in every column of their definitions, the dead letters and the ledger.
  init(
    _ project: Project, _ recorders: [TopicRecorder], _ connection: PostgresConnection
  ) throws {
    try connection.execute("SET work_mem = '128MB'")
    try Truth.load(recorders, connection)
    var applications = 0
    for load in recorders.map(\.load) {
      let events = try connection.count("FROM \(Truth.table(of: load))")
      self.events += events
      applications += events * load.streams.count
      streams += load.streams.count
      for stream in load.streams {
        for aggregate in project.stream(named: stream)?.plan.aggregates ?? [] {
          try compare(aggregate, of: stream, load, connection)
        }
      }
    }
    try compareDeadLetters(connection)
    try compareLedger(project, applications: applications, connection)
  }

  private mutating func compare(
    _ aggregate: AggregatePlan, of stream: String, _ load: any TopicLoad, _ connection: PostgresConnection
  ) throws {
    let definition = try connection.query(
      "SELECT definition FROM \(connection.pulse).definitions WHERE aggregate = $1", [.text(aggregate.name)])
    guard definition.rowCount == 1, let text = definition[0, 0],
      let batch = Truth.batchQuery(of: text, aggregate, stream: stream, load)
    else { throw CrashTestError.setup("the definition of \(aggregate.name) cannot be run as a batch") }
    let expected = "\(Truth.expected).\(quotedIdentifier(aggregate.name))"
    try connection.execute("CREATE UNLOGGED TABLE \(expected) AS \(batch)")
    let columns = try connection.query(
      """
      SELECT attname, atttypid = 'double precision'::regtype FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum
      """, [.text(expected)])
    let identity = ResultTable(aggregate).identity
    let names = (0..<columns.rowCount).compactMap { columns[$0, 0] }
    let isFloat = (0..<columns.rowCount).map { columns.boolean($0, 1) ?? false }
    let values = zip(names, isFloat).filter { !identity.contains($0.0) }
    let estimates = aggregate.percentiles
    let differing = values.map { name, isFloat in
      let column = quotedIdentifier(name)
      let tolerance = estimates.contains(name) ? 0.01 : 1e-9
      return """
        CASE WHEN \(isFloat ? Comparison.differFloat(column, by: tolerance) : "f.\(column) IS DISTINCT FROM e.\(column)")
        THEN format('%s is %s instead of %s', \(quotedLiteral(name)), coalesce(f.\(column)::text, 'NULL'),
          coalesce(e.\(column)::text, 'NULL')) END
        """
    }
    // One value, since NULL is a key like others.
    let keyed = "SELECT *, jsonb_build_array(\(identity.map(quotedIdentifier).joined(separator: ", "))) AS \"the keys\""
    let found = try connection.query(
      """
      SELECT \(quotedLiteral(aggregate.name)) || ' ' || "the keys" || ': ' || what, count(*) OVER ()
      FROM (
        SELECT "the keys"::text, CASE
          WHEN e IS NULL THEN 'the row must not be there' WHEN f IS NULL THEN 'the row is missing'
          ELSE nullif(concat_ws(', ', \(differing.joined(separator: ", "))), '') END AS what
        FROM (\(keyed) FROM public.\(quotedIdentifier(aggregate.name))) AS f
          FULL JOIN (\(keyed) FROM \(expected)) AS e USING ("the keys")
      ) AS d
      WHERE what IS NOT NULL ORDER BY 1 LIMIT \(Comparison.maxExamples)
      """)
    aggregates += 1
    rows += try connection.count("FROM \(expected)")
    add(found)
  }

  /// Postgres adds in another order than many transactions do: the last bits may differ. An estimate has its bound.
  private static func differFloat(_ column: String, by tolerance: Double) -> String {
    """
    (f.\(column) IS NULL) <> (e.\(column) IS NULL) OR abs(f.\(column) - e.\(column)) > \(tolerance) * abs(e.\(column))
    """
  }

  private mutating func compareDeadLetters(_ connection: PostgresConnection) throws {
    let found = try connection.query(
      """
      SELECT format('dead letter of %s, partition %s, offset %s: %s', stream, partition, record_offset,
          CASE WHEN d IS NULL THEN 'missing: ' || m.fault ELSE 'of a good record: ' || d.code || ', ' || d.reason END),
        count(*) OVER ()
      FROM dead_letters AS d FULL JOIN \(Truth.schema).malformed AS m USING (stream, partition, record_offset)
      WHERE d IS NULL OR m IS NULL ORDER BY 1 LIMIT \(Comparison.maxExamples)
      """)
    add(found)
    deadLetters = try connection.count("FROM dead_letters")
  }

  /// - Parameter applications: how often a good record had to be applied: once by each stream that reads its topic.
  private mutating func compareLedger(
    _ project: Project, applications: Int, _ connection: PostgresConnection
  ) throws {
    let report = try Verifier(connection, project.streams.map(\.plan)).verify()
    let violations = report.checks.flatMap { check in check.violations.map { "\(check.name): \($0)" } }
    differences += violations.count
    examples += violations.prefix(Comparison.maxExamples)
    let records = applications + (try connection.count("FROM \(Truth.schema).malformed"))
    if report.consumed != records {
      differences += 1
      examples.append("the ledger has \(report.consumed) records, the logs \(records) for their streams")
    }
  }

  /// Lines, each with the number of all of them.
  private mutating func add(_ found: PostgresResult) {
    differences += Int(found.rowCount > 0 ? found.integer(0, 1) ?? 0 : 0)
    examples += (0..<found.rowCount).compactMap { found[$0, 0] }
  }
}

extension AggregatePlan {
  /// The results that are estimates. Numbers of distinct values are, too, but Postgres gives the same.
  fileprivate var percentiles: Set<String> {
    Set(
      outputs.compactMap { output in
        guard case .derived(let derived) = output.source, case .estimate(let estimate, _)? = derived.parts.first else {
          return nil
        }
        switch estimate {
        case .continuousPercentile, .discretePercentile: return output.name
        default: return nil
        }
      })
  }
}

extension PostgresConnection {
  fileprivate func count(_ relation: String) throws(PostgresError) -> Int {
    Int(try query("SELECT count(*) \(relation)").integer(0, 0) ?? 0)
  }
}

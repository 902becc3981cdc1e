import Audit
import Dialects
import Plan
import Postgres
import Project
import SQLQuoting

/// What comparing the database with the truth found.
public struct Comparison: Sendable {
  public var aggregates = 0
  public var rows = 0
  public var differences = 0
  /// Some of the differences, a line each.
  public var examples: [String] = []
  public var events = 0
  public var deadLetters = 0

  private static let maxExamples = 20

  /// Compares all rows of all aggregates in every column of their definitions, the dead letters and the ledger.
  init(
    _ project: Project, _ recorder: TopicRecorder, _ connection: PostgresConnection
  ) throws {
    try connection.execute("SET work_mem = '128MB'")
    try Truth.load(recorder, connection)
    events = Int(try connection.query("SELECT count(*) FROM crashtest.raw").integer(0, 0) ?? 0)
    for aggregate in project.stream.plan.aggregates {
      try compare(aggregate, stream: project.stream.plan.definition.name, connection)
    }
    try compareDeadLetters(connection)
    try compareLedger(project, connection)
  }

  private mutating func compare(
    _ aggregate: AggregatePlan, stream: String, _ connection: PostgresConnection
  ) throws {
    let definition = try connection.query(
      "SELECT definition FROM \(connection.pulse).definitions WHERE aggregate = $1", [.text(aggregate.name)])
    guard definition.rowCount == 1, let text = definition[0, 0], let batch = Truth.batchQuery(of: text, stream: stream)
    else { throw CrashTestError.setup("the definition of \(aggregate.name) cannot be run as a batch") }
    let expected = "crashtest.\(quotedIdentifier(aggregate.name))"
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
    let differing = values.map { name, isFloat in
      let column = quotedIdentifier(name)
      return """
        CASE WHEN \(isFloat ? Comparison.differFloat(column) : "f.\(column) IS DISTINCT FROM e.\(column)")
        THEN format('%s is %s instead of %s', \(quotedLiteral(name)), coalesce(f.\(column)::text, 'NULL'),
          coalesce(e.\(column)::text, 'NULL')) END
        """
    }
    let keys = identity.map { quotedIdentifier($0) }
    let table = quotedIdentifier(aggregate.name)
    let found = try connection.query(
      """
      SELECT \(quotedLiteral(aggregate.name)) || ' ' || concat_ws(' ', \(keys.joined(separator: ", ")))
        || ': ' || what, count(*) OVER ()
      FROM (
        SELECT \(keys.joined(separator: ", ")), CASE
          WHEN e IS NULL THEN 'the row must not be there' WHEN f IS NULL THEN 'the row is missing'
          ELSE nullif(concat_ws(', ', \(differing.joined(separator: ", "))), '') END AS what
        FROM public.\(table) AS f FULL JOIN \(expected) AS e USING (\(keys.joined(separator: ", ")))
      ) AS d
      WHERE what IS NOT NULL ORDER BY 1 LIMIT \(Comparison.maxExamples)
      """)
    aggregates += 1
    rows += Int(try connection.query("SELECT count(*) FROM \(expected)").integer(0, 0) ?? 0)
    add(found)
  }

  /// Postgres adds in another order than many transactions do: the last bits may differ.
  private static func differFloat(_ column: String) -> String {
    """
    (f.\(column) IS NULL) <> (e.\(column) IS NULL) OR abs(f.\(column) - e.\(column)) > 1e-9 * abs(e.\(column))
    """
  }

  private mutating func compareDeadLetters(_ connection: PostgresConnection) throws {
    let found = try connection.query(
      """
      SELECT format('dead letter of partition %s, offset %s: %s', partition, record_offset,
          CASE WHEN d IS NULL THEN 'missing' ELSE 'of a good record: ' || d.code END), count(*) OVER ()
      FROM dead_letters AS d FULL JOIN crashtest.malformed AS m USING (partition, record_offset)
      WHERE d IS NULL OR m IS NULL ORDER BY 1 LIMIT \(Comparison.maxExamples)
      """)
    add(found)
    deadLetters = Int(try connection.query("SELECT count(*) FROM dead_letters").integer(0, 0) ?? 0)
  }

  private mutating func compareLedger(_ project: Project, _ connection: PostgresConnection) throws {
    let report = try Verifier(connection, project.streams.map(\.plan)).verify()
    let violations = report.checks.flatMap { check in check.violations.map { "\(check.name): \($0)" } }
    differences += violations.count
    examples += violations.prefix(Comparison.maxExamples)
    let malformed = Int(try connection.query("SELECT count(*) FROM crashtest.malformed").integer(0, 0) ?? 0)
    if report.consumed != events + malformed {
      differences += 1
      examples.append("the ledger has \(report.consumed) records, the log \(events + malformed)")
    }
  }

  /// Lines, each with the number of all of them.
  private mutating func add(_ found: PostgresResult) {
    differences += Int(found.rowCount > 0 ? found.integer(0, 1) ?? 0 : 0)
    examples += (0..<found.rowCount).compactMap { found[$0, 0] }
  }
}

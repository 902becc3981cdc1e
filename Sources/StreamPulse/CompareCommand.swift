import Audit
import Configuration
import Plan
import Postgres
import SQLQuoting
import Storage

/// `streampulse compare`: exit status 0 when no row differs, 1 when some do.
func compare(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let names = parsed.positional
  guard names.count == 2 else {
    throw parsed.error(
      "two tables, views or aggregates are compared", hint: "streampulse compare order_stats order_stats_shadow")
  }
  let connection = try PostgresConnection(context.database().with("application_name", "streampulse compare"))
  defer { connection.close() }
  try Migrator.verify(connection)
  try connection.execute("SET TIME ZONE 'UTC'; SET default_transaction_read_only = on")
  Signals.unblockAll()
  let keys = parsed.string("key").map { $0.split(separator: ",").map { $0.trimmed } }
  let comparison = RelationComparison(connection, reference(names[0]), reference(names[1]))
  let report = try comparison.run(
    by: keys ?? context.keys(ofOneOf: names), from: parsed.string("from"))
  show(report, names[0], names[1])
  return report.isEqual ? 0 : 1
}

/// Names with a schema or in quotes are taken as they are.
private func reference(_ name: String) -> String {
  name.contains(".") || name.contains("\"") ? name : quotedIdentifier(name)
}

extension CommandContext {
  /// What rows of an aggregate are told apart by; nil: the project has none of these.
  fileprivate func keys(ofOneOf names: [String]) throws -> [String]? {
    try loadProject().aggregates.first { names.contains($0.name) }.map { $0.keys.map(\.name) + ["window_start"] }
  }
}

private func show(_ report: RelationComparison.Report, _ first: String, _ second: String) {
  for name in report.onlyFirstColumns { print("column \(name) is in \(first) only") }
  for name in report.onlySecondColumns { print("column \(name) is in \(second) only") }
  for (name, rows) in report.columns { print("column \(name) differs in \(counted(rows, "row"))") }
  for line in report.examples { print("  \(line)") }
  print(
    """
    \(counted(report.common, "row")) in both, \(report.onlyFirst) in \(first) only, \(report.onlySecond) in \(second) only: \
    \(report.isEqual ? "no difference" : "\(report.different) of the common ones DIFFER")
    """)
  flushOutput()
}

extension Substring {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

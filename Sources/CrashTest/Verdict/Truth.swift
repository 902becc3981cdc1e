import Downloads
import Postgres
import SQLQuoting

/// The events that the log held, as a table: Postgres computes from it what the rows have to be.
enum Truth {
  static let schema = "crashtest"

  /// Fills the tables from the recorder's files; the connection is a superuser's, who may read them.
  static func load(_ recorder: TopicRecorder, _ connection: PostgresConnection) throws(PostgresError) {
    try connection.execute(
      """
      CREATE SCHEMA crashtest;
      CREATE UNLOGGED TABLE crashtest.raw (
        partition integer, record_offset bigint, \(ShippedProject.columns));
      CREATE UNLOGGED TABLE crashtest.malformed (partition integer, record_offset bigint);
      CREATE VIEW crashtest.events AS
        SELECT *, TIMESTAMPTZ 'epoch' + milliseconds * INTERVAL '1 millisecond' AS "timestamp" FROM crashtest.raw;
      """)
    let files = [("raw", recorder.eventsFile), ("malformed", recorder.malformedFile)]
    for (table, file) in files {
      try connection.execute("COPY crashtest.\(table) FROM \(quotedLiteral(file))")
      try connection.execute("ANALYZE crashtest.\(table)")
    }
  }

  /// A definition's own text over the table; its window is added to what it selects.
  static func batchQuery(of definition: String, stream name: String) -> String? {
    let select = "SELECT "
    let source = "FROM \(name)"
    guard definition.hasPrefix(select), let from = definition.firstRange(of: source),
      let grouping = definition.firstRange(of: "GROUP BY "), from.upperBound <= grouping.lowerBound
    else { return nil }
    let window = firstExpression(of: definition[grouping.upperBound...])
    return "SELECT \(window) AS window_start, "
      + definition[definition.index(definition.startIndex, offsetBy: select.count)..<from.lowerBound]
      + ShippedProject.relations
      + definition[from.upperBound...]
  }

  /// Up to the first comma outside of parentheses.
  private static func firstExpression(of list: Substring) -> Substring {
    var depth = 0
    return list.prefix { character in
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      return depth > 0 || character != ","
    }
  }
}

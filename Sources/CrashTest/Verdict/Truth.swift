import Plan
import Postgres
import SQLQuoting

/// What the logs held, as tables: Postgres computes from them what the rows have to be.
enum Truth {
  /// Of the tables of what the logs held.
  static let schema = "crashtest_log"
  /// Of the rows that Postgres computes of them.
  static let expected = "crashtest"

  /// Fills the tables from the recorders' files; the connection is a superuser's, who may read them.
  ///
  /// `crashtest_log.malformed` has each malformed record once for each stream that reads its topic.
  static func load(_ recorders: [TopicRecorder], _ connection: PostgresConnection) throws(PostgresError) {
    try connection.execute(
      """
      CREATE SCHEMA \(schema);
      CREATE SCHEMA \(expected);
      CREATE UNLOGGED TABLE \(schema).malformed (stream text, partition integer, record_offset bigint, fault text);
      """)
    for recorder in recorders {
      let load = recorder.load
      let malformed = "\(table(of: load))_malformed"
      try connection.execute(
        """
        CREATE UNLOGGED TABLE \(table(of: load)) (partition integer, record_offset bigint, \(load.columns));
        COPY \(table(of: load)) FROM \(quotedLiteral(recorder.eventsFile)) \(load.copyOptions);
        CREATE UNLOGGED TABLE \(malformed) (partition integer, record_offset bigint, fault text);
        COPY \(malformed) FROM \(quotedLiteral(recorder.malformedFile));
        ANALYZE \(table(of: load));
        """)
      for stream in load.streams {
        try connection.execute(
          "INSERT INTO \(schema).malformed SELECT \(quotedLiteral(stream)), * FROM \(malformed)")
      }
    }
    try connection.execute("ANALYZE \(schema).malformed")
  }

  static func table(of load: any TopicLoad) -> String { "\(schema).\(load.name)" }

  /// A definition's own text over the table, or over the rows that Postgres has computed of the aggregate that it reads; its
  /// window is added to what it selects.
  static func batchQuery(
    of definition: String, _ aggregate: AggregatePlan, stream: String, _ load: any TopicLoad
  ) -> String? {
    var name = stream
    var events = load.source(from: table(of: load), as: name)
    if let first = aggregate.feeders.first {
      name = first.name
      events = "FROM \(expected).\(quotedIdentifier(name))"
    }
    let select = "SELECT "
    let source = "FROM \(name)"
    guard definition.hasPrefix(select), let from = definition.firstRange(of: source),
      let grouping = definition.firstRange(of: "GROUP BY "), from.upperBound <= grouping.lowerBound
    else { return nil }
    let window = firstExpression(of: definition[grouping.upperBound...])
    let items = definition[definition.index(definition.startIndex, offsetBy: select.count)..<from.lowerBound]
    let rest = load.tables.reduce(String(definition[from.upperBound...])) { text, table in
      text.replacing("JOIN \(table.name) AS", with: "JOIN \(table.valid) AS")
    }
    guard window.hasPrefix("session(") else {
      return "SELECT \(window) AS window_start, " + items + events + rest
    }
    // Of each event where its session begins; then it is a column like others. Such a definition has no WHERE.
    let keys = definition[grouping.upperBound...].dropFirst(window.count + 1)
    let time = window.dropFirst("session(".count).prefix { $0 != "," }
    return """
      SELECT session_start AS window_start, \(items) FROM (
        SELECT *, \(window) OVER (PARTITION BY \(keys) ORDER BY \(time)) AS session_start \(events)
      ) AS events GROUP BY session_start, \(keys)
      """
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

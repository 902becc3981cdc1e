import Postgres
import SQLQuoting

/// The events that the log held, as a table: Postgres computes from it what the rows have to be.
enum Truth {
  static let schema = "crashtest"

  /// `content.title` in a definition means a column of a relation: each record of the Avro schema becomes one.
  static let stream = """
    FROM crashtest.events AS content_downloads,
      LATERAL (SELECT content_id, content_title, content_type, content_size_gb)
        AS content (content_id, title, type, size_gb),
      LATERAL (SELECT user_id, user_region, user_device_type, user_os_version)
        AS "user" (user_id, region, device_type, os_version),
      LATERAL (SELECT download_status, download_duration_seconds, download_speed_mbps, download_error_code)
        AS download (status, duration_seconds, speed_mbps, error_code)
    """

  /// Fills the tables from the recorder's files; the connection is a superuser's, who may read them.
  static func load(_ recorder: TopicRecorder, _ connection: PostgresConnection) throws(PostgresError) {
    try connection.execute(
      """
      CREATE SCHEMA crashtest;
      CREATE UNLOGGED TABLE crashtest.raw (
        partition integer, record_offset bigint, event_id text, milliseconds bigint, content_id text,
        content_title text, content_type text, content_size_gb double precision, user_id text, user_region text,
        user_device_type text, user_os_version text, download_status text, download_duration_seconds integer,
        download_speed_mbps double precision, download_error_code text);
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
      + definition[definition.index(definition.startIndex, offsetBy: select.count)..<from.lowerBound] + stream
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

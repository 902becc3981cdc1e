import Events
import JSON
import SQLQuoting
import TextFormats

/// A new project's files, made of a look at its events.
public struct ProjectFiles {
  public struct File {
    /// Within the project's folder.
    public var path: String
    public var text: String
  }

  public let files: [File]
  /// What was understood, a line each, for a person.
  public let remarks: [String]

  /// - Parameters:
  ///   - name: the stream's name, and the beginning of the aggregate's: of a to z, digits and _.
  ///   - fields: of at least one object.
  public init(name: String, topic: String, fields: SampledFields) {
    let stream = InferredStream(fields)
    let aggregate = name + "_by_minute"
    files = [
      File(path: "sql/streams/\(name).sql", text: Self.stream(name, topic, stream)),
      File(path: "sql/aggregates/\(aggregate).sql", text: Self.aggregate(aggregate, name, stream)),
      File(path: "sql/endpoints/\(name).sql", text: Self.endpoint(name, aggregate, stream)),
      File(path: "sql/tests/\(aggregate).sql", text: Self.test(name, aggregate, stream, fields)),
      File(path: "README.md", text: Self.readme(name, topic, aggregate)),
    ]
    remarks = [
      "\(stream.columns.count) columns from \(fields.objects) events",
      stream.eventTime.map { "event time: \($0.name)" }
        ?? "event time: the records' own, since no member is a time in all events",
      stream.key.map { "key: \($0.name), with \($0.field.distinct.count) values" } ?? "no key: no text has few values",
    ]
  }

  private static func stream(_ name: String, _ topic: String, _ stream: InferredStream) -> String {
    let columns = stream.columns.map { "  " + $0.declaration }.joined(separator: ",\n")
    return """
      -- Events of the topic \(topic). What the columns mean is yours to say here.
      CREATE FOREIGN TABLE \(quotedIdentifier(name)) (
      \(columns)
      ) SERVER kafka OPTIONS (
        topic \(quotedLiteral(topic)),
        format 'json',
        event_time \(quotedLiteral(stream.eventTime?.name ?? "kafka.timestamp"))
      );

      """
  }

  private static func aggregate(_ aggregate: String, _ name: String, _ stream: InferredStream) -> String {
    var items = stream.key.map { ["\(quotedIdentifier($0.name))"] } ?? []
    items.append("-- Events.\n       count(*) AS events")
    items += stream.measures.map { "avg(\(quotedIdentifier($0.name))) AS avg_\($0.name)" }
    let time = stream.eventTime.map { quotedIdentifier($0.name) } ?? "kafka.timestamp"
    return """
      -- \(name) by the minute\(stream.key.map { " and \($0.name)" } ?? "").
      CREATE MATERIALIZED VIEW \(aggregate) WITH (retention = '30 days') AS
      SELECT \(items.joined(separator: ",\n       "))
      FROM \(quotedIdentifier(name))
      GROUP BY tumble(\(time), INTERVAL '1 minute')\(stream.key.map { ", " + quotedIdentifier($0.name) } ?? "");

      """
  }

  private static func endpoint(_ name: String, _ aggregate: String, _ stream: InferredStream) -> String {
    let key = stream.key.map { quotedIdentifier($0.name) }
    let columns = (key.map { [$0] } ?? []) + ["sum(events)::bigint AS events"]
    return """
      -- name: GET /api/stats/\(name.replacing("_", with: "-"))
      -- summary: \(name)\(stream.key.map { " by \($0.name)" } ?? "") over the last minutes.
      -- param: minutes integer = 60 in 1..1440    -- Look-back: minutes that have ended, and the running one
      -- returns: rows
      SELECT \(columns.joined(separator: ",\n       "))
      FROM \(aggregate)
      WHERE window_start >= date_trunc('minute', now()) - :minutes * INTERVAL '1 minute'\(key.map { "\nGROUP BY \($0)\nORDER BY events DESC, \($0)" } ?? "");

      """
  }

  private static func test(
    _ name: String, _ aggregate: String, _ stream: InferredStream, _ fields: SampledFields
  ) -> String {
    guard let event = fields.first else { return "" }
    let time = stream.eventTime.flatMap { column in Self.value(at: column.path, in: event).map { (column, $0) } }
    let at = time.flatMap { Self.microseconds($1, unit: $0.unit) } ?? 1_769_860_800_000_000
    let key = stream.key.flatMap { column in
      Self.value(at: column.path, in: event).map { "\(JSONValue.string(column.name).text): \($0.text), " }
    }
    return """
      -- An event of the sample becomes a row.
      -- at: \(DateTimeText.iso8601(timestamp: at + 1_000_000, zone: "Z"))

      -- events: \(name)
      -- \(event.text)

      -- rows:
      SELECT * FROM \(aggregate);
      -- {\(key ?? "")"events": 1}

      -- get: /api/stats/\(name.replacing("_", with: "-"))
      -- {"count": 1}

      """
  }

  private static func readme(_ name: String, _ topic: String, _ aggregate: String) -> String {
    """
    # \(name)

    Made from a look at the topic `\(topic)`: correct what was guessed, and add what you want to know.

    | file | |
    |---|---|
    | `sql/streams/\(name).sql` | the events: columns and their types, what the event time is |
    | `sql/aggregates/\(aggregate).sql` | a first table, a row each minute |
    | `sql/endpoints/\(name).sql` | a route: `GET /api/stats/\(name.replacing("_", with: "-"))` |
    | `sql/tests/\(aggregate).sql` | a test of these, with an event of the sample |

    """
  }

  private static func value(at path: [String], in document: JSONValue) -> JSONValue? {
    var value: JSONValue? = document
    for name in path { value = value?[name] }
    return value == .null ? nil : value
  }

  /// A time of the sample in microseconds since 1970.
  private static func microseconds(_ value: JSONValue, unit: String?) -> Int64? {
    switch value {
    case .string(let text):
      return Array(text.utf8).withUnsafeBufferPointer { bytes in try? ValueText.timestamptz(bytes) }
    case .number(let text):
      guard let number = Int64(text) else { return nil }
      switch unit {
      case "seconds": return number.multipliedReportingOverflow(by: 1_000_000).partialValue
      case "milliseconds": return number.multipliedReportingOverflow(by: 1_000).partialValue
      case "nanoseconds": return number / 1_000
      default: return number
      }
    default: return nil
    }
  }
}

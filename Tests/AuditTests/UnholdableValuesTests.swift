import Glibc
import Project
import TestThreads
import Testing

@testable import Audit
@testable import ProcessingTestSupport

/// Values that Postgres cannot hold, or refuses to compute with: what becomes of their events, and that a recount judges or
/// names every window all the same.
@Suite(.blocking) struct UnholdableValuesTests {
  /// An event written as Avro by the specification alone.
  private struct Event {
    var minute: Int64
    var text: [UInt8] = Array("1".utf8)
    var tags: [(String, String)] = []
    var seen: Int64 = 0
    var number: Int64 = 0
    var size = 0.0

    var encoded: [UInt8] {
      var bytes: [UInt8] = []
      func long(_ value: Int64) {
        var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
        while rest >= 0x80 {
          bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
          rest >>= 7
        }
        bytes.append(UInt8(rest))
      }
      func string(_ utf8: [UInt8]) {
        long(Int64(utf8.count))
        bytes += utf8
      }
      long(Download.start + minute * 60_000)
      string(text)
      if !tags.isEmpty {
        long(Int64(tags.count))
        for (name, value) in tags {
          string(Array(name.utf8))
          string(Array(value.utf8))
        }
      }
      long(0)
      long(seen)
      long(number)
      withUnsafeBytes(of: size.bitPattern.littleEndian) { bytes += $0 }
      return bytes
    }
  }

  private let scratch: ScratchProject
  private let load: Load

  init() throws {
    scratch = try ScratchProject()
    load = try Load()
    scratch.removeDefinitions()
    try scratch.write(
      "sql/streams/events.sql",
      """
      CREATE FOREIGN TABLE events () SERVER kafka OPTIONS (
        topic 'content-downloads', format 'avro', schema 'event.avsc', event_time 'ts');
      """)
    try scratch.write(
      "schemas/event.avsc",
      """
      {"type": "record", "name": "Event", "fields": [
        {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "t", "type": "string"},
        {"name": "tags", "type": {"type": "map", "values": "string"}},
        {"name": "seen", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "number", "type": "long"}, {"name": "size", "type": "double"}]}
      """)
  }

  /// Processes the events under this definition.
  private func process(_ definition: String, _ events: [Event]) throws -> Bench {
    try scratch.write("sql/aggregates/m.sql", definition)
    let bench = try Bench(project: try Project(folder: scratch.folder))
    for event in events { try load.send(bytes: event.encoded, to: 0) }
    try bench.process(events.count, of: load)
    return bench
  }

  @Test("what is only looked at is counted and judged, though Postgres could not store it")
  func lookedAt() throws {
    let bench = try process(
      """
      CREATE MATERIALIZED VIEW m AS
      SELECT count(*) AS n, count(tags) AS tagged, count(*) FILTER (WHERE t = '\u{FFFD}') AS replaced,
             count(*) FILTER (WHERE t <> 'a') AS others
      FROM events GROUP BY tumble(ts, INTERVAL '1 minute');
      """,
      [
        Event(minute: 0, text: [0xFF], tags: [("k", "a\0b")]), Event(minute: 0, text: [0x61, 0], tags: [("\0", "v")]),
        Event(minute: 0, text: [0xFE]), Event(minute: 1, text: [0x61]),
      ])
    #expect(
      try bench.rows("SELECT n, tagged, replaced, others FROM m ORDER BY window_start") == ["3 3 0 3", "1 1 0 0"])
    let report = try bench.recount(load)
    #expect(report.holds)
    #expect(report.aggregates[0].windows == 2)
    #expect(report.aggregates[0].skipped == [])
  }

  private static let shown = """
    CREATE MATERIALIZED VIEW m AS
    SELECT tags::text AS tags, count(*) AS n, sum(t::double precision) AS total,
           count(*) FILTER (WHERE seen > '2000-01-01 00:00:00+00') AS recent
    FROM events GROUP BY tumble(ts, INTERVAL '1 minute'), tags::text;
    """

  private static let hostile = [
    Event(minute: 0, tags: [("b", "2"), ("a", "1")]), Event(minute: 0, tags: [("a", "1"), ("b", "2")]),
    Event(minute: 0, tags: [("a", "0"), ("b", "2"), ("a", "1")], seen: .max - 1),
    Event(minute: 1, text: Array("1e-400".utf8)), Event(minute: 1), Event(minute: 2, tags: [("a", "\0")]),
    Event(minute: 2), Event(minute: 3, seen: .max), Event(minute: 3, seen: .min), Event(minute: 3),
    Event(minute: 4, text: Array("many".utf8)), Event(minute: 4, text: Array(" 0x10\n".utf8)),
  ]

  @Test("what a result would show is a dead letter with Postgres' own error, and spellings of one map are one key")
  func deadLetters() throws {
    let bench = try process(Self.shown, Self.hostile)
    #expect(
      try bench.rows("SELECT code FROM dead_letters ORDER BY record_offset") == [
        "NUMERIC_VALUE_OUT_OF_RANGE", "UNTRANSLATABLE_CHARACTER", "DATETIME_FIELD_OVERFLOW", "DATETIME_FIELD_OVERFLOW",
        "INVALID_TEXT_REPRESENTATION",
      ])
    #expect(
      try bench.rows("SELECT tags, n, total, recent FROM m ORDER BY window_start") == [
        #"{"a": "1", "b": "2"} 3 3 1"#, "{} 1 1 0", "{} 1 1 0", "{} 1 1 0", "{} 1 16 0",
      ])
    let report = try bench.recount(load)
    #expect(report.holds)
    #expect(report.aggregates[0].skipped == [])
    #expect(report.aggregates[0].windows == 5)
    #expect(try bench.verify().holds)
  }

  @Test("an event that was counted and that Postgres refuses costs its window the judgement, never the command")
  func refused() throws {
    let bench = try process(Self.shown, Self.hostile)
    // As if an older version had counted them.
    try bench.connection.execute("DELETE FROM dead_letters; UPDATE m SET recent = 7 WHERE total = 16")
    let report = try bench.recount(load)
    #expect(report.contradictions == [])
    let aggregate = try #require(report.aggregates.first)
    #expect(
      aggregate.skipped == [
        "1 window at 2026-01-01 00:03:00+00: they differ, and hold a date or a time that Postgres cannot",
        #"1 window at 2026-01-01 00:01:00+00: Postgres does not compute them: "1e-400" is out of range for type double "#
          + "precision (22003)",
        "1 window at 2026-01-01 00:04:00+00: Postgres does not compute them: invalid input syntax for type double "
          + #"precision: "many" (22P02)"#,
      ])
    #expect(aggregate.windows == 3)
    #expect(
      aggregate.differences == [
        "m of tags null, window 2026-01-01 00:02:00+00, the row: stored none, recounted there"
      ])
  }

  @Test("a computed result that would leave its type's range is NULL, and stops nothing")
  func computedResults() throws {
    let bench = try process(
      """
      CREATE MATERIALIZED VIEW m AS
      SELECT max(number) - min(number) AS spread, - min(number) AS negative, max(number) * 1000 AS thousandfold,
             min(number) / NULLIF(max(number), 0) AS ratio, max(size) * 2 AS twice, max(size) * min(size) AS area,
             sum(size) * sum(size) * sum(size) AS cube
      FROM events GROUP BY tumble(ts, INTERVAL '1 minute');
      """,
      [
        Event(minute: 0, number: .max), Event(minute: 0, number: .min), Event(minute: 1, number: -1),
        Event(minute: 1, number: .min), Event(minute: 2, number: 7, size: 1e130),
        Event(minute: 3, number: 5, size: 3), Event(minute: 4, number: 6, size: 1e-130),
      ])
    let rows = try bench.rows(
      """
      SELECT spread, negative, thousandfold, ratio, twice, round(log(NULLIF(area, 0))), cube FROM m
      ORDER BY window_start
      """)
    #expect(
      rows == [
        "NULL NULL NULL -1 0 NULL 0", "9223372036854775807 NULL -1000 NULL 0 NULL 0", "0 -7 7000 1 2e+130 260 NULL",
        "0 -5 5000 1 6 1 27", "0 -6 6000 1 2e-130 -260 NULL",
      ])
    #expect(try bench.rows("SELECT count(*) FROM dead_letters") == ["0"])
    let report = try bench.recount(load)
    #expect(report.holds)
    #expect(report.aggregates[0].windows == 1)
    #expect(report.aggregates[0].skipped.count == 3)
  }
}

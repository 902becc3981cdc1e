import Events
import Project
import Testing

@testable import Audit
@testable import ProcessingTestSupport

/// Columns of every type that can be declared, and the records' metadata: what a processor makes of them is what Postgres
/// makes of them.
@Suite(.serialized) struct DeclaredColumnsTests {
  private let scratch: ScratchProject
  private let load: Load

  init() throws {
    scratch = try ScratchProject()
    load = try Load()
    scratch.removeDefinitions()
  }

  /// Processes what was sent, so many records.
  private func process(_ count: Int) throws -> Bench {
    let bench = try Bench(project: try Project(folder: scratch.folder))
    try load.settle()
    try bench.process(count, of: load)
    return bench
  }

  @Test("JSON: keys and measures of every type, and metadata beside them")
  func json() throws {
    try scratch.write(
      "sql/streams/trips.sql",
      """
      CREATE FOREIGN TABLE trips (
        region integer NOT NULL, name varchar(5), vendor uuid, day date, at time OPTIONS (path 'ride.at'),
        local timestamp, flag boolean, big bigint OPTIONS (coerce 'true'), fare numeric(12,2), speed double precision,
        tags jsonb, made timestamptz OPTIONS (unit 'milliseconds') NOT NULL
      ) SERVER kafka OPTIONS (topic 'elsewhere', format 'json', event_time 'made');
      """)
    try scratch.write(
      "sql/aggregates/keys.sql",
      """
      CREATE MATERIALIZED VIEW keys AS
      SELECT region, name, vendor, day, at, local, flag, fare, big, count(*) AS n, sum(fare) AS fares,
             avg(fare) AS avg_fare, max(speed) AS speed, count(tags) AS tagged
      FROM trips GROUP BY tumble(made, INTERVAL '1 minute'), 1, 2, 3, 4, 5, 6, 7, 8, 9;
      """)
    try scratch.write(
      "sql/aggregates/places.sql",
      """
      CREATE MATERIALIZED VIEW places AS
      SELECT kafka.topic, kafka.partition, kafka.key, max(kafka.offset) AS last, min(trips.kafka.timestamp) AS first,
             count(*) FILTER (WHERE kafka.headers::text = '{"source": "b"}') AS from_b, count(kafka.headers) AS n,
             min(tags::text COLLATE "C") AS tags
      FROM trips WHERE kafka.offset > 2
      GROUP BY tumble(made, INTERVAL '1 minute'), kafka.topic, kafka.partition, kafka.key;
      """)
    let start = Download.start
    for index in 0..<300 {
      let document = """
        {"region": \(index % 3), "name": \(["null", "\"größe\"", "\"ab   \"", "\"abcdef\""][index % 4]), "extra": [1, {}],
         "vendor": "\(index % 2)23e4567-E89B-12d3-a456-426614174000", "day": "2026-01-0\(index % 3 + 1)",
         "ride": {"at": "08:0\(index % 2):00.5"}, "local": "2026-01-01T00:0\(index % 2):00", "flag": \(index % 2 == 0),
         "big": "\(index % 2)9000000000", "fare": \(index % 7).125, "speed": 1e\(index % 3),
         "tags": \(index % 5 == 0 ? "null" : "{\"b\": \(index % 2), \"a\": [1e2]}"),
         "made": \(start + Int64(index % 180) * 1000)}
        """
      let key: [UInt8]? = [nil, Array("k1".utf8), [0xFF], []][index % 4]
      let headers = (0..<index % 3).map { RecordHeader(name: "source", value: Array(["a", "b"][$0].utf8)) }
      try load.send(
        bytes: Array(document.utf8), to: Int32(index % 3), key: key, timestamp: start + Int64(index), headers: headers)
    }
    let bench = try process(300)
    // "abcdef" is too long for its column.
    #expect(
      try bench.rows("SELECT DISTINCT code, reason FROM dead_letters")
        == ["STRING_DATA_RIGHT_TRUNCATION name: a text of 6 characters where varchar(5) is declared"])
    #expect(try bench.rows("SELECT sum(n), sum(fares) > 0, sum(tagged) > 0 FROM keys") == ["225 t t"])
    #expect(try bench.rows("SELECT DISTINCT topic, from_b > 0 FROM places WHERE from_b > 0") == ["content-downloads t"])
    #expect(try bench.rows("SELECT DISTINCT coalesce(key, 'NULL') FROM places ORDER BY 1") == ["NULL", "k1"])
    let report = try bench.recount(load)
    #expect(report.holds, "\(report)")
    #expect(report.aggregates.map(\.windows) == [3, 3])
    #expect(report.aggregates.flatMap(\.skipped) == [])
    #expect(try bench.verify().holds)
  }

  @Test("CSV without a time of its own: the record's is the event's")
  func csv() throws {
    try scratch.write(
      "sql/streams/log.sql",
      """
      CREATE FOREIGN TABLE log (path text NOT NULL, status integer, bytes bigint) SERVER kafka OPTIONS (
        topic 'content-downloads', format 'csv', delimiter 'tab', null '-', event_time 'kafka.timestamp');
      """)
    try scratch.write(
      "sql/aggregates/hits.sql",
      """
      CREATE MATERIALIZED VIEW hits AS SELECT path, status, count(*) AS n, sum(bytes) AS bytes FROM log
      GROUP BY tumble(kafka.timestamp, INTERVAL '1 minute'), path, status;
      """)
    try scratch.write(
      "sql/aggregates/hits_by_hour.sql",
      """
      CREATE MATERIALIZED VIEW hits_by_hour AS
      SELECT path, sum(n) AS n, sum(bytes) FILTER (WHERE status = 200) AS good_bytes FROM hits
      GROUP BY tumble(window_start, INTERVAL '1 hour'), path;
      """)
    for index in 0..<100 {
      let line = "/\(index % 3)\t\(index % 2 == 0 ? "200" : "-")\t\(index)"
      try load.send(bytes: Array(line.utf8), to: Int32(index % 3), timestamp: Download.start + Int64(index) * 1000)
    }
    try load.send(bytes: Array("/x\t404".utf8), to: 0, timestamp: Download.start)
    let bench = try process(101)
    #expect(try bench.rows("SELECT sum(n), sum(bytes), count(DISTINCT window_start) FROM hits") == ["100 4950 2"])
    #expect(try bench.rows("SELECT code FROM dead_letters") == ["MALFORMED"])
    let report = try bench.recount(load)
    #expect(report.holds, "\(report)")
    #expect(report.aggregates.map(\.windows) == [2, 1])
    #expect(
      try bench.rows("SELECT path, n, good_bytes FROM hits_by_hour ORDER BY path")
        == ["/0 34 816", "/1 33 784", "/2 33 850"])
  }
}

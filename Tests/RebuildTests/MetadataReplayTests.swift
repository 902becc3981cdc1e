import Audit
import Events
import Kafka
import Postgres
import Project
import Storage
import Testing

@testable import ProcessingTestSupport
@testable import Rebuild

/// What records have beside their payload is the same when they are replayed: from dead letters, and from the topic.
@Suite(.serialized) struct MetadataReplayTests {
  private let scratch: ScratchProject
  private let load: Load

  init() throws {
    scratch = try ScratchProject()
    load = try Load()
    scratch.removeDefinitions()
    try scratch.write(
      "sql/aggregates/places.sql",
      """
      CREATE MATERIALIZED VIEW places AS
      SELECT kafka.topic, kafka.partition, kafka.offset, kafka.key, count(*) AS n, min(kafka.timestamp) AS at,
             min(kafka.headers::text COLLATE "C") AS headers, max(name COLLATE "C") AS name
      FROM rides GROUP BY tumble(made, INTERVAL '1 minute'), 1, 2, 3, 4;
      """)
  }

  private func project(nameLength: Int) throws -> Project {
    try scratch.write(
      "sql/streams/rides.sql",
      """
      CREATE FOREIGN TABLE rides (name varchar(\(nameLength)), made timestamptz OPTIONS (unit 'milliseconds') NOT NULL)
      SERVER kafka OPTIONS (topic 'another', format 'json', event_time 'made');
      """)
    return try Project(folder: scratch.folder)
  }

  @Test("keys, headers, times and places of dead letters are those of their records")
  func letters() throws {
    let bench = try Bench(project: try project(nameLength: 3))
    for index in 0..<6 {
      let name = index % 2 == 0 ? "abc" : "abcdef"
      try load.send(
        bytes: Array("{\"name\": \"\(name)\", \"made\": \(Download.start)}".utf8), to: Int32(index % 3),
        key: index == 5 ? nil : Array("k\(index)".utf8), timestamp: Download.start + Int64(index),
        headers: [RecordHeader(name: "h", value: Array("\(index)".utf8))])
    }
    try load.settle()
    let instance = try Instance(bench, load)
    try until("6 records", of: [instance]) {
      try bench.rows("SELECT coalesce(sum(next_offset), 0) FROM pulse.progress") == ["6"]
    }
    #expect(instance.stop() == "stopped")
    #expect(try bench.rows("SELECT count(*) FROM places") == ["3"])
    // The name that was too long is not, from now on.
    let wider = try project(nameLength: 10)
    let report = try LetterReplay(wider.streams[0].plan, wider.streams[0].makeDecoder(), bench.connection).replay(
      LetterFilter(stream: "rides"), now: Download.start * 1000)
    #expect(report.replayed == 3)
    let rows = try bench.rows(
      """
      SELECT topic, partition, "offset", key, n, (extract(epoch FROM at) * 1000)::bigint - \(Download.start), headers, name
      FROM places ORDER BY partition, "offset"
      """)
    let expected = (0..<6).map { index in
      let key = index == 5 ? "NULL" : "k\(index)"
      let name = index % 2 == 0 ? "abc" : "abcdef"
      return "content-downloads \(index % 3) \(index / 3) \(key) 1 \(index) {\"h\": \"\(index)\"} \(name)"
    }
    #expect(rows == [0, 3, 1, 4, 2, 5].map { expected[$0] })
    let kafka = KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers)
    #expect(try bench.recount(load, wider.streams[0]).holds)
    let connection = try PostgresConnection(bench.settings)
    defer { connection.close() }
    _ = try Replay(
      connection, wider.streams[0], aggregate: "places", kafka: kafka, topic: Bench.topic, group: "replay"
    ).run(from: nil)
    #expect(
      try bench.rows("SELECT count(*), min(topic), max(headers) FROM places") == ["6 content-downloads {\"h\": \"5\"}"])
    #expect(try bench.recount(load, wider.streams[0]).holds)
  }
}

import Audit
import Dataflow
import Events
import Faults
import Kafka
import Postgres
import Project
import Storage
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Rebuild

/// Streams that another engine goes on with, and that are taken back: the other engine is a second processor with a database
/// of its own, of which the rows of closed windows are copied.
@Suite(.blocking) struct HandoverTests {
  private static let definitions = [
    "minutes": #"tumble("timestamp", INTERVAL '1 minute')"#,
    "hops": #"hop("timestamp", INTERVAL '30 seconds', INTERVAL '2 minutes')"#,
    "visits": #"session("timestamp", INTERVAL '3 seconds', INTERVAL '1 minute')"#,
  ]
  private static let tables = ["minutes", "hops_state", "visits"]

  private let ours: Bench
  private let theirs: Bench
  private let load: Load
  private var kafka: KafkaConfiguration { KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers) }

  init() throws {
    let scratch = try ScratchProject()
    scratch.removeDefinitions("aggregates")
    scratch.removeDefinitions("endpoints")
    scratch.removeDefinitions("alerts")
    scratch.removeDefinitions("views")
    for (name, window) in Self.definitions {
      try scratch.write(
        "sql/aggregates/\(name).sql",
        """
        CREATE MATERIALIZED VIEW \(name) AS
        SELECT "user".region, count(*) AS n, max(content.title COLLATE "C") AS title
        FROM content_downloads GROUP BY \(window), "user".region;
        """)
    }
    let project = try Project(folder: scratch.folder)
    ours = try Bench(project: project)
    theirs = try Bench(project: project)
    load = try Load()
  }

  /// Ten minutes of event time in 3,000 events, of which some are 4 s late, in three partitions.
  private func send(_ numbers: Range<Int>) throws {
    for number in numbers {
      let time = Int64(number) * 200 - (number % 7 == 0 ? Int64(number * 7919 % 4_000) : 0)
      let bytes = Download(milliseconds: Download.start + max(0, time), region: "R\(number * 31 % 17)").encoded
      try load.send(bytes: bytes, to: Int32(number % 3))
    }
    try load.settle()
  }

  private func handOver() throws -> HandoverSurvey.Result {
    let survey = try HandoverSurvey(ours.connection, ours.project.streams[0].plan, kafka: kafka, topic: Bench.topic)
    return try ours.connection.transaction { try survey.handOver(to: "flink") }
  }

  private func takeBack(_ place: TakeBack.Place) throws -> TakeBack.Result {
    let handover = try Handovers(ours.connection).open().first
    let takeBack = try TakeBack(
      ours.connection, ours.project.streams[0], handover: handover, kafka: kafka, topic: Bench.topic,
      group: "handover", schemas: nil, limits: ReferenceLimits())
    return try ours.connection.transaction { try takeBack.run(place) }
  }

  private func rows(_ bench: Bench, _ table: String) throws -> [String] {
    try bench.rows("SELECT region, window_start, window_end, n, title FROM \(table) ORDER BY 1, 2")
  }

  /// Writes what the other engine has written by then: rows that begin at the boundary and whose windows have ended.
  private func write(_ boundaries: [String: Int64], until end: String) throws {
    for (name, table) in zip(["minutes", "hops", "visits"], Self.tables) {
      let found = try theirs.connection.query(
        """
        SELECT json_agg(json_build_object(
          'region', region, 'window_start', window_start, 'window_end', window_end, 'n', n, 'title', title))::text
        FROM \(table) WHERE window_end <= $1::timestamptz AND window_start >= $2
        """, [.text(end), .timestamptz(microseconds: boundaries[name] ?? .min)])
      _ = try ours.connection.query(
        """
        INSERT INTO \(table) (region, window_start, window_end, n, title)
        SELECT region, window_start, window_end, n, title FROM json_to_recordset($1::json)
          AS r (region text, window_start timestamptz, window_end timestamptz, n bigint, title text)
        ON CONFLICT (window_start, region) DO UPDATE SET n = excluded.n, title = excluded.title
        """, [.text(found[0, 0] ?? "[]")])
    }
  }

  private func expectTheSameRows() throws {
    for table in Self.tables {
      #expect(try rows(ours, table) == rows(theirs, table), "\(table)")
    }
  }

  @Test("over and back at the other's offsets: every row is whole, and the books are proven")
  func overAndBack() throws {
    try send(0..<1000)
    try ours.process(1000, of: load)
    let over = try handOver()
    // The watermark is at 3:14.8 of event time, less what events may be out of order by.
    #expect(over.shares.map(\.name).sorted() == ["hops", "minutes", "visits"])
    let boundaries = Dictionary(uniqueKeysWithValues: over.shares.map { ($0.name, $0.boundaryText) })
    #expect(boundaries["minutes"] == "2026-01-01 00:03:00+00")
    #expect(boundaries["visits"] == "2026-01-01 00:03:00+00")
    #expect(boundaries["hops"] == "2026-01-01 00:01:30+00")
    #expect(over.handover.positions.values.reduce(0, +) == 1000)
    let starts = over.handover.starts
    #expect(over.readAgain == over.handover.positions.reduce(0) { $0 + Int($1.value - (starts[$1.key] ?? -1)) })
    // Nobody claims a partition meanwhile, and what may be the other's is not judged.
    #expect(throws: PostgresError.self) {
      try ours.connection.query(
        "SELECT pulse.claim(stream, cluster, topic, ARRAY[partition], ARRAY[0::bigint], 'somebody') FROM pulse.progress"
      )
    }
    #expect(try ours.verify().holds)
    #expect(try ours.verify().handedOver.map(\.stream) == ["content_downloads"])

    try send(1000..<2000)
    try theirs.process(2000, of: load)
    // 6:34.8 at the end.
    try write(over.handover.boundaries, until: "2026-01-01T00:06:00Z")
    let back = try takeBack(.committed(group: "streampulse"))
    #expect(back.positions.values.reduce(0, +) == 2000)
    #expect(back.shares.first { $0.name == "minutes" }?.boundary == "2026-01-01 00:06:00+00")
    try expectTheSameRows()
    #expect(try ours.verify().checks.flatMap(\.violations) == [])

    try send(2000..<3000)
    for bench in [ours, theirs] {
      let instance = try Instance(bench, load)
      try until("all records", of: [instance]) {
        try bench.rows("SELECT sum(next_offset) FROM pulse.progress WHERE cluster NOT LIKE '% until %'") == ["3000"]
      }
      #expect(instance.stop() == "stopped")
    }
    try expectTheSameRows()
    let report = try ours.verify()
    #expect(report.checks.flatMap(\.violations) == [])
    #expect(report.gaps.count == 3 && report.gaps.allSatisfy { $0.contains("were read by Apache Flink") })
    let recount = try ours.recount(load)
    #expect(recount.contradictions + recount.aggregates.flatMap(\.differences) == [])
    #expect(recount.aggregates.allSatisfy { $0.skipped.contains { $0.contains("no longer holds") } })
  }

  @Test("back to our own positions: nothing of the other's rows stays, and a recount judges all")
  func anew() throws {
    try send(0..<1000)
    try ours.process(1000, of: load)
    let over = try handOver()
    try send(1000..<2000)
    try theirs.process(2000, of: load)
    try write(over.handover.boundaries, until: "2026-01-01T00:06:00Z")
    let back = try takeBack(.ownPositions)
    #expect(back.positions == over.handover.positions)
    let proven = try ours.verify()
    #expect(proven.checks.flatMap(\.violations) == [] && proven.gaps == [])
    try ours.process(2000, of: load)
    try expectTheSameRows()
    let recount = try ours.recount(load)
    #expect(recount.contradictions + recount.aggregates.flatMap { $0.differences + $0.skipped } == [])
  }

  @Test("where nothing says what to read again, the way over and the way back are refused by name")
  func refusals() throws {
    try send(0..<300)
    #expect(throws: PipelineError.self) { try takeBack(.committed(group: "nobody")) }
    try ours.process(300, of: load)
    // A segment from before what the topic holds, of a window that is open.
    try ours.connection.execute(
      """
      UPDATE pulse.ledger SET first_offset = first_offset - 10 WHERE partition = 1;
      UPDATE pulse.ledger_counts SET first_offset = first_offset - 10 WHERE partition = 1
      """)
    do {
      _ = try handOver()
      Issue.record("nothing was refused")
    } catch {
      #expect("\(error)".contains("no longer holds all records of the open windows of"))
      #expect("\(error)".contains("--without"))
    }
    #expect(try Handovers(ours.connection).open().isEmpty)
  }
}

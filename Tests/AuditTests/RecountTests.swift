import TestThreads
import Testing

@testable import Audit
@testable import ProcessingTestSupport

/// Recounts against the embedded broker and Postgres, with rows that a processor has made.
@Suite(.blocking) struct RecountTests {
  private let bench: Bench
  private let load: Load

  /// Some thousand events with dead letters among them, all of it processed.
  init() throws {
    bench = try Bench()
    load = try Load()
    try load.send(3000)
    for (index, bytes) in [nil, [], [1, 2, 3], Download(milliseconds: .max).encoded].enumerated() {
      try load.send(bytes: bytes, to: Int32(index % 3))
    }
    try load.send(1000)
    let instance = try Instance(bench, load)
    try until("4000 events") { try bench.rows("SELECT sum(total_downloads) FROM region_health") == ["4000"] }
    #expect(instance.stop() == "stopped")
  }

  @Test("what the processor has made is what Postgres computes")
  func holds() throws {
    let report = try bench.recount(load)
    #expect(report.contradictions == [])
    #expect(report.aggregates.flatMap(\.differences) == [])
    #expect(report.aggregates.flatMap(\.skipped) == [])
    #expect(report.aggregates.map(\.windows) == [3, 3, 0, 3])
    #expect(report.records == 4004)
    #expect(report.holds)
  }

  @Test("the ledger of another stream in the same database is nobody's doubt here")
  func otherProject() throws {
    try bench.connection.execute(
      """
      INSERT INTO pulse.progress (stream, cluster, topic, partition, next_offset, epoch, owner)
      VALUES ('orders', 'other', 'orders', 0, 10, 1, 'other');
      SELECT pulse.enter_ledger('orders', 'other', 'orders', '{0}', '{0}', '{0}', '{10}', '{10}', '{0}', '{0}', '{1}',
        '{2027-01-01T00:00:00Z}', '{0}', '{order_stats}', '{0}', '{10}', '{0}', '{0}', '{0}');
      """)
    let report = try bench.recount(load)
    #expect(report.aggregates.flatMap(\.skipped) == [])
    #expect(report.aggregates.map(\.windows) == [3, 3, 0, 3])
    #expect(report.holds)
    #expect(try bench.verify().holds)
  }

  @Test("exactly the tampered values are listed")
  func tampering() throws {
    try bench.connection.execute(
      """
      UPDATE region_health SET failed_downloads = failed_downloads + 1
      WHERE region = 'R1' AND window_start = '2026-01-01T00:01:00Z';
      UPDATE device_stats SET total_size_gb = total_size_gb + 0.001 WHERE window_start = '2026-01-01T00:00:00Z';
      UPDATE content_stats SET title = 'Other' WHERE content_id = 'c3' AND window_start = '2026-01-01T00:02:00Z';
      DELETE FROM content_stats WHERE content_id = 'c4' AND window_start = '2026-01-01T00:02:00Z';
      UPDATE content_stats SET content_id = 'c99' WHERE content_id = 'c5' AND window_start = '2026-01-01T00:02:00Z';
      """)
    let report = try bench.recount(load)
    #expect(!report.holds)
    let lines = report.aggregates.flatMap(\.differences)
    let start = "window 2026-01-01 00:0"
    #expect(
      lines.filter { $0.hasPrefix("content_stats") } == [
        "content_stats of content_id c3, \(start)2:00+00, title: stored Other, recounted Title",
        "content_stats of content_id c4, \(start)2:00+00, the row: stored none, recounted there",
        "content_stats of content_id c5, \(start)2:00+00, the row: stored none, recounted there",
        "content_stats of content_id c99, \(start)2:00+00, the row: stored there, recounted none",
      ])
    #expect(
      lines.filter { $0.hasPrefix("region_health") }
        == [
          "region_health of region R1, \(start)1:00+00, cancelled_downloads: stored -1, recounted 0",
          "region_health of region R1, \(start)1:00+00, failed_downloads: stored 1, recounted 0",
        ])
    #expect(lines.filter { $0.hasPrefix("device_stats") }.count == 1)
    #expect(lines.count == 7)
    #expect(report.differenceCount == 7)
  }

  @Test("the parts of a mean are looked at, also where the mean stays the same")
  func parts() throws {
    try bench.connection.execute(
      """
      UPDATE device_stats SET avg_speed_mbps_sum = avg_speed_mbps_sum * 2, successful_downloads = successful_downloads * 2
      WHERE window_start = '2026-01-01T00:00:00Z'
      """)
    let lines = try bench.recount(load).aggregates.flatMap(\.differences)
    #expect(lines.count == 3)
    #expect(lines.contains { $0.contains("avg_speed_mbps_sum: ") })
    #expect(lines.contains { $0.contains("cancelled_downloads: ") })
    #expect(!lines.contains { $0.contains("avg_speed_mbps: ") })
  }

  @Test("windows that records were counted in which the topic does not hold are named and not judged")
  func lost() throws {
    // As if an older log had been counted before: its records reach into the second of the three windows.
    try bench.connection.execute(
      """
      INSERT INTO pulse.ledger (cluster, topic, partition, first_offset, next_offset, consumed, missing, dead, epoch,
        latest_event, stream)
      VALUES ('old', 'content-downloads', 0, 0, 10, 10, 0, 0, 1, '2026-01-01T00:01:30Z', 'content_downloads');
      UPDATE region_health SET total_size_gb = 7
      """)
    let region = try #require(try bench.recount(load).aggregates.first { $0.name == "region_health" })
    #expect(
      region.skipped == [
        "2 windows from 2026-01-01 00:00:00+00 to 2026-01-01 00:01:00+00: the topic no longer holds all their records"
      ])
    #expect(region.windows == 1)
    #expect(region.differenceCount == 5)
    #expect(region.differences.allSatisfy { $0.contains("window 2026-01-01 00:02:00+00, total_size_gb: stored 7") })
  }

  @Test("windows that retention has removed are not missed")
  func retired() throws {
    try bench.connection.execute(
      """
      DELETE FROM region_health WHERE window_end <= '2026-01-01T00:01:00Z';
      INSERT INTO pulse.retired (aggregate, horizon, events) VALUES ('region_health', '2026-01-01T00:01:00Z', 1)
      """)
    let region = try #require(try bench.recount(load).aggregates.first { $0.name == "region_health" })
    #expect(region.differences == [])
    #expect(region.windows == 2)
  }

  @Test("a record that cannot be decoded and is no dead letter is named")
  func forgottenDeadLetter() throws {
    try bench.connection.execute("DELETE FROM dead_letters WHERE code = 'TOMBSTONE'")
    let report = try bench.recount(load)
    #expect(report.contradictions.count == 1)
    #expect(report.contradictions.first?.contains("TOMBSTONE") == true)
    #expect(!report.holds)
  }

  @Test("a record that WHERE cannot be computed of is a dead letter, and no failure of the recount")
  func deadByFilter() throws {
    let scratch = try ScratchProject()
    let path = "sql/aggregates/device_stats.sql"
    let project = try scratch.change(path, "s/^GROUP BY/WHERE 1 \\/ (content.size_gb::integer - 7) <> 9\\n&/")
    let (bench, load) = (try Bench(project: project), try Load())
    try load.send(20)
    try load.send(bytes: Download(size: 7).encoded, to: 0)
    try load.send(20)
    let instance = try Instance(bench, load, project: project)
    try until("40 events") { try bench.rows("SELECT sum(total_downloads) FROM device_stats") == ["40"] }
    #expect(instance.stop() == "stopped")
    #expect(try bench.rows("SELECT count(*) FROM dead_letters") == ["1"])
    #expect(try bench.recount(load).holds)
  }

  @Test("a running processor is judged by the positions of one moment")
  func besideAProcessor() throws {
    let instance = try Instance(bench, load)
    for round in 1...3 {
      try load.send(2000)
      let report = try bench.recount(load)
      #expect(report.contradictions == [])
      #expect(report.aggregates.flatMap(\.differences) == [], "round \(round)")
    }
    #expect(instance.stop() == "stopped")
  }
}

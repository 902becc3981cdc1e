import Events
import Kafka
import Postgres
import TestThreads
import Testing
import Threads

@testable import ProcessingTestSupport

/// Processors against the embedded broker and Postgres. Each test has a broker, a database and threads of its own.
@Suite(.blocking) struct ProcessorTests {
  private let bench: Bench
  private let load: Load

  init() throws {
    bench = try Bench()
    load = try Load()
  }

  private var total: Int { get throws { try bench.total } }

  private func expectExact() throws { try bench.expectExact(load) }

  @Test("events are counted once across a stop and a start")
  func restart() throws {
    for _ in 0..<2 {
      try load.send(3000)
      let instance = try Instance(bench, load)
      try until("progress") { try total > 0 }
      #expect(instance.stop() == "stopped")
      #expect(try bench.verify().holds)
    }
    let instance = try Instance(bench, load)
    try expectExact()
    #expect(instance.stop() == "stopped")
    try expectExact()
  }

  @Test("two instances share the topic, and every event is counted once while they come and go")
  func sharing() throws {
    let first = try Instance(bench, load)
    try load.send(2000)
    let second = try Instance(bench, load)
    try until("a shared topic", of: [first, second]) {
      try load.send(100)
      return !second.processor.status.current.partitions.isEmpty && !first.processor.status.current.partitions.isEmpty
        && first.processor.status.current.partitions.count + second.processor.status.current.partitions.count == 3
    }
    try load.send(2000)
    try expectExact()
    #expect(first.stop() == "stopped")
    try load.send(2000)
    try expectExact()
    #expect(second.stop() == "stopped")
    try expectExact()
  }

  @Test("an instance that is fenced gives up what is not committed and counts everything once")
  func fence() throws {
    let instance = try Instance(bench, load)
    try load.send(100)
    try until("progress") { try total > 0 }
    for count in 1...2 {
      try bench.connection.execute("UPDATE pulse.progress SET epoch = epoch + 1")
      try until("fence \(count)") {
        try load.send(100)
        return instance.observations.filter { if case .fenced = $0 { true } else { false } }.count >= count
      }
      try until("a new worker") {
        try bench.rows("SELECT 1 FROM pulse.ledger WHERE epoch > \(2 * count)").isEmpty == false
      }
    }
    try expectExact()
    #expect(instance.stop() == "stopped")
    try expectExact()
  }

  @Test("with its connection killed again and again, every event is counted once")
  func killedConnections() throws {
    let instance = try Instance(bench, load)
    try load.send(100)
    try until("progress") { try total > 0 }
    var kills = 0
    try until("10 killed connections") {
      try load.send(200)
      kills += try bench.rows(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'streampulse process' AND \(Bench.sessionIsHere)
        """
      ).count
      return kills >= 10
    }
    try expectExact()
    try until("a healthy status") {
      try load.send(10)
      return instance.processor.status.current.databaseProblem == nil
    }
    try expectExact()
    #expect(instance.stop() == "stopped")
  }

  @Test("malformed records become dead letters between good ones")
  func deadLetters() throws {
    let instance = try Instance(bench, load)
    let bad: [[UInt8]?] = [nil, [], [1, 2, 3], Array(Download().encoded.dropLast()), Download(region: "a\0b").encoded]
    for (index, bytes) in bad.enumerated() {
      try load.send(100)
      try load.send(
        bytes: bytes, to: Int32(index % 3), timestamp: index % 2 == 0 ? .max / 2 : 0,
        headers: [RecordHeader(name: "h", value: [0, 1])])
    }
    try load.send(100)
    try until("5 dead letters") { try bench.rows("SELECT count(*) FROM dead_letters") == ["5"] }
    try expectExact()
    #expect(try bench.rows("SELECT DISTINCT headers->0->>'value' FROM dead_letters") == ["0001"])
    #expect(instance.stop() == "stopped")
  }

  @Test("a partition whose log ends before its position is held, the others go on, and the way on works while it runs")
  func truncatedLog() throws {
    try load.send(30)
    let first = try Instance(bench, load)
    try expectExact()
    #expect(first.stop() == "stopped")
    try bench.connection.execute("UPDATE pulse.progress SET next_offset = next_offset + 100 WHERE partition = 1")
    let second = try Instance(bench, load)
    try until("a held partition") { second.processor.status.current.held[1] != nil }
    let text = try #require(second.processor.status.current.held[1])
    #expect(text.contains("ends at offset 10, but everything up to 110 is already counted"))
    try load.send(10, to: 0)
    try until("the others") { try total == 40 }
    try bench.connection.execute("UPDATE pulse.progress SET next_offset = next_offset - 100 WHERE partition = 1")
    try bench.connection.execute(wayOn(text))
    try until("the partition again") { try total == 50 }
    #expect(second.processor.status.current.held == [:])
    #expect(second.stop() == "stopped")
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
  }

  @Test("a partition whose last counted record is another one now is held, although its log is longer")
  func replacedLog() throws {
    try load.send(30)
    let first = try Instance(bench, load)
    try expectExact()
    #expect(first.stop() == "stopped")
    // Another broker under the same identity is what a topic looks like that was made anew.
    let other = try Load()
    for partition in 0..<3 as Range<Int32> {
      for _ in 0..<20 { try other.send(bytes: Download(region: "elsewhere").encoded, to: partition) }
    }
    try other.settle()
    for table in ["progress", "ledger", "ledger_counts"] {
      try bench.connection.execute("UPDATE pulse.\(table) SET cluster = '\(other.broker.identity.id)'")
    }
    let second = try Instance(bench, other)
    try until("held partitions") { second.processor.status.current.held.count == 3 }
    let held = second.processor.status.current.held
    for partition in [0, 1, 2] as [TopicPartition] {
      #expect(held[partition]?.contains("holds another record at offset 9 than the one that was counted") == true)
    }
    #expect(try total == 30)
    for partition in [0, 1, 2] as [TopicPartition] {
      try bench.connection.execute(wayOn(#require(held[partition])))
    }
    try until("the new log") { try total == 30 + 60 }
    #expect(second.stop() == "stopped")
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
  }

  @Test("the last counted record is read again at a start without being taken for a repeat")
  func sameLog() throws {
    for _ in 0..<2 {
      try load.send(30)
      let instance = try Instance(bench, load)
      try expectExact()
      #expect(instance.stop() == "stopped")
      #expect(!instance.observations.contains { if case .repeatsDropped = $0 { true } else { false } })
    }
    #expect(try bench.rows("SELECT count(*) FROM pulse.progress WHERE last_record IS NOT NULL") == ["3"])
  }

  @Test("records that the broker dropped before they were read are a recorded gap")
  func expired() throws {
    let load = try Load(properties: [(name: "compression.codec", value: "none")])
    let cluster = load.broker.identity.id
    try bench.connection.execute(
      "SELECT pulse.claim('content_downloads', '\(cluster)', '\(Bench.topic)', '{0}', '{0}', 'test')")
    // The embedded broker keeps about 5 MB of a partition.
    let event = Download(title: String(repeating: "x", count: 10_000)).encoded
    for _ in 0..<1500 { try load.send(bytes: event, to: 0) }
    try load.settle()
    let instance = try Instance(bench, load)
    try until("the last record") {
      try bench.rows("SELECT next_offset FROM pulse.progress WHERE partition = 0") == ["1500"]
    }
    #expect(instance.stop() == "stopped")
    let report = try bench.verify()
    #expect(report.checks.flatMap(\.violations) == [])
    #expect(report.gaps.count == 1)
    #expect(report.gaps.first?.hasSuffix("are missing in the broker (expired)") == true)
    #expect(
      try bench.rows("SELECT alert_type, severity, metric_value FROM alerts")
        == bench.rows("SELECT 'RECORDS_EXPIRED', 'CRITICAL', missing FROM pulse.ledger WHERE missing > 0"))
    #expect(try bench.rows("SELECT sum(consumed + missing) FROM pulse.ledger WHERE partition = 0") == ["1500"])
    #expect(try total == report.consumed)
  }

  @Test("a stop does not wait for somebody's lock, and nothing is lost by it")
  func stopWhileLocked() throws {
    let instance = try Instance(bench, load)
    try load.send(300)
    try until("progress") { try total > 0 }
    let other = try PostgresConnection(bench.settings)
    try other.execute("BEGIN; LOCK TABLE region_health")
    try load.send(300)
    try until("a commit that waits") {
      try bench.rows(
        """
        SELECT 1 FROM pg_stat_activity
        WHERE application_name = 'streampulse process' AND wait_event_type = 'Lock' AND \(Bench.sessionIsHere)
        """
      ).isEmpty == false
    }
    #expect(instance.stop() == "stopped")
    try other.execute("ROLLBACK")
    other.close()
    let second = try Instance(bench, load)
    try expectExact()
    #expect(second.stop() == "stopped")
  }

  @Test("a problem of the database is taken back by the worker that comes after")
  func recoveredHealth() throws {
    let instance = try Instance(bench, load)
    try load.send(30)
    try until("progress") { try total > 0 }
    try bench.connection.execute("ALTER TABLE region_health RENAME TO away")
    try load.send(30)
    try until("a problem") { instance.processor.status.current.databaseProblem != nil }
    try bench.connection.execute("UPDATE pulse.progress SET epoch = epoch + 1")
    try until("a new worker") {
      instance.observations.contains { if case .workAbandoned = $0 { true } else { false } }
    }
    try bench.connection.execute("ALTER TABLE away RENAME TO region_health")
    try until("health") { instance.processor.status.current.databaseProblem == nil }
    try expectExact()
    #expect(instance.stop() == "stopped")
  }

  @Test("an event of a fast clock is counted, said once, and closes no window of the others")
  func fastClock() throws {
    let instance = try Instance(bench, load)
    let now = Clock.wallMilliseconds()
    for hours in [0, 23, 22] as [Int64] {
      for partition in Int32(0)..<Load.partitions {
        try load.send(bytes: Download(milliseconds: now + hours * 3_600_000).encoded, to: partition)
      }
      try load.settle()
    }
    try until("the events") { try total == 9 }
    try until("a watermark") { try bench.rows("SELECT 1 FROM pulse.progress WHERE watermark IS NOT NULL").count == 3 }
    #expect(try bench.rows("SELECT bool_and(watermark <= now() + INTERVAL '61 s') FROM pulse.progress") == ["t"])
    #expect(instance.observations.filter { if case .eventsAhead = $0 { true } else { false } }.count == 1)
    #expect(instance.stop() == "stopped")
    #expect(try bench.verify().holds)
  }

  @Test("a setting that librdkafka refuses ends the processor with a message")
  func invalidSetting() throws {
    let instance = try Instance(bench, load, properties: [(name: "no.such.property", value: "1")])
    #expect(instance.end()?.contains("no.such.property") == true)
  }
}

import Observability
import Plan
import Postgres
import Processing
import Storage
import TestThreads
import Testing
import Threads

@testable import Office
@testable import ProcessingTestSupport

/// Minutes count from `Download.start`; the watermark is what decides, never the clock.
@Suite(.blocking) struct WatchTests {
  private let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private func time(_ minute: Int) -> Int64 { (Download.start + Int64(minute) * 60_000) * 1000 }

  /// Five events of a region in a minute, some of them failed.
  private func events(_ region: String, minute: Int, failed: Int) -> [Download] {
    (0..<5).map { Download(minute: minute, region: region, status: $0 < failed ? "failed" : "success") }
  }

  /// What is new of the alert on error rates when the watermark reaches that minute.
  private func evaluate(_ minute: Int) throws -> [String] {
    try outcome(minute).observations.compactMap {
      if case .alertRaised(_, let severity, let key, _) = $0 { "\(key) \(severity)" } else { nil }
    }
  }

  /// What one portion comes to, with the watermark at that minute.
  private func outcome(_ minute: Int) throws -> AlertEvaluator.Outcome {
    try AlertEvaluator(
      bench.connection, cluster: Bench.cluster, stream: "content_downloads", alerts: bench.project.alerts,
      aggregates: bench.plan.aggregates
    )
    .evaluate([errorRate], watermark: time(minute))
  }

  private var errorRate: AlertPlan {
    get throws { try #require(bench.project.alerts.first { $0.name == "HIGH_ERROR_RATE" }) }
  }

  private var alerts: [String] {
    get throws {
      try bench.rows(
        """
        SELECT region, extract(minute FROM window_start AT TIME ZONE 'UTC')::int, severity FROM alerts ORDER BY 2, 1
        """)
    }
  }

  @Test("an alert is raised when its window has closed, once per key and window")
  func once() throws {
    try bench.commit(0, events("A", minute: 0, failed: 2) + events("B", minute: 0, failed: 0))
    #expect(try evaluate(0) == [])
    #expect(try evaluate(1) == [#"{"region": "A"} CRITICAL"#])
    #expect(try evaluate(1) == [])
    try bench.commit(0, events("B", minute: 1, failed: 1))
    #expect(try evaluate(2) == [#"{"region": "B"} CRITICAL"#])
    try bench.connection.execute("UPDATE pulse.alert_progress SET evaluated_until = '-infinity'")
    #expect(try evaluate(2) == [])
    #expect(try alerts == ["A 0 CRITICAL", "B 1 CRITICAL"])
  }

  @Test("what is behind is judged in portions, the oldest first, and gaps without windows cost nothing")
  func portions() throws {
    try bench.commit(0, events("A", minute: 0, failed: 5) + events("A", minute: 30, failed: 5))
    try bench.commit(0, events("A", minute: 500_000, failed: 5))
    var severities: [Int] = []
    var hasMore = true
    while hasMore, severities.count < 10 {
      let outcome = try outcome(500_001)
      severities.append(outcome.observations.filter { if case .alertRaised = $0 { true } else { false } }.count)
      hasMore = outcome.hasMore
    }
    #expect(severities == [1, 1, 1])
  }

  @Test("an alert that is defined later begins at the present watermark; on another cluster it goes on")
  func beginning() throws {
    try bench.connection.execute("DELETE FROM pulse.alert_progress")
    try bench.commit(0, events("A", minute: 0, failed: 5), watermark: time(3))
    _ = try Migrator(bench.connection) { _ in }.migrate(bench.project)
    #expect(try evaluate(4) == [])
    try bench.commit(0, events("B", minute: 4, failed: 5), watermark: time(5))
    #expect(try evaluate(5) == [#"{"region": "B"} CRITICAL"#])
    try bench.connection.execute("UPDATE pulse.alert_progress SET cluster = 'former' WHERE cluster <> ''")
    try bench.commit(0, events("C", minute: 2, failed: 5), watermark: time(5))
    try bench.commit(0, events("D", minute: 5, failed: 5), watermark: time(6))
    #expect(try evaluate(6) == [#"{"region": "D"} CRITICAL"#])
  }

  @Test("partitions that are idle and never had an event say nothing of time: no row is too old")
  func nothingReadYet() throws {
    try advance(0, minute: nil, isIdle: true)
    let watch = Watch(
      bench.plan, alerts: bench.project.alerts, topic: Bench.topic, database: bench.settings,
      cluster: { Bench.cluster }, observe: { _ in })
    #expect(try watch.watermark(bench.connection, Bench.cluster) == nil)
    try advance(0, minute: 3, isIdle: true)
    #expect(try watch.watermark(bench.connection, Bench.cluster) != nil)
  }

  @Test("a window that an event of a fast clock seems to close is not judged before the server's clock has passed it")
  func notBeforeTheClock() throws {
    let now = Int(try bench.rows("SELECT extract(epoch FROM now())::bigint")[0]) ?? 0
    let minute = (now - Int(Download.start / 1000)) / 60 + 5
    try bench.commit(0, events("A", minute: minute, failed: 5), watermark: time(minute + 100))
    try bench.commit(0, events("B", minute: 0, failed: 5))
    try watching {
      try until("the alert of the past") { try alerts == ["B 0 CRITICAL"] }
    }
    #expect(
      try bench.rows("SELECT bool_and(evaluated_until <= now()) FROM pulse.alert_progress WHERE cluster <> ''") == ["t"]
    )
  }

  @Test("a window with too few samples is not judged")
  func samples() throws {
    try bench.commit(0, [Download(status: "failed")])
    #expect(try evaluate(5) == [])
    #expect(try alerts == [])
  }

  @Test("when nothing has closed since, nothing is judged, and the progress stays")
  func noNews() throws {
    try bench.commit(0, events("A", minute: 0, failed: 5))
    #expect(try evaluate(3).count == 1)
    #expect(try evaluate(2) == [])
    #expect(
      try bench.rows(
        "SELECT DISTINCT extract(epoch FROM evaluated_until)::bigint FROM pulse.alert_progress WHERE cluster <> ''")
        == ["\(time(3) / 1_000_000)"])
  }

  /// Runs a watch until `body` is done.
  private func watching(_ log: Log = Log(), _ body: () throws -> Void) throws {
    let watch = Watch(
      bench.plan, alerts: bench.project.alerts, topic: Bench.topic,
      database: bench.settings.with("application_name", "streampulse watch"),
      cluster: { Bench.cluster }, observe: { log.append($0) })
    let thread = try WorkerThread(name: "watch") { watch.run() }
    defer {
      watch.stop()
      thread.join()
    }
    try body()
  }

  /// Commits a watermark alone.
  private func advance(_ partition: Int32, minute: Int?, isIdle: Bool = false) throws {
    var checkpoint = try bench.checkpoint(bench.claim(partition)[0], [], watermark: minute.map(time))
    checkpoint.advances[0].isIdle = isIdle
    try bench.commit(checkpoint)
  }

  /// Until when windows have been judged, in minutes.
  private var judged: [String] {
    get throws {
      try bench.rows(
        """
        SELECT DISTINCT (extract(epoch FROM evaluated_until)::bigint - \(Download.start / 1000)) / 60
        FROM pulse.alert_progress WHERE cluster <> ''
        """
      )
    }
  }

  @Test("a partition that is neither idle nor has had an event holds all windows open; an idle one holds none")
  func idlePartitions() throws {
    try bench.commit(0, events("A", minute: 0, failed: 5), watermark: time(4))
    try advance(1, minute: nil)
    try watching {
      try until("a round of the watch") {
        try bench.rows(
          """
          SELECT 1 FROM pg_stat_activity
          WHERE application_name = 'streampulse watch' AND state = 'idle' AND \(Bench.sessionIsHere)
          """
        ).isEmpty == false
      }
      #expect(try alerts == [])
      try advance(1, minute: nil, isIdle: true)
      try until("the alert") { try alerts == ["A 0 CRITICAL"] }
      #expect(try judged == ["4"])
      // Partition 1 has been silent since minute 2, and partition 0 goes on.
      try advance(1, minute: 2, isIdle: true)
      try advance(0, minute: 7)
      try until("the windows of partition 0") { try judged == ["7"] }
      // Now both are silent.
      try advance(0, minute: 9, isIdle: true)
      try until("the last windows") { try judged == ["9"] }
    }
  }

  @Test("retention removes what ended longer before the watermark than is kept, and the ledger still adds up")
  func retention() throws {
    let week = 7 * 1440
    try bench.commit(0, events("A", minute: 0, failed: 0) + events("A", minute: 1, failed: 0), watermark: time(1))
    try bench.commit(0, events("A", minute: week + 2, failed: 0), watermark: time(week + 2))
    try watching {
      try until("the removal") { try bench.rows("SELECT count(*) FROM region_health") == ["2"] }
      try until("the others' removal") { try bench.rows("SELECT count(*) FROM pulse.retired") == ["3"] }
    }
    #expect(try bench.rows("SELECT DISTINCT events FROM pulse.retired") == ["5"])
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
    // A late event makes the row again: it is counted, and removed again later.
    try bench.commit(0, events("A", minute: 0, failed: 0))
    #expect(try bench.verify().holds)
  }

  @Test("an alert that fails is said once and keeps neither the others nor retention from their work")
  func failingAlert() throws {
    try bench.commit(0, events("A", minute: 0, failed: 0), watermark: time(20_000))
    try bench.connection.execute("ALTER TABLE alerts RENAME TO away; ALTER TABLE pulse.alert_progress RENAME TO away")
    let log = Log()
    try watching(log) {
      try until("retention") { try bench.rows("SELECT count(*) FROM region_health") == ["0"] }
    }
    // Beside them others may have been said: old alerts cannot be removed either, and the server may be slow.
    let reasons = log.observations.compactMap { if case .watchFailed(let reason) = $0 { reason } else { nil } }
    for alert in bench.project.alerts {
      let said = reasons.filter { $0.hasPrefix("\(alert.name): ") && $0.contains("does not exist") }
      #expect(said.count == 1, "\(reasons)")
    }
  }

  @Test("after its connection is killed another is elected, and goes on")
  func killed() throws {
    let rounds = 3
    try watching {
      for round in 1...rounds {
        try advance(0, minute: round)
        try until("round \(round)") { try judged == ["\(round)"] }
        _ = try bench.rows(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'streampulse watch' AND \(Bench.sessionIsHere)
          """)
      }
    }
  }

  @Test("a stop does not wait for somebody's lock")
  func stopWhileLocked() throws {
    try bench.commit(0, events("A", minute: 0, failed: 5), watermark: time(3))
    let other = try PostgresConnection(bench.settings)
    try other.execute("BEGIN; LOCK TABLE region_health")
    let clock = ContinuousClock()
    var began = clock.now
    try watching {
      try until("a statement that waits") {
        try bench.rows(
          """
          SELECT 1 FROM pg_stat_activity
          WHERE application_name = 'streampulse watch' AND wait_event_type = 'Lock' AND \(Bench.sessionIsHere)
          """
        ).isEmpty == false
      }
      began = clock.now
    }
    #expect(clock.now - began < .seconds(60))
    try other.execute("ROLLBACK")
    other.close()
  }
}

import Postgres
import TestThreads
import Testing

@testable import Office
@testable import ProcessingTestSupport

/// What evaluation writes down: one row for as long as something is wrong, one incident for one cause, and messages.
@Suite(.blocking) struct IncidentTests {
  private let twenty = (1...20).map { "R\($0)" }

  @Test("bad windows in a row are one alert, which grows and is over once")
  func oneAlert() throws {
    let bench = try AlertBench(AlertBench.errorRate("notify: chat"))
    for (minute, failed) in [0, 20, 60, 30, 1, 0].enumerated() {
      try bench.store("A", minute: minute, failed: failed)
      try bench.evaluate(minute + 1)
    }
    #expect(try bench.alerts == ["A CRITICAL 1-4 3 resolved"])
    #expect(
      try bench.bench.rows("SELECT metric_value, threshold_value, peak_value, message, region FROM alerts")
        == ["0.6 0.5 0.6 A: 60.0 % A"])
    #expect(try bench.incidents == ["CRITICAL resolved 1"])
    #expect(
      try bench.notifications == ["chat firing 1 WARNING 1", "chat updated 1 CRITICAL 1", "chat resolved 1 CRITICAL 1"])
  }

  @Test("regions that fail within two windows are one incident, whose members are told together")
  func outage() throws {
    let bench = try AlertBench(AlertBench.errorRate("notify: chat, pager"))
    for minute in 0..<8 {
      for (index, region) in twenty.enumerated() {
        let isBad = minute >= 2 + index % 2 && minute < 5
        try bench.store(region, minute: minute, failed: isBad ? 20 : 0)
      }
      try bench.evaluate(minute + 1)
    }
    #expect(try bench.alerts.count == 20)
    #expect(try bench.incidents == ["WARNING resolved 20"])
    #expect(
      try bench.notifications.filter { $0.hasPrefix("chat") } == [
        "chat firing 1 WARNING 10", "chat resolved 1 WARNING 20",
      ])
    #expect(
      try bench.bench.rows("SELECT payload ->> 'title' FROM pulse.notifications WHERE target = 'chat' ORDER BY id")
        == ["ERRORS: R1 and 9 more", "ERRORS: R1 and 19 more"])
  }

  @Test("what fails at another time is another incident")
  func apart() throws {
    let bench = try AlertBench(AlertBench.errorRate())
    for minute in 0..<10 {
      try bench.store("A", minute: minute, failed: (1...8).contains(minute) ? 20 : 0)
      try bench.store("B", minute: minute, failed: minute == 6 ? 20 : 0)
      try bench.evaluate(minute + 1)
    }
    #expect(try bench.incidents == ["WARNING resolved 1", "WARNING resolved 1"])
  }

  @Test("group_by parts what fails at the same time")
  func grouped() throws {
    let bench = try AlertBench(AlertBench.errorRate("group_by: region"))
    for region in ["A", "B"] { try bench.store(region, minute: 0, failed: 20) }
    try bench.evaluate(1)
    #expect(try bench.incidents == ["WARNING firing 1", "WARNING firing 1"])
  }

  @Test("alerts of different types about the same key are one incident")
  func sameKey() throws {
    let slow = """
      -- name: SLOW
      -- summary: Slow.
      -- on: region_health
      -- metric: speed
      -- detector: threshold below WARNING 5
      -- message: {region} is slow
      SELECT region, window_start, window_end, avg_speed_mbps AS value FROM region_health;
      """
    let bench = try AlertBench(AlertBench.errorRate("notify: chat"), slow)
    try bench.store("A", minute: 0, failed: 20)
    try bench.store("B", minute: 0, failed: 0)
    try bench.evaluate(1)
    for minute in 1...5 {
      try bench.store("A", minute: minute, failed: 20, speed: minute == 5 ? 1 : 10)
      try bench.store("B", minute: minute, failed: 0)
      try bench.evaluate(minute + 1)
    }
    #expect(try bench.incidents == ["WARNING firing 2"])
    #expect(try bench.notifications == ["chat firing 1 WARNING 1", "chat updated 1 WARNING 2"])
  }

  @Test("nobody hears of what is silenced; when the silence ends before it does, it is told")
  func silenced() throws {
    let bench = try AlertBench(AlertBench.errorRate("notify: chat"))
    let rows = { try bench.bench.rows($0) }
    _ = try rows(#"SELECT pulse.silence_alerts('{"region": "A"}', now() + interval '1 hour', 'me')"#)
    for (minute, region) in ["A", "A", "A"].enumerated() {
      try bench.store(region, minute: minute, failed: 20)
      try bench.evaluate(minute + 1)
    }
    #expect(try bench.alerts == ["A WARNING 0-3 3 firing"])
    #expect(try bench.notifications == [])
    _ = try rows("SELECT pulse.unsilence_alerts(1, 'me')")
    try bench.store("A", minute: 3, failed: 20)
    try bench.evaluate(4)
    #expect(try bench.notifications == ["chat firing 1 WARNING 1"])
  }

  @Test("an acknowledged alert that gets worse, or fires again, is open again")
  func reopened() throws {
    let bench = try AlertBench(AlertBench.errorRate("cooldown: 10 minutes"))
    let acknowledged = { try bench.bench.rows("SELECT acknowledged_by FROM alerts") }
    let acknowledge = { _ = try bench.bench.rows("SELECT pulse.acknowledge_alert(id, 'me') FROM alerts") }
    var minute = 0
    func pass(failed: Int) throws {
      try bench.store("A", minute: minute, failed: failed)
      minute += 1
      try bench.evaluate(minute)
    }
    try pass(failed: 12)
    try acknowledge()
    try pass(failed: 12)
    #expect(try acknowledged() == ["me"])
    try pass(failed: 60)
    #expect(try bench.alerts == ["A CRITICAL 0-3 3 firing"])
    #expect(try acknowledged() == ["NULL"])
    try acknowledge()
    try pass(failed: 0)
    #expect(try acknowledged() == ["me"])
    try pass(failed: 60)
    #expect(try bench.alerts == ["A CRITICAL 0-5 4 firing"])
    #expect(try acknowledged() == ["NULL"])
  }

  @Test("a silence that comes again is over for good once somebody ends it, between two of its times, too")
  func endsRecurring() throws {
    let bench = try AlertBench(AlertBench.errorRate("notify: chat"))
    let rows = { try bench.bench.rows($0) }
    _ = try rows(
      """
      INSERT INTO pulse.silences (matcher, starts_at, ends_at, every, created_by)
      VALUES ('{}', now() - interval '50 hours', now() - interval '49 hours', '1 day', 'me')
      """)
    #expect(try rows("SELECT pulse.unsilence_alerts(1, 'you')") == ["t"])
    #expect(try rows("SELECT ended_by FROM pulse.silences") == ["you"])
    #expect(try rows("SELECT pulse.is_silenced('E', 'WARNING', '{}', now() + interval '23 hours')") == ["f"])
    #expect(try rows("SELECT pulse.unsilence_alerts(1, 'you')") == ["f"])
  }

  @Test(
    "a silence matches by members of the key, type and severity, at its time and again and again",
    arguments: [
      (#"{}"#, "now() - interval '1 minute'", "1 hour", "NULL", true),
      (#"{"alert_type": "E", "severity": "WARNING"}"#, "now() - interval '1 minute'", "1 hour", "NULL", true),
      (#"{"alert_type": "F"}"#, "now() - interval '1 minute'", "1 hour", "NULL", false),
      (#"{"shop": "7"}"#, "now() - interval '1 minute'", "1 hour", "NULL", true),
      (#"{"shop": 8}"#, "now() - interval '1 minute'", "1 hour", "NULL", false),
      (#"{"region": "A"}"#, "now() - interval '1 minute'", "1 hour", "NULL", false),
      (#"{}"#, "now() + interval '1 minute'", "1 hour", "NULL", false),
      (#"{}"#, "now() - interval '2 hours'", "1 hour", "NULL", false),
      (#"{}"#, "now() - interval '49 hours'", "2 hours", "'1 day'", true),
      (#"{}"#, "now() - interval '51 hours'", "2 hours", "'1 day'", false),
    ])
  func silences(_ matcher: String, _ start: String, _ length: String, _ every: String, _ isSilenced: Bool) throws {
    let bench = try Bench()
    try bench.connection.execute(
      """
      INSERT INTO pulse.silences (matcher, starts_at, ends_at, every, created_by)
      VALUES ('\(matcher)', \(start), \(start) + interval '\(length)', \(every), 'me')
      """)
    #expect(
      try bench.rows(#"SELECT pulse.is_silenced('E', 'WARNING', '{"shop": 7}', now())"#) == [isSilenced ? "t" : "f"])
  }

  @Test("an alert that is inhibited by another one of its key is kept and not told")
  func inhibited() throws {
    let bench = try AlertBench(
      AlertBench.errorRate("notify: chat", "group_by: region"),
      AlertBench.errorRate("notify: pager", "inhibits: ERRORS", "group_by: region", name: "MORE_ERRORS"))
    try bench.store("A", minute: 0, failed: 20)
    try bench.evaluate(1)
    #expect(try bench.alerts.count == 2)
    #expect(try bench.notifications.map { $0.prefix(12) } == ["pager firing"])
  }

  @Test("what fails again within the cooldown is the same alert and incident, and told again")
  func cooldown() throws {
    let bench = try AlertBench(AlertBench.errorRate("notify: chat", "cooldown: 10 minutes"))
    for (minute, failed) in [20, 0, 0, 20, 0, 0, 0].enumerated() {
      try bench.store("A", minute: minute, failed: failed)
      try bench.evaluate(minute + 1)
    }
    #expect(try bench.alerts == ["A WARNING 0-4 2 resolved"])
    #expect(try bench.incidents == ["WARNING resolved 1"])
    #expect(
      try bench.notifications.map { $0.split(separator: " ")[1] } == ["firing", "resolved", "firing", "resolved"])
  }

  @Test("late events that revise a closed window have it judged again")
  func revised() throws {
    let bench = try AlertBench(AlertBench.errorRate())
    for minute in 0..<3 {
      try bench.store("A", minute: minute, failed: 0)
      try bench.evaluate(minute + 1)
    }
    try bench.store("A", minute: 1, failed: 30)
    try bench.store("A", minute: 3, failed: 0)
    try bench.evaluate(4)
    #expect(try bench.alerts == ["A WARNING 1-2 1 resolved"])
    try bench.store("A", minute: 4, failed: 30)
    try bench.evaluate(5)
    try bench.store("A", minute: 4, failed: 0)
    try bench.store("A", minute: 5, failed: 0)
    try bench.evaluate(6)
    #expect(try bench.alerts == ["A WARNING 1-2 1 resolved", "A WARNING 4-5 0 resolved"])
    #expect(
      try bench.bench.rows("SELECT reason FROM alerts ORDER BY id") == ["NULL", "late events have taken it back"])
  }

  @Test("with backfill a new alert judges what is stored, and tells nobody of it")
  func backfill() throws {
    let bench = try AlertBench(AlertBench.errorRate("notify: chat", "backfill: 1 hour"))
    for minute in 0..<200 { try bench.store("A", minute: minute, failed: minute % 50 == 0 ? 20 : 0) }
    // Nothing had been read when it was defined.
    try bench.bench.connection.execute("DELETE FROM pulse.alert_progress")
    try bench.evaluate(199)
    #expect(try bench.alerts == ["A WARNING 150-151 1 resolved"])
    for minute in [199, 200] {
      try bench.store("A", minute: minute, failed: 20)
      try bench.evaluate(minute + 1)
    }
    #expect(try bench.notifications == ["chat firing 2 WARNING 1"])
  }

  @Test("a key that goes silent is found, and so is the stream; what the stream's silence hides is not told")
  func silence() throws {
    let bench = try AlertBench(
      """
      -- name: QUIET
      -- summary: Nothing comes.
      -- on: region_health
      -- metric: downloads
      -- detector: silence WARNING 3, CRITICAL 6
      -- notify: chat
      -- message: nothing in {region} for {threshold} minutes
      SELECT region, window_start, window_end, total_downloads AS value FROM region_health;
      """)
    for minute in 0..<30 {
      try bench.store("A", minute: minute, failed: 0)
      if minute < 20 { try bench.store("B", minute: minute, failed: 0) }
      try bench.evaluate(minute + 1)
      try bench.evaluateStream(minute + 1)
    }
    #expect(try bench.alerts == ["B CRITICAL 22-30 8 firing"])
    #expect(try bench.bench.rows("SELECT message FROM alerts") == ["nothing in B for 6 minutes"])
    // Events that are still to be read are no silence.
    for minute in 31..<36 { try bench.evaluateStream(minute, isIdle: false) }
    #expect(try bench.alerts.count == 1)
    for minute in 36..<45 { try bench.evaluateStream(minute) }
    #expect(try bench.alerts.contains { $0.contains("NULL") && $0.hasSuffix("firing") })
    #expect(
      try bench.bench.rows("SELECT message FROM alerts WHERE key = '{}'") == [
        "nothing in the whole stream for 6 minutes"
      ])
    for minute in 45..<50 {
      for region in ["A", "B"] { try bench.store(region, minute: minute, failed: 0) }
      try bench.evaluate(minute + 1)
      try bench.evaluateStream(minute + 1)
    }
    #expect(try bench.alerts.allSatisfy { $0.hasSuffix("resolved") })
    #expect(try bench.incidents == ["CRITICAL resolved 2"] || bench.incidents == ["CRITICAL resolved 3"])
  }

  @Test("a key without a row has the value of `missing`")
  func missing() throws {
    let bench = try AlertBench(
      """
      -- name: FEW
      -- summary: Too few.
      -- on: region_health
      -- metric: downloads
      -- detector: threshold below WARNING 10
      -- missing: 0
      -- message: {value} in {region}
      SELECT region, window_start, window_end, total_downloads AS value FROM region_health;
      """)
    for minute in 0..<5 {
      try bench.store("A", minute: minute, failed: 0)
      if minute != 3 { try bench.store("B", minute: minute, failed: 0) }
      try bench.evaluate(minute + 1)
    }
    #expect(try bench.alerts == ["B WARNING 3-4 1 resolved"])
    #expect(try bench.bench.rows("SELECT message FROM alerts") == ["0 in B"])
  }

  @Test("an alert that is no longer defined is over")
  func retired() throws {
    let bench = try AlertBench(AlertBench.errorRate("notify: chat"))
    try bench.store("A", minute: 0, failed: 20)
    try bench.evaluate(1)
    let later = AlertEvaluator(
      bench.bench.connection, cluster: Bench.cluster, stream: "content_downloads", alerts: [],
      aggregates: bench.bench.plan.aggregates)
    try later.retire()
    #expect(try bench.alerts == ["A WARNING 0-1 1 resolved"])
    #expect(try bench.notifications.map { $0.split(separator: " ")[1] } == ["firing", "resolved"])
  }

  @Test("only so many keys are remembered: those of which nothing has come for longest are forgotten")
  func bounded() throws {
    var journal = AlertJournal(until: 0, toldFrom: nil, lookedAt: nil, isNew: false, keys: [:])
    for key in 0..<AlertJournal.maximumKeys + 10 {
      var state = KeyState(for: .silence([]))
      state.seen = Int64(key)
      journal.keys["\(key)"] = state
    }
    let gone = journal.forget(before: 1000, step: 60)
    #expect(gone.map { Int($0.key) ?? -1 }.sorted() == Array(0..<10))
    #expect(journal.keys.count == AlertJournal.maximumKeys)
  }

  /// An alert when one error code makes most of a region's downloads fail.
  private static let cdnFailure = """
    -- name: CDN_FAILURE
    -- summary: One error code makes most of a region's downloads fail.
    -- on: region_errors
    -- metric: failure_share
    -- detector: threshold above WARNING 0.10, CRITICAL 0.20
    -- min_samples: 5
    -- message: {error_code} fails {value:percent} of the downloads in {region}
    SELECT e.region, e.error_code, e.window_start, e.window_end,
           e.failed_downloads::double precision / r.total_downloads AS value,
           e.failed_downloads AS samples
    FROM region_errors AS e JOIN region_health AS r USING (region, window_start)
    WHERE 2 * e.failed_downloads > r.failed_downloads;
    """

  @Test(
    "one error code that dominates a region is found, in one incident with the region's error rate, and named as its cause"
  )
  func dominated() throws {
    let bench = try AlertBench(AlertBench.errorRate(), Self.cdnFailure)
    for minute in 0..<15 {
      let failures = minute == 14 ? [("CDN_TIMEOUT", 40), ("DISK_FULL", 2)] : [("CDN_TIMEOUT", 2), ("DISK_FULL", 3)]
      try bench.store("A", minute: minute, failed: failures.reduce(0) { $0 + $1.1 })
      try bench.store("B", minute: minute, failed: 4)
      for (region, code, count) in failures.map({ ("A", $0.0, $0.1) }) + [("B", "DISK_FULL", 2), ("B", "OTHER", 2)] {
        _ = try bench.bench.connection.query(
          """
          INSERT INTO region_errors (region, error_code, window_start, window_end, failed_downloads)
          VALUES ($1, $2, $3, $3::timestamptz + INTERVAL '1 minute', $4)
          """,
          [
            .text(region), .text(code), .timestamptz(microseconds: AlertBench.start + Int64(minute) * 60_000_000),
            .bigint(Int64(count)),
          ])
      }
      try bench.evaluate(minute + 1)
    }
    let alerts = try bench.bench.rows("SELECT alert_type, message, reason FROM alerts ORDER BY alert_type")
    #expect(
      alerts == [
        "CDN_FAILURE CDN_TIMEOUT fails 40.0 % of the downloads in A NULL",
        "ERRORS A: 42.0 % 100.0 % of the rise of failed_downloads is error_code=CDN_TIMEOUT (40, usually 2)",
      ])
    #expect(try bench.incidents == ["CRITICAL firing 2"])
  }
}

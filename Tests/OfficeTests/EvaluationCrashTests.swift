import Postgres
import TestThreads
import Testing

@testable import Office
@testable import ProcessingTestSupport

/// The evaluation's connection dies at every single write, and whoever comes after goes on.
@Suite(.blocking) struct EvaluationCrashTests {
  private static let minutes = 30

  /// Two regions that fail and recover, a late event, and much of the lifecycle.
  private func run(_ minute: Int, _ bench: AlertBench) throws {
    for (index, region) in ["A", "B", "C"].enumerated() {
      let isBad = (minute / 4 + index) % 3 == 0 && minute > 3
      try bench.store(region, minute: minute, failed: isBad ? 20 + minute : 0)
    }
    if minute == 17 { try bench.store("A", minute: 15, failed: 90) }
  }

  private func outcome(_ bench: AlertBench) throws -> [String] {
    // Numbers of incidents have gaps after a crash, as every sequence has.
    try bench.alerts + bench.incidents
      + bench.bench.rows(
        "SELECT target, event, dense_rank() OVER (ORDER BY incident), payload - 'incident' FROM pulse.notifications ORDER BY id"
      )
      + bench.bench.rows("SELECT alert, key, phase, last_window, md5(state) FROM pulse.alert_states ORDER BY 1, 2")
      + bench.bench.rows("SELECT alert, cluster, evaluated_until FROM pulse.alert_progress ORDER BY 1, 2")
  }

  private func makeBench() throws -> AlertBench {
    try AlertBench(
      AlertBench.errorRate("notify: chat, pager", "for: 2 windows"),
      AlertBench.errorRate("notify: mail", "keep_firing: 1 windows", "cooldown: 3 minutes", name: "MORE"))
  }

  @Test("a crash between any two writes repeats nothing and skips nothing")
  func everyWrite() throws {
    let reference = try makeBench()
    for minute in 0..<Self.minutes {
      try run(minute, reference)
      try reference.evaluate(minute + 1)
    }
    let bench = try makeBench()
    let fatal = try FatalWrites(
      bench.bench,
      to: ["alerts", "pulse.incidents", "pulse.notifications", "pulse.alert_states", "pulse.alert_progress"],
      each: "ROW")
    var crashes = 0
    for minute in 0..<Self.minutes {
      try run(minute, bench)
      var write = 0
      while true {
        write += 1
        try fatal.kill(at: write)
        do {
          try bench.evaluate(minute + 1, on: PostgresConnection(bench.bench.settings))
          break
        } catch let error as PostgresError {
          #expect(error.isConnectionLost, "\(error)")
          crashes += 1
        }
        guard write < 100 else {
          Issue.record("it never comes to an end")
          return
        }
      }
    }
    #expect(crashes > 200)
    let (actual, expected) = (try outcome(bench), try outcome(reference))
    #expect(actual == expected)
  }
}

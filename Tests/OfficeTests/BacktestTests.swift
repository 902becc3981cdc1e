import TestThreads
import Testing

@testable import Office
@testable import ProcessingTestSupport

/// What a definition would have found in windows that are stored.
@Suite(.blocking) struct BacktestTests {
  private func time(_ minute: Int) -> Int64 { AlertBench.start + Int64(minute) * 60_000_000 }

  @Test("a definition finds in stored windows what it would have raised, and writes nothing")
  func found() throws {
    let bench = try AlertBench(AlertBench.errorRate("for: 2 windows"))
    for minute in 0..<600 {
      let isBad = (100..<105).contains(minute) || (300..<310).contains(minute)
      try bench.store("A", minute: minute, failed: isBad ? 20 : 1)
      try bench.store("B", minute: minute, failed: (101..<104).contains(minute) ? 60 : 0)
    }
    let alert = try #require(bench.bench.project.alerts.first)
    let report = try Backtest(alert, bench.bench.connection).run(from: time(10), until: time(600))
    #expect(
      report.occurrences.map { "\($0.key) \($0.severity) \($0.windows) \($0.peak) \($0.incident)" } == [
        #"{"region": "A"} WARNING 5 0.2 1"#, #"{"region": "B"} CRITICAL 3 0.6 1"#, #"{"region": "A"} WARNING 10 0.2 2"#,
      ])
    #expect(report.occurrences.map(\.start) == [time(100), time(101), time(300)])
    #expect(report.occurrences.map(\.end) == [time(106), time(105), time(311)])
    #expect(report.incidents == 2)
    #expect(report.windows == 590)
    #expect(report.keys == 2)
    let curve = try #require(report.curves[#"{"region": "A"}"#])
    #expect(curve.values.count == Backtest.columns)
    #expect(curve.isFiring.contains(true) && curve.isFiring.contains(false))
    #expect(try bench.bench.rows("SELECT count(*) FROM alerts") == ["0"])
    #expect(try bench.bench.rows("SELECT count(*) FROM pulse.alert_states") == ["0"])
  }

  @Test("windows that are missing are found however many there are, and what goes on is over")
  func missingWindows() throws {
    let bench = try AlertBench(
      AlertBench.errorRate("missing: 1", "for: 150 windows"), AlertBench.errorRate(name: "PLAIN"))
    for minute in [0, 1, 399] { try bench.store("A", minute: minute, failed: minute == 399 ? 20 : 0) }
    let found = try bench.bench.project.alerts.map { alert in
      try Backtest(alert, bench.bench.connection).run(from: time(0), until: time(600)).occurrences.map {
        "\(alert.name) \($0.windows) \($0.start == time(2)) \($0.end == time(401))"
      }
    }
    #expect(found == [["ERRORS 598 true false"], ["PLAIN 1 false true"]])
  }

  @Test("of two definitions each finds its own")
  func compared() throws {
    let bench = try AlertBench(AlertBench.errorRate())
    for minute in 0..<20 { try bench.store("A", minute: minute, failed: minute == 7 ? 20 : 0) }
    let other = try bench.bench.project.alert(AlertBench.errorRate("for: 2 windows"), path: "draft.sql")
    let found = try Backtest(#require(bench.bench.project.alerts.first), bench.bench.connection).run(
      from: time(0), until: time(20))
    #expect(found.incidents == 1)
    #expect(try Backtest(other, bench.bench.connection).run(from: time(0), until: time(20)).incidents == 0)
  }
}

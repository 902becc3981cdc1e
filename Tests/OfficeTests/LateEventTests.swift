import TestThreads
import Testing

@testable import Office
@testable import ProcessingTestSupport

/// Events that come when their window has been judged, or should have been.
@Suite(.blocking) struct LateEventTests {
  @Test("a late event in a window after all that a key had is an alert with an end")
  func afterAllWindows() throws {
    let bench = try AlertBench(AlertBench.errorRate("notify: chat"))
    try bench.store("A", minute: 0, failed: 0)
    for minute in 1...10 { try bench.evaluate(minute) }
    try bench.store("A", minute: 5, failed: 60)
    try bench.evaluate(11)
    #expect(try bench.alerts == ["A CRITICAL 5-6 1 resolved"])
    #expect(try bench.bench.rows("SELECT resolved_at::time FROM alerts") == ["00:07:00"])
    #expect(try bench.incidents == ["CRITICAL resolved 1"])
    #expect(try bench.bench.rows("SELECT DISTINCT phase FROM pulse.alert_states") == ["quiet"])
  }

  @Test("one of a key whose windows had too few samples to be judged is an alert with an end")
  func afterSmallWindows() throws {
    let bench = try AlertBench(AlertBench.errorRate("min_samples: 50"))
    try bench.store("A", minute: 0, failed: 0, of: 3)
    try bench.evaluate(1)
    try bench.store("A", minute: 0, failed: 60)
    try bench.evaluate(2)
    try bench.evaluate(3)
    #expect(try bench.alerts == ["A CRITICAL 0-1 1 resolved"])
  }

  @Test("one between windows that were judged is an alert that the windows after it end")
  func betweenWindows() throws {
    let bench = try AlertBench(AlertBench.errorRate("keep_firing: 1 windows"))
    for minute in 0..<8 where minute != 3 {
      try bench.store("A", minute: minute, failed: 0)
      try bench.evaluate(minute + 1)
    }
    try bench.store("A", minute: 3, failed: 20)
    try bench.store("A", minute: 8, failed: 0)
    try bench.evaluate(9)
    #expect(try bench.alerts == ["A WARNING 3-4 1 resolved"])
    #expect(try bench.bench.rows("SELECT resolved_at::time FROM alerts") == ["00:06:00"])
  }

  @Test("a key of which only windows come that say too little fires no longer than one of which none come")
  func smallWindowsAfterwards() throws {
    let bench = try AlertBench(AlertBench.errorRate("min_samples: 50", "missing: 0"))
    try bench.store("A", minute: 0, failed: 60)
    try bench.evaluate(1)
    #expect(try bench.alerts == ["A CRITICAL 0-1 1 firing"])
    for minute in 1..<5 {
      try bench.store("A", minute: minute, failed: 0, of: 3)
      try bench.evaluate(minute + 1)
    }
    #expect(try bench.alerts == ["A CRITICAL 0-1 1 resolved"])
  }

  @Test("an event that comes late breaks the silence of its key")
  func silence() throws {
    let bench = try AlertBench(
      """
      -- name: SILENT
      -- summary: Nothing comes.
      -- on: region_health
      -- metric: downloads
      -- detector: silence WARNING 3, CRITICAL 10
      -- message: {region} is silent
      SELECT region, window_start, window_end, total_downloads AS value FROM region_health;
      """)
    for minute in 0..<24 {
      try bench.store("B", minute: minute, failed: 0)
      if minute < 15 { try bench.store("A", minute: minute, failed: 0) }
      try bench.evaluate(minute + 1)
      if minute == 18 { #expect(try bench.alerts == ["A WARNING 17-19 2 firing"]) }
      // Of the minutes 15 to 18.
      if minute == 19 { try bench.store("A", minute: 18, failed: 0) }
      if minute == 20 { #expect(try bench.alerts == ["A WARNING 17-20 3 resolved"]) }
    }
    // Nothing has come of the minutes from 19 on.
    #expect(try bench.alerts == ["A WARNING 17-20 3 resolved", "A WARNING 21-24 3 firing"])
  }
}

import Glibc
import Plan
import Postgres
import Synthesis
import TestThreads
import Testing

@testable import Office
@testable import ProcessingTestSupport

/// The shipped alerts over simulated traffic: twenty regions, minutes of events that come by chance, with the rhythm of a
/// day. Fixed seeds.
@Suite(.blocking) struct ShippedAlertsTests {
  /// Traffic of twenty regions.
  private struct Traffic {
    static let regions = (0..<20).map { "Region \($0)" }
    let seed: UInt64

    struct Minute {
      var total: Int
      var failed: Int
      var speed: Double
      /// Of all failures; nil: each has one by chance.
      var errorCode: String?
    }

    /// What fails on an ordinary day, and how often of a hundred times.
    static let errorCodes = [
      ("NETWORK_TIMEOUT", 32), ("CONNECTION_RESET", 22), ("STORAGE_FULL", 15), ("SERVER_ERROR", 12),
      ("CHECKSUM_MISMATCH", 8), ("AUTH_EXPIRED", 6), ("LICENSE_DENIED", 5),
    ]

    /// How many of a minute's failures each code has.
    func failures(_ minute: Minute, at number: Int, region: Int) -> [String: Int] {
      if let code = minute.errorCode { return [code: minute.failed] }
      var random = RandomNumbers(seed: seed ^ 0xe7707, index: UInt64(number * 64 + region))
      var failures: [String: Int] = [:]
      for _ in 0..<minute.failed {
        var place = Int(random.next(below: 100))
        let code = Self.errorCodes.first { code in
          place -= code.1
          return place < 0
        }
        failures[code?.0 ?? "OTHER", default: 0] += 1
      }
      return failures
    }

    func minute(_ minute: Int, region: Int) -> Minute {
      var random = RandomNumbers(seed: seed, index: UInt64(minute * 64 + region))
      // The busiest has about 400 downloads a minute at noon, the least about 20 at night.
      let size = 400 / Double(region / 2 + 1)
      let phase = Double((minute + region * 20) % 1440) / 1440
      let rhythm = 1 + 0.5 * Self.wave(phase)
      let total = Self.count(size * rhythm, &random)
      let share = region % 7 == 0 ? 0.04 : 0.02
      let speed = (80 + Double(region)) * (1 - 0.1 * Self.wave(phase))
      return Minute(
        // As the demo load has it, no ordinary minute is worth an alert.
        total: total, failed: min(Int(Double(total) * 0.08), Self.count(Double(total) * share, &random)),
        speed: speed * (1 + 0.4 / Double(max(total, 1)).squareRoot() * Self.normal(&random)))
    }

    /// A smooth wave from -1 to 1 that needs no library: parabolas.
    private static func wave(_ phase: Double) -> Double {
      let x = phase < 0.5 ? phase * 4 - 1 : 3 - phase * 4
      return x * (1.5 - 0.5 * x * x)
    }

    private static func normal(_ random: inout RandomNumbers) -> Double {
      (0..<12).reduce(-6) { sum, _ in sum + Double(random.next(below: 1 << 30)) / Double(1 << 30) }
    }

    /// About Poisson: normal with a variance of the mean.
    private static func count(_ mean: Double, _ random: inout RandomNumbers) -> Int {
      max(0, Int((mean + mean.squareRoot() * normal(&random)).rounded()))
    }
  }

  private struct Row {
    var region: Int
    var minute: Traffic.Minute
    var failures: [String: Int] = [:]
  }

  /// Stores one minute of all regions in one statement.
  private func store(_ bench: AlertBench, _ minute: Int, _ rows: [Row]) throws {
    var (regions, totals, failed, speeds) = (
      PostgresArray(.text), PostgresArray(.bigint), PostgresArray(.bigint), PostgresArray(.doublePrecision)
    )
    for row in rows where row.minute.total > 0 {
      regions.append(Traffic.regions[row.region])
      totals.append(Int64(row.minute.total))
      failed.append(Int64(row.minute.failed))
      speeds.append(row.minute.speed)
    }
    _ = try bench.bench.connection.query(
      """
      INSERT INTO region_health (region, window_start, window_end, total_downloads, successful_downloads,
        failed_downloads, avg_speed_mbps_sum, avg_duration_seconds_sum, total_size_gb)
      SELECT d.region, $1, $1::timestamptz + INTERVAL '1 minute', d.total, d.total - d.failed, d.failed,
             (d.total - d.failed) * d.speed, d.total * 10, d.total
      FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::float8[]) AS d (region, total, failed, speed)
      """,
      [
        .timestamptz(microseconds: AlertBench.start + Int64(minute) * 60_000_000), .array(regions), .array(totals),
        .array(failed), .array(speeds),
      ])
    (regions, failed) = (PostgresArray(.text), PostgresArray(.bigint))
    var codes = PostgresArray(.text)
    for row in rows {
      for (code, count) in row.failures {
        regions.append(Traffic.regions[row.region])
        codes.append(code)
        failed.append(Int64(count))
      }
    }
    _ = try bench.bench.connection.query(
      """
      INSERT INTO region_errors (region, error_code, window_start, window_end, failed_downloads)
      SELECT d.region, d.code, $1, $1::timestamptz + INTERVAL '1 minute', d.failed
      FROM unnest($2::text[], $3::text[], $4::bigint[]) AS d (region, code, failed)
      """,
      [
        .timestamptz(microseconds: AlertBench.start + Int64(minute) * 60_000_000), .array(regions), .array(codes),
        .array(failed),
      ])
  }

  /// Plays so many minutes, and judges each when it has ended.
  private func play(
    _ minutes: Range<Int>, _ bench: AlertBench, seed: UInt64 = 1,
    change: (_ minute: Int, _ region: Int, _ traffic: inout Traffic.Minute) -> Void = { _, _, _ in }
  ) throws {
    let traffic = Traffic(seed: seed)
    for minute in minutes {
      var rows: [Row] = []
      for region in Traffic.regions.indices {
        var row = Row(region: region, minute: traffic.minute(minute, region: region))
        change(minute, region, &row.minute)
        row.failures = traffic.failures(row.minute, at: minute, region: region)
        rows.append(row)
      }
      try store(bench, minute, rows)
      try bench.evaluate(minute + 1)
      try bench.evaluateStream(minute + 1)
    }
  }

  /// Minutes of normal traffic: hours in every run, a whole day where there is time (`make test-deep`).
  private static let normalMinutes =
    getenv("ALERT_MINUTES").flatMap { Int(String(cString: $0)) } ?? 120

  @Test("normal traffic over twenty regions gives at most one false alarm")
  func normalTraffic() throws {
    let bench = try AlertBench()
    try play(0..<Self.normalMinutes, bench)
    let alerts = try bench.bench.rows(
      "SELECT alert_type, key, window_start, severity, windows, message FROM alerts WHERE alert_type <> 'HIGH_ERROR_RATE'"
    )
    let incidents = try bench.incidents
    #expect(incidents.count <= 1, "\(alerts.joined(separator: "\n"))")
  }

  @Test("a staged incident is one incident, at most a window after it is to be seen, and is over once")
  func stagedIncident() throws {
    let bench = try AlertBench()
    // As the demo load's: for 90 seconds 60 % of the downloads of one region fail, which takes time and is slow.
    try play(0..<150, bench) { minute, region, traffic in
      guard region == 3, minute == 120 || minute == 121 else { return }
      let share = minute == 120 ? 0.6 : 0.3
      traffic.failed = Int(Double(traffic.total) * share)
      traffic.errorCode = "SERVICE_UNAVAILABLE"
    }
    // The code is the reason; that it is also an alert of its own is no message.
    let alerts = try bench.bench.rows(
      """
      SELECT alert_type, windows, state, reason LIKE '%rise of failed_downloads is error_code=SERVICE_UNAVAILABLE %'
      FROM alerts ORDER BY alert_type
      """)
    #expect(alerts == ["CDN_FAILURE 2 resolved NULL", "HIGH_ERROR_RATE 2 resolved t"])
    let incidents = try bench.bench.rows(
      "SELECT severity, state, started_at, resolved_at FROM pulse.incidents ORDER BY id")
    #expect(incidents == ["CRITICAL resolved 2026-01-01 02:00:00+00 2026-01-01 02:03:00+00"])
  }

  @Test("one error code that fails few of a region's downloads, but most of those that fail, is found by itself")
  func errorCode() throws {
    let bench = try AlertBench()
    try play(0..<130, bench) { minute, region, traffic in
      guard region == 1, (120..<125).contains(minute) else { return }
      traffic.failed = Int(Double(traffic.total) * 0.08)
      traffic.errorCode = "CDN_TIMEOUT"
    }
    #expect(
      try bench.bench.rows("SELECT alert_type, key, severity, windows, state FROM alerts") == [
        #"CDN_FAILURE {"region": "Region 1", "error_code": "CDN_TIMEOUT"} WARNING 5 resolved"#
      ])
  }

  @Test("a region that becomes slow, one of which less comes and one of which more comes are found, each by its alert")
  func changes() throws {
    let bench = try AlertBench()
    try play(0..<140, bench) { minute, region, traffic in
      guard (120..<130).contains(minute) else { return }
      switch region {
      case 1: traffic.speed *= 0.4
      case 2: (traffic.total, traffic.failed) = (traffic.total / 4, traffic.failed / 4)
      case 4: (traffic.total, traffic.failed) = (traffic.total * 3, traffic.failed * 3)
      default: break
      }
    }
    let alerts = try bench.bench.rows(
      "SELECT alert_type, region, state, reason LIKE 'expected %' FROM alerts ORDER BY alert_type, region")
    #expect(
      alerts == [
        "SLOW_DOWNLOADS Region 1 resolved t", "TRAFFIC_DROP Region 2 resolved t", "TRAFFIC_SPIKE Region 4 resolved t",
      ])
  }

  @Test("an outage of all regions is one incident, and so is a silence of the stream")
  func outage() throws {
    let bench = try AlertBench()
    try play(0..<180, bench) { minute, _, traffic in
      if (120..<130).contains(minute) { traffic.failed = Int(Double(traffic.total) * 0.7) }
    }
    var incidents = try bench.incidents
    #expect(incidents.count == 1, "\(incidents)")
    #expect(incidents.allSatisfy { $0.contains("resolved") })
    // Nothing comes for a quarter of an hour.
    for minute in 180..<195 { try bench.evaluateStream(minute + 1) }
    try play(195..<240, bench)
    incidents = try bench.incidents
    #expect(incidents.count == 2, "\(incidents)")
    #expect(incidents.allSatisfy { $0.contains("resolved") })
  }
}

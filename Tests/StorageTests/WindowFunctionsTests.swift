import Plan
import Postgres
import Project
import SystemTimeZones
import TestThreads
import Testing
import TimeZones

@testable import ProcessingTestSupport
@testable import Storage

/// The engine's windows against the functions of the same names in the database.
@Suite(.blocking) struct WindowFunctionsTests {
  private static let day: Int64 = 86_400_000_000
  private let connection: PostgresConnection

  init() throws {
    connection = try PostgresConnection(TestCluster.makeDatabase())
    _ = try Migrator(connection) { _ in }.migrate(Project(folder: repository))
    // Whatever the session's zone is.
    try connection.execute("SET TIME ZONE 'America/Los_Angeles'")
  }

  /// Seeded, so that a failure comes again.
  private struct Random {
    var state: UInt64

    mutating func time(_ range: ClosedRange<Int64>) -> Int64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let width = UInt64(range.upperBound - range.lowerBound)
      return range.lowerBound + Int64(state.multipliedFullWidth(by: width).high)
    }
  }

  /// An instant at which the zone's offset changes after the time, to the microsecond; nil when there is none soon.
  private func change(of zone: ZoneRules, after time: Int64) -> Int64? {
    let offset = zone.local(of: time) - time
    var (low, high) = (time, time + 200 * Self.day)
    guard zone.local(of: high) - high != offset else { return nil }
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if zone.local(of: middle) - middle == offset { low = middle } else { high = middle }
    }
    return high
  }

  @Test("windows of the calendar begin and end where Postgres says, in all zones and around changes of their clocks")
  func calendar() throws {
    var random = Random(state: 14)
    // 1850 to 2150, the whole of time now and then.
    let usual: ClosedRange<Int64> = -3_786_000_000_000_000...5_681_000_000_000_000
    let lengths: [CalendarWindows.Length] = [.days(1), .days(7), .months(1), .months(3), .months(12), .months(5)]
    var zones = PostgresArray(.text)
    var intervals = PostgresArray(.text)
    var times = PostgresArray(.timestamptz)
    var starts = PostgresArray(.timestamptz)
    var ends = PostgresArray(.timestamptz)
    var count = 0
    for name in ZoneDatabase.names {
      let zone = try #require(ZoneDatabase.rules(named: name))
      var instants = (0..<5).map { _ in random.time(usual) }
      instants.append(random.time(-200_000_000_000_000_000...9_000_000_000_000_000_000))
      for _ in 0..<4 {
        guard let change = change(of: zone, after: random.time(usual)) else { continue }
        instants += [-Self.day, -1_800_000_000, -1, 0, 1_800_000_000, 5_400_000_000, Self.day].map { change + $0 }
      }
      for (index, instant) in instants.enumerated() {
        let length = lengths[index % lengths.count]
        let window = CalendarWindows(length: length, zone: zone).window(of: instant)
        #expect(window.contains(instant))
        zones.append(name)
        switch length {
        case .days(let days): intervals.append("\(days) days")
        case .months(let months): intervals.append("\(months) months")
        }
        times.append(instant)
        starts.append(window.lowerBound)
        ends.append(window.upperBound)
        count += 1
      }
    }
    #expect(count > 3_000)
    let differing = try connection.query(
      """
      SELECT format('%s of %s at %s: %s to %s instead of %s to %s', i, z, t, a, b, tumble(t, i::interval, z),
                    tumble_end(t, i::interval, z))
      FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[]) AS d (z, i, t, a, b)
      WHERE (tumble(t, i::interval, z), tumble_end(t, i::interval, z)) IS DISTINCT FROM (a, b) LIMIT 5
      """, [.array(zones), .array(intervals), .array(times), .array(starts), .array(ends)])
    #expect((0..<differing.rowCount).map { differing[$0, 0] ?? "" } == [])
  }

  @Test("months without a zone are those of UTC, and other lengths are counted as before")
  func withoutZone() throws {
    try connection.execute("SET TIME ZONE 'UTC'")
    let result = try connection.query(
      """
      SELECT tumble(t, '3 months'), tumble_end(t, '3 months'), tumble(t, '1 day'), tumble_end(t, '1 day'),
             tumble(NULL, '1 month'), tumble(t, '1 week'), tumble('1999-12-31 23:59Z', '1 year')
      FROM (VALUES ('2026-05-17 12:00Z'::timestamptz)) AS v (t)
      """)
    #expect(
      (0..<7).map { result[0, $0] ?? "NULL" } == [
        "2026-04-01 00:00:00+00", "2026-07-01 00:00:00+00", "2026-05-17 00:00:00+00", "2026-05-18 00:00:00+00", "NULL",
        "2026-05-16 00:00:00+00", "1999-01-01 00:00:00+00",
      ])
    for (size, zone) in [("1 month 1 day", "UTC"), ("1 hour", "UTC"), ("0 days", "UTC"), ("-1 month", "UTC")] {
      let error = #expect(throws: PostgresError.self) {
        try connection.query("SELECT tumble(now(), $1::interval, $2)", [.untyped(size), .text(zone)])
      }
      #expect(error?.sqlstate == "22023", "\(size)")
    }
  }

  @Test("hop gives the windows that hold a time, in whatever zone the session is, over a change of clocks too")
  func hop() throws {
    var random = Random(state: 15)
    for (slide, size) in [(120, 300), (60, 300), (3_600, 86_400), (86_400, 259_200), (7, 10), (300, 300)]
      as [(Int64, Int64)]
    {
      let window = WindowAssigner.hop(slideMicroseconds: slide * 1_000_000, sizeMicroseconds: size * 1_000_000)
      for _ in 0..<20 {
        let time = random.time(1_772_000_000_000_000...1_775_000_000_000_000)
        let last = window.lastWindow(of: time).lowerBound
        let expected = (0...size / slide).map { last - $0 * slide * 1_000_000 }.filter { $0 + size * 1_000_000 > time }
        let found = try connection.query(
          """
          SELECT (extract(epoch FROM w) * 1000000)::bigint
          FROM hop($1, make_interval(secs => $2), make_interval(secs => $3)) AS w ORDER BY w DESC
          """,
          [.timestamptz(microseconds: time), .doublePrecision(Double(slide)), .doublePrecision(Double(size))])
        #expect((0..<found.rowCount).map { found.integer($0, 0) } == expected)
        // A pane lies in the same windows as a whole.
        let pane = window.panes.pane(of: time)
        #expect(window.lastWindow(of: pane.lowerBound) == window.lastWindow(of: pane.upperBound - 1))
      }
    }
  }

  @Test("a window is final when the watermark less the allowed lateness has passed its end")
  func final() throws {
    let isFinal = { () throws in
      try connection.query("SELECT is_final('region_health', '2026-01-01T00:05:00Z')").boolean(0, 0)
    }
    #expect(try isFinal() == false)
    try connection.execute(
      """
      INSERT INTO pulse.progress (stream, cluster, topic, partition, next_offset, epoch, owner, watermark, is_idle)
      VALUES ('content_downloads', 'c', 't', 0, 0, 1, 'o', '2026-01-01T00:05:00Z', false),
             ('content_downloads', 'c', 't', 1, 0, 1, 'o', NULL, true);
      """)
    #expect(try isFinal() == true)
    // A partition that has had no event yet may still bring the oldest.
    try connection.execute("UPDATE pulse.progress SET is_idle = false WHERE partition = 1")
    #expect(try isFinal() == false)
    try connection.execute("UPDATE pulse.progress SET watermark = '2026-01-01T00:04:59Z' WHERE partition = 1")
    #expect(try isFinal() == false)
    try connection.execute("UPDATE pulse.progress SET watermark = '2026-01-01T00:05:30Z'")
    #expect(try isFinal() == true)
    try connection.execute("UPDATE pulse.definitions SET allowed_lateness = '1 minute'")
    #expect(try isFinal() == false)
    try connection.execute("SET ROLE streampulse_reader")
    #expect(
      try connection.query("SELECT final_until('region_health') = '2026-01-01T00:04:30Z'").boolean(0, 0) == true)
    let error = #expect(throws: PostgresError.self) { try connection.query("SELECT is_final('region_helth', now())") }
    #expect(error?.description.contains("there is no aggregate region_helth") == true)
  }
}

import Dataflow
import Postgres
import TestThreads
import Testing
import Threads

@testable import ProcessingTestSupport

/// Sessions as they are merged in Postgres, against those that Postgres makes of all events at once.
@Suite(.blocking) struct SessionTests {
  /// 2026-01-01T00:00:00Z.
  private static let start: Int64 = 1_767_225_600_000_000
  private static let second: Int64 = 1_000_000

  private static let columns = "visitor text, page integer NOT NULL, seconds double precision, note text"
  private static let items = """
    count(*) AS events, count(seconds) AS timed, sum(page) AS pages, avg(seconds) AS mean, min(page) AS first_page,
    max(note COLLATE "C") AS last_note, bool_or(page = 3) AS any_third, stddev_pop(page) AS spread,
    var_samp(seconds) AS variance, regr_slope(seconds, page) AS slope, approx_count_distinct(page) AS distinct_pages,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY page) AS median
    """

  /// A time and a visitor; the other values follow from them.
  private static func event(_ seconds: Double, _ visitor: String?, _ scratch: ScratchAggregate) -> [Value] {
    let time = Int64(seconds * 1e6)
    let values: [String: Value] = [
      "ts": .integer(start + time), "visitor": visitor.map { .text($0) } ?? .null,
      "page": .integer(time / second % 7),
      "seconds": time / second % 5 == 0 ? .null : .double(Double(time / second % 11) / 4),
      "note": .text("n\(time / second % 13)"),
    ]
    // A definition has the columns that it uses.
    return scratch.plan.columns.map { values[$0.path[0]] ?? .null }
  }

  @Test(
    "sessions are those of the batch, whatever the order, the portions and the instances that bring their events",
    arguments: [
      ("session(ts, INTERVAL '30 seconds')", "visitor"),
      ("session(ts, INTERVAL '30 seconds', INTERVAL '2 minutes')", "visitor"),
      ("session(ts, INTERVAL '7 seconds', INTERVAL '50 seconds')", "page, visitor"),
      ("session(ts, INTERVAL '40 seconds', INTERVAL '41 seconds')", nil),
      ("session(ts, INTERVAL '5 seconds')", nil),
    ] as [(String, String?)])
  func differential(window: String, keys: String?) throws {
    let selected = [keys, Self.items].compactMap { $0 }.joined(separator: ", ")
    let scratch = try ScratchAggregate(
      columns: Self.columns, select: selected, over: window, by: keys, where: "page <> 6")
    var random = SeededGenerator(seed: UInt64(window.utf8.count + (keys?.utf8.count ?? 0)))
    // Instances that have read their events, and not committed yet.
    var pending: [[WindowDelta]] = []
    for round in 0..<60 {
      // Some rounds bring what is late, some are a stretch of time; whole seconds are often a gap apart, to the microsecond.
      let middle = Int.random(in: 0...3600, using: &random)
      let width = [5, 60, 3600].randomElement(using: &random) ?? 60
      let rows = (0..<Int.random(in: 1...(round % 10 == 0 ? 60 : 8), using: &random)).map { _ in
        let time = Double((middle + Int.random(in: 0...width, using: &random)) % 3600)
        let isWhole = Int.random(in: 0...3, using: &random) > 0
        return Self.event(
          isWhole ? time : time + 0.999_999, ["a", "b", "ü", "", nil].randomElement(using: &random) ?? nil, scratch)
      }
      #expect(scratch.process(rows).isEmpty)
      try scratch.record()
      pending.append(scratch.drain())
      while pending.count > Int.random(in: 0...4, using: &random) {
        try scratch.commit(pending.remove(at: Int.random(in: pending.indices, using: &random)))
      }
      if round % 15 == 14 {
        for deltas in pending { try scratch.commit(deltas) }
        pending = []
        let differences = try scratch.differences()
        #expect(differences.isEmpty, "round \(round): \(differences.prefix(8))")
      }
    }
    #expect(try overlapping(scratch, keys) == [["0"]])
  }

  /// How many sessions begin before the one before them has ended.
  private func overlapping(_ scratch: ScratchAggregate, _ keys: String?) throws -> [[String?]] {
    try scratch.rows(
      """
      SELECT count(*) FROM (
        SELECT window_start < lag(window_end) OVER (\(keys.map { "PARTITION BY \($0) " } ?? "")ORDER BY window_start)
        FROM results) AS s (is_within) WHERE is_within
      """)
  }

  private func sessions(_ scratch: ScratchAggregate) throws -> [String] {
    try scratch.rows(
      """
      SELECT visitor, extract(epoch FROM window_start)::bigint % 86400, extract(epoch FROM window_end)::bigint % 86400,
             events
      FROM results ORDER BY visitor, window_start
      """
    ).map { row in row.map { $0 ?? "NULL" }.joined(separator: " ") }
  }

  /// The body shares what it holds with nobody, as long as the test waits for it or watches through other connections.
  private func inBackground(_ body: @escaping () throws -> Void) throws -> WorkerThread {
    nonisolated(unsafe) let body = body
    return try WorkerThread(name: "merge") {
      do { try body() } catch { Issue.record(error) }
    }
  }

  /// Returns when a session of the database waits for a lock.
  private func awaitWaiting(_ connection: PostgresConnection) throws {
    let waiting = """
      SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE NOT granted AND datname = current_database()
      """
    while try connection.query(waiting).integer(0, 0) == 0 {}
  }

  private static func visits(_ window: String) throws -> ScratchAggregate {
    try ScratchAggregate(
      columns: columns, select: "visitor, count(*) AS events", over: window, by: "visitor")
  }

  @Test("a late event lengthens a session, begins one earlier, or joins two; one that is the gap away begins another")
  func late() throws {
    //  seconds   0    10   20   30   40   50   60
    //            a····     b····          c····      three sessions: the gap is 5 s
    //                 d····                          as far behind a as the gap: one of its own
    //               e····                            joins a and d
    //                   f····                        joins that and b
    let scratch = try Self.visits("session(ts, INTERVAL '5 seconds')")
    func add(_ seconds: Double...) throws -> [String] {
      for time in seconds {
        #expect(scratch.process([Self.event(time, "v", scratch)]).isEmpty)
        try scratch.flush()
      }
      return try sessions(scratch)
    }
    #expect(try add(0, 10, 25) == ["v 0 5 1", "v 10 15 1", "v 25 30 1"])
    #expect(try add(5) == ["v 0 5 1", "v 5 10 1", "v 10 15 1", "v 25 30 1"])
    #expect(try add(3) == ["v 0 10 3", "v 10 15 1", "v 25 30 1"])
    #expect(try add(7) == ["v 0 15 5", "v 25 30 1"])
    #expect(try add(29) == ["v 0 15 5", "v 25 34 2"])
    #expect(try add(24) == ["v 0 15 5", "v 24 34 3"])
    #expect(try add(26) == ["v 0 15 5", "v 24 34 4"])
    #expect(try add(14, 18, 22) == ["v 0 34 12"])
  }

  @Test("sessions with a maximum are cut where windows of that length begin, whatever comes first")
  func maximum() throws {
    for times in [[2.0, 5, 8, 11, 14], [14, 11, 8, 5, 2], [8, 14, 2, 11, 5]] {
      let scratch = try Self.visits("session(ts, INTERVAL '4 seconds', INTERVAL '10 seconds')")
      for time in times {
        #expect(scratch.process([Self.event(time, "v", scratch)]).isEmpty)
        try scratch.flush()
      }
      #expect(try sessions(scratch) == ["v 2 10 3", "v 11 18 2"])
    }
  }

  @Test("NULL is a key like others, and keys do not meet")
  func keys() throws {
    let scratch = try Self.visits("session(ts, INTERVAL '5 seconds')")
    for visitor in [nil, "", "a", "b", nil] {
      #expect(scratch.process([Self.event(1, visitor, scratch), Self.event(4, visitor, scratch)]).isEmpty)
      try scratch.flush()
    }
    #expect(try sessions(scratch) == [" 1 9 2", "a 1 9 2", "b 1 9 2", "NULL 1 9 4"])
  }

  @Test(
    "of two transactions that merge sessions of one key, the second one waits for the first and sees what it has left")
  func waiting() throws {
    let scratch = try Self.visits("session(ts, INTERVAL '5 seconds')")
    let other = try PostgresConnection(scratch.settings)
    defer { other.close() }
    #expect(scratch.process([Self.event(0, "v", scratch)]).isEmpty)
    let first = scratch.drain()
    #expect(scratch.process([Self.event(3, "v", scratch)]).isEmpty)
    let second = scratch.drain()
    try scratch.connection.execute("BEGIN")
    try scratch.commit(first)
    let thread = try inBackground { [scratch] in try scratch.commit(second, other) }
    let observer = try PostgresConnection(scratch.settings)
    defer { observer.close() }
    try awaitWaiting(observer)
    try scratch.connection.execute("COMMIT")
    thread.join()
    #expect(try sessions(scratch) == ["v 0 8 2"])
  }

  @Test("instances that merge sessions of the same keys at the same time make those of the batch, and no deadlock")
  func concurrent() throws {
    let scratch = try Self.visits("session(ts, INTERVAL '5 seconds')")
    var random = SeededGenerator(seed: 5)
    var portions: [[[WindowDelta]]] = [[], [], []]
    for number in 0..<90 {
      let rows = (0..<40).map { _ in
        Self.event(
          Double(Int.random(in: 0...2_000, using: &random)), "v\(Int.random(in: 0...20, using: &random))", scratch)
      }
      #expect(scratch.process(rows).isEmpty)
      try scratch.record()
      portions[number % 3].append(scratch.drain())
    }
    let work = portions
    let threads = try (0..<3).map { instance in
      try inBackground { [scratch] in
        let connection = try PostgresConnection(scratch.settings)
        defer { connection.close() }
        for deltas in work[instance] { try scratch.commit(deltas, connection) }
      }
    }
    for thread in threads { thread.join() }
    #expect(try scratch.differences() == [])
    #expect(try overlapping(scratch, "visitor") == [["0"]])
  }

  @Test("what retention deletes while a session is merged does not come back")
  func retention() throws {
    let scratch = try Self.visits("session(ts, INTERVAL '5 seconds')")
    #expect(scratch.process([Self.event(0, "v", scratch), Self.event(8, "v", scratch)]).isEmpty)
    try scratch.flush()
    let other = try PostgresConnection(scratch.settings)
    defer { other.close() }
    // The first of the sessions is being deleted when an event joins both.
    try other.execute("BEGIN; DELETE FROM results WHERE extract(epoch FROM window_start)::bigint % 86400 = 0")
    #expect(scratch.process([Self.event(4, "v", scratch)]).isEmpty)
    let deltas = scratch.drain()
    let thread = try inBackground { [scratch] in try scratch.commit(deltas) }
    try awaitWaiting(other)
    try other.execute("COMMIT")
    thread.join()
    #expect(try scratch.rows("SELECT sum(events) FROM results") == [["2"]])
  }
}

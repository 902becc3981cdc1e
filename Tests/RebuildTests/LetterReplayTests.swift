import Dataflow
import Events
import Faults
import Postgres
import Storage
import TestThreads
import Testing
import Threads

@testable import ProcessingTestSupport
@testable import Rebuild

/// Replays of dead letters against Postgres. Events are from 2026-01-01; whether they are from the future is up to the
/// clock that a test gives.
@Suite(.blocking) struct LetterReplayTests {
  private static let noon: Int64 = (Download.start + 12 * 3_600_000) * 1000

  private let bench: Bench

  /// region_health wants late events as dead letters.
  init() throws {
    bench = try Bench { plan in
      for index in plan.aggregates.indices where plan.aggregates[index].name == "region_health" {
        plan.aggregates[index].latePolicy = .deadLetter
      }
    }
  }

  @discardableResult
  private func replay(
    _ bench: Bench, now: Int64 = noon, _ change: (inout LetterFilter) -> Void = { _ in }
  ) throws -> LetterReplayReport {
    var filter = LetterFilter(stream: bench.plan.definition.name)
    change(&filter)
    return try LetterReplay(bench.plan, bench.stream.makeDecoder(), bench.connection).replay(filter, now: now)
  }

  private var counts: [String] {
    get throws {
      try bench.rows(
        """
        SELECT (SELECT coalesce(sum(total_downloads), 0) FROM region_health),
               (SELECT coalesce(sum(download_count), 0) FROM content_stats),
               (SELECT coalesce(sum(total_downloads), 0) FROM device_stats)
        """)
    }
  }

  private var outcomes: [String] {
    get throws {
      try bench.rows("SELECT aggregate, outcome, count(*) FROM pulse.replayed_letters GROUP BY 1, 2 ORDER BY 1, 2")
    }
  }

  private func expectProof() throws {
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
  }

  /// Three events, of which two come from the future by a clock that stands at 1970.
  private func commitFuture() throws {
    try bench.commit(0, [Download(milliseconds: 0)], now: 0)
    try bench.commit(0, [Download(region: "A"), Download(minute: 1, region: "B")], now: 0)
    #expect(try counts == ["1 1 1"])
  }

  @Test("what can be processed now is added to all results, ledgered and marked; a second replay changes nothing")
  func twice() throws {
    try commitFuture()
    let report = try replay(bench)
    #expect(report.replayed == 2)
    #expect(report.refused == 0)
    #expect(try counts == ["3 3 3"])
    #expect(
      try outcomes == [
        "content_stats aggregated 2", "device_stats aggregated 2", "region_errors filtered 2",
        "region_health aggregated 2",
      ])
    #expect(try bench.rows("SELECT count(*) FROM dead_letters WHERE replayed_at IS NOT NULL") == ["2"])
    try expectProof()
    #expect(try replay(bench).replayed == 0)
    #expect(try counts == ["3 3 3"])
    #expect(try bench.verify().replayed == 2)
  }

  @Test("letters are listed with their stream, and those of streams that are not defined are counted apart")
  func foreign() throws {
    try commitFuture()
    let listing = try LetterListing(bench.connection)
    let name = bench.plan.definition.name
    #expect(try listing.lines(LetterFilter(), limit: 9).lines.map(\.stream) == [name, name])
    #expect(try listing.foreign(to: [name], LetterFilter()).isEmpty)
    _ = try bench.rows("UPDATE dead_letters SET stream = 'former' WHERE record_offset = 2")
    #expect(try listing.lines(LetterFilter(), limit: 9).lines.map(\.stream) == ["former", name])
    let foreign = try listing.foreign(to: [name], LetterFilter())
    #expect(foreign.map(\.stream) == ["former"] && foreign.map(\.count) == [1])
    #expect(try replay(bench).replayed == 1)
  }

  @Test("what still fails stays, with its new reason")
  func stillDead() throws {
    try commitFuture()
    try bench.connection.execute("UPDATE dead_letters SET value = '\\x02' WHERE record_offset = 1")
    let report = try replay(bench)
    #expect(report.replayed == 1)
    #expect(report.refusals.map(\.code) == ["TRUNCATED"])
    #expect(
      try bench.rows("SELECT code, tried_at IS NOT NULL, replayed_at IS NULL FROM dead_letters ORDER BY id")
        == ["TRUNCATED t t", "FUTURE_EVENT_TIME f f"])
    #expect(try counts == ["2 2 2"])
    try expectProof()
  }

  @Test("an event that was late for one aggregate is added to that one alone, whatever its policy")
  func lateForOne() throws {
    try bench.commit(0, [Download(minute: 3), Download(minute: 1)], lateBefore: Self.noon)
    #expect(try counts == ["0 2 2"])
    #expect(try replay(bench).replayed == 2)
    #expect(try counts == ["2 2 2"])
    #expect(try outcomes == ["region_health aggregated 2"])
    try expectProof()
  }

  @Test("filters and IDs choose what is replayed")
  func filters() throws {
    try commitFuture()
    try bench.commit(1, [Download()], now: 0)
    #expect(try replay(bench) { $0.code = "TRUNCATED" }.replayed == 0)
    #expect(try replay(bench) { $0.since = "2999-01-01T00:00:00Z" }.replayed == 0)
    #expect(try replay(bench) { $0.stream = "another" }.replayed == 0)
    #expect(try replay(bench) { $0.partition = 1 }.replayed == 1)
    let id = try #require(Int64(bench.rows("SELECT id FROM dead_letters WHERE record_offset = 2")[0]))
    #expect(try replay(bench) { $0.ids = [id, 4711] }.replayed == 1)
    #expect(try bench.rows("SELECT partition, record_offset FROM dead_letters WHERE replayed_at IS NULL") == ["0 1"])
    try expectProof()
  }

  @Test("windows that retention has removed stay removed: such a letter stays, or leaves out that aggregate")
  func retired() throws {
    try commitFuture()
    try bench.connection.execute(
      """
      INSERT INTO pulse.retired (aggregate, horizon, events)
      VALUES ('region_health', '2026-01-01T00:01:00Z', 0), ('content_stats', '-infinity', 0)
      """)
    #expect(try replay(bench).replayed == 2)
    #expect(try counts == ["2 3 3"])
    #expect(
      try outcomes == [
        "content_stats aggregated 2", "device_stats aggregated 2", "region_errors filtered 2",
        "region_health aggregated 1", "region_health late 1",
      ])
    try bench.commit(0, [Download()], lateBefore: Self.noon)
    let report = try replay(bench)
    #expect(report.refusals.map(\.reason) == ["retention has removed its window"])
    #expect(try counts == ["2 4 4"])
    try expectProof()
  }

  @Test("an aggregate that began after the letter does not get it, and one that is gone is noted")
  func otherAggregates() throws {
    try commitFuture()
    try bench.connection.execute(
      """
      DELETE FROM pulse.ledger_counts WHERE aggregate = 'device_stats' AND first_offset = 1;
      UPDATE pulse.ledger_counts SET aggregate = 'gone' WHERE aggregate = 'content_stats' AND first_offset = 1;
      UPDATE pulse.ledger AS l SET seal = pulse.seal(l)
      """)
    #expect(try replay(bench).replayed == 2)
    #expect(try counts == ["3 1 1"])
    #expect(try outcomes == ["gone removed 2", "region_errors filtered 2", "region_health aggregated 2"])
    try expectProof()
  }

  @Test("a replay that fails leaves nothing of itself")
  func atomicity() throws {
    try commitFuture()
    try bench.connection.execute("ALTER TABLE pulse.replayed_letters RENAME TO away")
    #expect(throws: PipelineError.self) { try replay(bench) }
    #expect(bench.connection.transactionStatus == .idle)
    #expect(try counts == ["1 1 1"])
    #expect(try bench.rows("SELECT count(*) FROM dead_letters WHERE replayed_at IS NULL") == ["2"])
    try bench.connection.execute("ALTER TABLE pulse.away RENAME TO replayed_letters")
    #expect(try replay(bench).replayed == 2)
    try expectProof()
  }

  @Test("while a table is made anew no letter is replayed into the one that goes")
  func exclusion() throws {
    try commitFuture()
    let other = try PostgresConnection(bench.settings)
    _ = try other.query("SELECT pg_advisory_lock(\(AdvisoryLock.replay(stream: "content_downloads").key(for: other)))")
    let error = #expect(throws: PipelineError.self) { try replay(bench) }
    #expect(error?.description.contains("an aggregate is being replayed") == true)
    other.close()
    try until("the lock is free") { (try? replay(bench).replayed) == 2 }
    #expect(try counts == ["3 3 3"])
    try expectProof()
  }

  @Test("letters are not folded into a table that was made anew with another definition")
  func redefinition() throws {
    try commitFuture()
    try bench.connection.execute("UPDATE pulse.definitions SET shape = '' WHERE aggregate = 'region_health'")
    let error = #expect(throws: PipelineError.self) { try replay(bench) }
    #expect(error?.description.contains("region_health has changed") == true)
    #expect(try counts == ["1 1 1"])
  }

  @Test("more letters than one transaction takes are replayed, beside a processor and another replay")
  func concurrency() throws {
    let events = (0..<2500).map { Download(minute: $0 % 7, content: "c\($0 % 13)", region: "R\($0 % 5)") }
    try bench.commit(0, events, now: 0)
    let done = Monitor<[Int]>([])
    let replays = try (0..<2).map { _ in
      let connection = try PostgresConnection(bench.settings)
      let decoder = try bench.stream.makeDecoder()
      let replay = Replaying(replay: LetterReplay(bench.plan, decoder, connection))
      let filter = LetterFilter(stream: bench.plan.definition.name)
      return try WorkerThread(name: "replay") {
        let count = (try? replay.replay.replay(filter, now: Self.noon).replayed) ?? -1
        done.update { $0.append(count) }
      }
    }
    for round in 0..<20 {
      try bench.commit(1, events.prefix(100).map { Download(minute: $0.minute, region: "R\(round % 5)") })
    }
    for thread in replays { thread.join() }
    #expect(done.read { $0.reduce(0, +) } == 2500)
    #expect(try counts == ["4500 4500 4500"])
    try expectProof()
  }

  /// `@unchecked Sendable`: each replay has a connection and a decoder of its own, for its one thread.
  private struct Replaying: @unchecked Sendable {
    var replay: LetterReplay
  }

  @Test(
    "tampering with the ledger of replays or with late letters is found",
    arguments: [
      "DELETE FROM pulse.replayed_letters WHERE aggregate = 'device_stats'",
      "UPDATE pulse.replayed_letters SET outcome = 'filtered' WHERE aggregate = 'device_stats'",
      "INSERT INTO pulse.replayed_letters SELECT max(letter) + 1000, 'device_stats', 'filtered' FROM pulse.replayed_letters",
      "UPDATE pulse.replayed_letters SET letter = letter + 1000",
      "UPDATE dead_letters SET replayed_at = NULL WHERE aggregate IS NULL",
      "UPDATE dead_letters SET replayed_at = now() WHERE replayed_at IS NULL",
      "DELETE FROM dead_letters WHERE aggregate IS NOT NULL AND replayed_at IS NULL",
      "DELETE FROM dead_letters WHERE aggregate IS NOT NULL AND replayed_at IS NOT NULL",
      "UPDATE dead_letters SET aggregate = 'content_stats' WHERE aggregate IS NOT NULL AND replayed_at IS NULL",
      "UPDATE dead_letters SET aggregate = NULL WHERE aggregate IS NOT NULL AND replayed_at IS NULL",
      "UPDATE pulse.ledger_counts SET dead = dead - 1, late = late + 1 WHERE aggregate = 'region_health' AND dead > 0",
      "UPDATE pulse.ledger_counts SET dead = dead - 1, aggregated = aggregated + 1 WHERE dead > 0",
    ])
  func tampering(_ sql: String) throws {
    try commitFuture()
    try bench.commit(0, [Download(minute: 3)], lateBefore: Self.noon)
    try replay(bench)
    try bench.commit(0, [Download(minute: 4)], lateBefore: Self.noon)
    try expectProof()
    try bench.connection.execute(sql)
    let report = try bench.verify()
    #expect(!report.holds)
    #expect(report.checks.flatMap(\.violations).allSatisfy { !$0.isEmpty })
  }
}

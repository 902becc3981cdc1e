import Glibc
import Postgres
import Storage
import TestThreads
import Testing
import Threads

@testable import Office
@testable import ProcessingTestSupport

@Suite(.blocking) struct ElectionTests {
  private let bench: Bench
  private let lock = AdvisoryLock.watch(stream: "content_downloads")

  init() throws {
    bench = try Bench()
  }

  private func candidate(absenceMilliseconds: Int) -> ElectedConnection {
    ElectedConnection(bench.settings, lock: lock, Interruption(), absenceMilliseconds: absenceMilliseconds)
  }

  /// Asks as those who stand by do, until it is elected.
  private func awaitElection(of candidate: inout ElectedConnection) throws {
    let started = Clock.monotonic()
    while try candidate.elected() == nil {
      try #require(Clock.monotonic() - started < 60_000_000, "nobody else is elected")
      usleep(20_000)
    }
  }

  @Test("one is elected at a time, and the next one as soon as it gives the office up")
  func one() throws {
    var (first, second) = (candidate(absenceMilliseconds: 60_000), candidate(absenceMilliseconds: 60_000))
    let elected = try #require(try first.elected())
    #expect(try second.elected() == nil)
    #expect(try first.elected() === elected)
    first.close()
    try awaitElection(of: &second)
    second.close()
  }

  @Test(
    "whoever asks nothing any more, as one does that is frozen, is succeeded, and finds out before it does anything")
  func frozen() throws {
    var (first, second) = (candidate(absenceMilliseconds: 300), candidate(absenceMilliseconds: 60_000))
    let former = try #require(try first.elected())
    try awaitElection(of: &second)
    // What it was about to do when it fell asleep.
    #expect(throws: PostgresError.self) { try former.execute("SELECT 1") }
    #expect(try first.elected() == nil)
    second.close()
    try awaitElection(of: &first)
    #expect(try first.elected() !== former)
    first.close()
  }

  @Test("a transaction that goes to sleep is over, too")
  func frozenTransaction() throws {
    try bench.connection.execute("CREATE TABLE done (at integer)")
    // Long enough for a busy machine to begin the transaction.
    var (first, second) = (candidate(absenceMilliseconds: 2_000), candidate(absenceMilliseconds: 60_000))
    let former = try #require(try first.elected())
    try former.execute("BEGIN; INSERT INTO done VALUES (1)")
    try awaitElection(of: &second)
    #expect(throws: PostgresError.self) { try former.execute("COMMIT") }
    #expect(try bench.rows("SELECT count(*) FROM done") == ["0"])
    first.close()
    second.close()
  }
}

import Postgres
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Storage

@Suite(.blocking) struct PresenceTests {
  @Test("a processor is there as long as the connection that holds its stream's lock")
  func presence() throws {
    let bench = try Bench()
    let stream = bench.plan.definition.name
    #expect(try !ProcessorPresence.isThere(bench.connection, stream: stream))
    let processor = try PostgresConnection(bench.settings)
    let key = AdvisoryLock.watch(stream: stream).key(for: processor)
    #expect(try processor.query("SELECT pg_try_advisory_lock($1)", [.bigint(key)]).boolean(0, 0) == true)
    #expect(try ProcessorPresence.isThere(bench.connection, stream: stream))
    #expect(try !ProcessorPresence.isThere(bench.connection, stream: "another"))
    // Of another database, whose keys are the same.
    let elsewhere = try Bench()
    #expect(try !ProcessorPresence.isThere(elsewhere.connection, stream: stream))
    processor.close()
    // The server ends the session in its own time.
    for _ in 0..<1000 where try ProcessorPresence.isThere(bench.connection, stream: stream) {
      _ = try bench.connection.query("SELECT pg_sleep(0.01)")
    }
    #expect(try !ProcessorPresence.isThere(bench.connection, stream: stream))
  }

  @Test("the newest event of a stream is that of its latest segments, whatever its partitions are")
  func newest() throws {
    let bench = try Bench()
    func look(stream: String? = nil, cluster: String? = Bench.cluster) throws -> NewestEvents {
      try NewestEvents(
        bench.connection, stream: stream ?? bench.plan.definition.name, topic: Bench.topic, cluster: cluster)
    }
    #expect(try look().eventAgeSeconds == nil)
    #expect(try look().recordAgeSeconds == nil)
    try bench.commit(0, [Download()])
    try bench.commit(1, [Download()])
    try bench.connection.execute("UPDATE pulse.ledger SET latest_event = now() - INTERVAL '1 hour' WHERE partition = 0")
    try bench.connection.execute("UPDATE pulse.ledger SET latest_event = now() - INTERVAL '100 s' WHERE partition = 1")
    let age = try #require(try look().eventAgeSeconds)
    #expect(age >= 100 && age < 3000)
    #expect(try look(cluster: nil).eventAgeSeconds != nil)
    #expect(try #require(try look().recordAgeSeconds) < 3000)
    #expect(try look(stream: "another").recordAgeSeconds == nil)
    // A clock that goes ahead makes no negative age.
    try bench.connection.execute("UPDATE pulse.ledger SET latest_event = now() + INTERVAL '1 hour'")
    #expect(try look().eventAgeSeconds == 0)
  }
}

import Events
import Postgres
import TestThreads
import Testing

@testable import Processing
@testable import ProcessingTestSupport
@testable import Storage

/// A segment of the ledger of partition 0: `dead` of `consumed` records, written to so long ago.
private func segment(_ dead: Int64, of consumed: Int64, ago: Double, at first: Int64 = 0) -> DeadShare.Segment {
  DeadShare.Segment(partition: 0, firstOffset: first, consumed: consumed, dead: dead, ageSeconds: ago)
}

@Suite(.blocking) struct DeadShareTests {
  @Test(
    "nearly all of the latest records must be dead",
    arguments: [
      ([], nil),
      ([segment(0, of: 1000, ago: 1)], nil),
      ([segment(0, of: 0, ago: 1)], nil),
      ([segment(10, of: 10, ago: 1)], 10),
      ([segment(90, of: 100, ago: 1)], 90),
      ([segment(89, of: 100, ago: 1)], nil),
      // Of different partitions or minutes: together.
      ([segment(10, of: 10, ago: 1), segment(0, of: 10, ago: 2)], nil),
      // Few are all there is.
      ([segment(1, of: 1, ago: 1)], 1),
      ([segment(4, of: 4, ago: 1)], 4),
      ([segment(8, of: 9, ago: 1)], nil),
      // Few among many good ones before them.
      ([segment(3, of: 3, ago: 1), segment(0, of: 500, ago: 90)], nil),
    ] as [([DeadShare.Segment], Int64?)])
  func share(segments: [DeadShare.Segment], dead: Int64?) {
    #expect(DeadShare.alarming(segments)?.dead == dead)
  }

  @Test("good records end it whatever came before them, and silence does not")
  func healing() {
    let bad = segment(5000, of: 5000, ago: 61, at: 0)
    #expect(DeadShare.alarming([segment(0, of: 1, ago: 1, at: 5000), bad]) == nil)
    #expect(DeadShare.alarming([bad])?.dead == 5000)
    #expect(DeadShare.alarming([segment(5000, of: 5000, ago: 100_000)])?.dead == 5000)
    // Bad ones after many good ones.
    let good = segment(0, of: 5000, ago: 61, at: 0)
    #expect(DeadShare.alarming([segment(10, of: 10, ago: 1, at: 5000), good])?.starts == [0: 5000])
  }

  /// Commits so many dead letters, all of them the whole stream's.
  private func commit(_ bench: Bench, partition: Int32, dead: Int, reason: String) throws {
    let claim = try bench.claim(partition)[0]
    var checkpoint = try bench.checkpoint(claim, [])
    checkpoint.advances[0].next += Int64(dead)
    checkpoint.advances[0].counts.consumed = dead
    checkpoint.advances[0].counts.dead = dead
    checkpoint.deadLetters = (0..<dead).map {
      DeadLetter(
        partition: TopicPartition(topic: Bench.topic, partition: partition), offset: claim.next + Int64($0),
        timestampMilliseconds: 0, key: nil, value: [0x7B],
        headers: [], code: .trailingBytes, reason: reason)
    }
    try bench.commit(checkpoint)
  }

  private func problem(_ bench: Bench, _ connection: PostgresConnection? = nil) throws -> String? {
    try DeadShare.problem(
      connection ?? bench.connection, stream: bench.plan.definition.name, cluster: Bench.cluster, topic: Bench.topic)
  }

  @Test("the text names how many, the commonest code and what the payloads look like, and nothing of the events")
  func text() throws {
    let bench = try Bench()
    #expect(try problem(bench) == nil)
    try commit(bench, partition: 0, dead: 8, reason: "14 bytes \"secret\" are left; it begins like JSON")
    try commit(bench, partition: 1, dead: 4, reason: "secret; it begins like JSON")
    let text = try #require(try problem(bench))
    #expect(text.hasPrefix("all latest 12 records are dead letters, most of them TRAILING_BYTES (it begins like JSON)"))
    #expect(!text.contains("secret"))
    // Another topic's and another cluster's are not looked at.
    let stream = bench.plan.definition.name
    #expect(try DeadShare.problem(bench.connection, stream: stream, cluster: "other", topic: Bench.topic) == nil)

    try bench.commit(2, Array(repeating: Download(), count: 2))
    #expect(try problem(bench) == nil)
  }

  @Test("the API's role sees it without the right to read payloads and reasons")
  func reader() throws {
    let bench = try Bench()
    try commit(bench, partition: 0, dead: 10, reason: "r; it begins like XML")
    let reader = try PostgresConnection(bench.settings)
    defer { reader.close() }
    try reader.execute("SET ROLE \(Migrator.readerRole(for: bench.connection))")
    let text = try #require(try problem(bench, reader))
    #expect(text.hasPrefix("all latest 10 records are dead letters, most of them TRAILING_BYTES:"))
    for column in ["value", "key", "headers", "reason"] {
      #expect(throws: PostgresError.self) { try reader.query("SELECT \(column) FROM dead_letters") }
    }
  }

  @Test("letters that have all been replayed are no problem any more")
  func replayed() throws {
    let bench = try Bench()
    try commit(bench, partition: 0, dead: 10, reason: "r")
    try bench.connection.execute("UPDATE dead_letters SET replayed_at = now() WHERE record_offset < 9")
    #expect(try problem(bench) != nil)
    try bench.connection.execute("UPDATE dead_letters SET replayed_at = now()")
    #expect(try problem(bench) == nil)
  }
}

import Dataflow
import Events
import Postgres
import TestThreads
import Testing

@testable import Processing
@testable import ProcessingTestSupport
@testable import Storage

@Suite(.blocking) struct SinkTests {
  private let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private var total: [String] {
    get throws { try bench.rows("SELECT coalesce(sum(total_downloads), 0) FROM region_health") }
  }

  @Test("a checkpoint stores rows, position, watermark and ledger together")
  func commit() throws {
    let claim = try bench.claim(0, from: 7)[0]
    #expect(claim == PartitionClaim(partition: 0, next: 7, epoch: 1, watermark: nil))
    try bench.commit(
      bench.checkpoint(
        claim, [Download(), Download(status: "failed"), Download(minute: 1)], watermark: 1_767_225_600_000_000))
    #expect(
      try bench.rows(
        """
        SELECT extract(minute FROM window_start AT TIME ZONE 'UTC')::int, region, total_downloads, failed_downloads
        FROM region_health ORDER BY 1
        """) == ["0 R1 2 1", "1 R1 1 0"])
    #expect(
      try bench.rows("SELECT next_offset, epoch, extract(epoch FROM watermark)::bigint, is_idle FROM pulse.progress")
        == ["10 1 1767225600 f"])
    #expect(
      try bench.rows("SELECT first_offset, next_offset, consumed, missing, dead FROM pulse.ledger") == ["7 10 3 0 0"])
    #expect(try bench.verify().holds)
  }

  @Test("a checkpoint that was committed already is fenced and changes nothing")
  func repeated() throws {
    let checkpoint = try bench.checkpoint(bench.claim(0)[0], [Download()])
    try bench.commit(checkpoint)
    let error = #expect(throws: PostgresError.self) { try bench.commit(checkpoint) }
    #expect(error?.sqlstate == SinkProtocol.fencedState)
    #expect(try total == ["1"])
    #expect(try bench.verify().holds)
  }

  @Test("an owner from before the last claim is fenced, also when one of its partitions is still its own")
  func olderEpoch() throws {
    let claims = try bench.claim(0, 1)
    let taken = try bench.claim(1)
    #expect(taken.map(\.epoch) == [2])
    var checkpoint = try bench.checkpoint(claims[0], [Download()])
    checkpoint.advances += try bench.checkpoint(claims[1], [Download()]).advances
    let error = #expect(throws: PostgresError.self) { try bench.commit(checkpoint) }
    #expect(error?.sqlstate == SinkProtocol.fencedState)
    #expect(try total == ["0"])
    #expect(try bench.rows("SELECT next_offset FROM pulse.progress") == ["0", "0"])
    #expect(try bench.outcome(checkpoint) == .fenced)
  }

  @Test("a statement that fails leaves nothing of its checkpoint, and the same checkpoint can be tried again")
  func atomicity() throws {
    let checkpoint = try bench.checkpoint(bench.claim(0)[0], [Download()])
    try bench.connection.execute("ALTER TABLE pulse.ledger_counts RENAME TO away")
    #expect(throws: PostgresError.self) { try bench.commit(checkpoint) }
    #expect(try total == ["0"])
    #expect(try bench.rows("SELECT next_offset FROM pulse.progress") == ["0"])
    try bench.connection.execute("ALTER TABLE pulse.away RENAME TO ledger_counts")
    try bench.commit(checkpoint)
    #expect(try total == ["1"])
    #expect(try bench.verify().holds)
  }

  @Test("after a lost answer the positions tell whether the checkpoint was committed")
  func outcomes() throws {
    let checkpoint = try bench.checkpoint(bench.claim(0)[0], [Download()])
    #expect(try bench.outcome(checkpoint) == .notCommitted)
    try bench.commit(checkpoint)
    #expect(try bench.outcome(checkpoint) == .committed)
    _ = try bench.claim(0)
    #expect(try bench.outcome(checkpoint) == .fenced)
  }

  @Test("a checkpoint of watermarks alone may be written again")
  func watermarkOnly() throws {
    let claim = try bench.claim(0)[0]
    let checkpoint = try bench.checkpoint(claim, [], watermark: 5_000_000)
    #expect(try bench.outcome(checkpoint) == .notCommitted)
    try bench.commit(checkpoint)
    try bench.commit(checkpoint)
    #expect(try bench.rows("SELECT count(*) FROM pulse.ledger") == ["0"])
    #expect(try bench.claim(0)[0] == PartitionClaim(partition: 0, next: 0, epoch: 2, watermark: 5_000_000))
  }

  @Test("a claim raises the epoch and keeps the position; the watermark is the owner's, which a wrong clock moves back")
  func claims() throws {
    try bench.commit(3, [Download(), Download()], watermark: 9_000_000)
    let again = try bench.claim(3, from: 100)[0]
    #expect(again == PartitionClaim(partition: 3, next: 2, epoch: 2, watermark: 9_000_000))
    try bench.commit(bench.checkpoint(again, [Download()], watermark: 8_000_000))
    #expect(try bench.claim(3)[0].watermark == 8_000_000)
    let last = try bench.claim(3)[0]
    try bench.commit(bench.checkpoint(last, [Download()], watermark: nil))
    #expect(try bench.claim(3)[0].watermark == 8_000_000)
  }

  @Test("deltas of a row add up: counts, sums that were nothing so far, least and greatest")
  func merging() throws {
    try bench.commit(0, [Download(title: "b", size: 0.5, status: "failed", speed: 9)])
    #expect(try bench.rows("SELECT avg_speed_mbps, avg_speed_mbps_sum FROM region_health") == ["NULL NULL"])
    try bench.commit(0, [Download(title: "a", size: 0.25, speed: 4), Download(title: "c", size: 0.25, speed: 8)])
    #expect(
      try bench.rows("SELECT total_downloads, successful_downloads, avg_speed_mbps, total_size_gb FROM region_health")
        == ["3 2 6 1"])
    try bench.commit(0, [Download(title: "b", status: "failed")])
    #expect(try bench.rows("SELECT title, download_count FROM content_stats") == ["c 4"])
    #expect(try bench.rows("SELECT avg_speed_mbps FROM region_health") == ["6"])
    #expect(try bench.verify().holds)
  }

  @Test("event times at the ends of what is taken can be stored")
  func extremeTimes() throws {
    try bench.commit(
      0, [Download(milliseconds: -200_000_000_000_000), Download(milliseconds: Int64.max / 2000 - 1)],
      watermark: -200_000_005_000_000)
    #expect(try total == ["2"])
  }

  @Test("numbers and texts at the ends of what is taken can be stored, merged and averaged")
  func extremeValues() throws {
    let key = String(repeating: "ä", count: 1000)
    for number in [1e140, -1e140, 1e-140, 0, .infinity, -.infinity, .nan] {
      try bench.commit(
        0,
        [
          Download(
            content: key, title: String(repeating: key, count: 100), size: number, region: key, device: "",
            os: key, duration: Int64(Int32.max), speed: number),
          Download(size: number, region: "\(number)", duration: Int64(Int32.min), speed: number),
        ])
    }
    #expect(try total == ["14"])
    #expect(try bench.rows("SELECT total_size_gb FROM region_health WHERE region = '\(key)'") == ["NaN"])
    #expect(try bench.rows("SELECT count(*) FROM dead_letters") == ["0"])
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
    try bench.commit(0, [Download(size: .leastNonzeroMagnitude), Download(size: 1e300), Download(region: key + "x")])
    #expect(
      try bench.rows("SELECT code FROM dead_letters ORDER BY record_offset")
        == ["NUMERIC_VALUE_OUT_OF_RANGE", "NUMERIC_VALUE_OUT_OF_RANGE", "KEY_TOO_LONG"])
    #expect(try bench.verify().holds)
  }

  @Test("dead letters are stored with their bytes, whatever a producer put into them")
  func deadLetters() throws {
    let claim = try bench.claim(0)[0]
    var checkpoint = try bench.checkpoint(claim, [Download()])
    checkpoint.advances[0].next = 5
    checkpoint.advances[0].counts.consumed = 5
    checkpoint.advances[0].counts.dead = 4
    checkpoint.deadLetters = [0, -1, .max, 1_767_225_600_000].enumerated().map { index, time in
      DeadLetter(
        partition: 0, offset: Int64(index) + 1, timestampMilliseconds: time, key: index == 0 ? nil : [0, 255],
        value: index == 1 ? nil : [0, 1], headers: [RecordHeader(name: "a\0\"b", value: [0, 255])],
        code: .invalidText, reason: "invalid input syntax: \"\0\u{1F600}\"")
    }
    try bench.commit(checkpoint)
    #expect(
      try bench.rows(
        """
        SELECT record_offset, extract(epoch FROM record_timestamp)::bigint, encode(key, 'hex'), encode(value, 'hex')
        FROM dead_letters ORDER BY 1
        """) == ["1 0 NULL 0001", "2 NULL 00ff NULL", "3 NULL 00ff 0001", "4 1767225600 00ff 0001"])
    #expect(
      try bench.rows("SELECT DISTINCT reason, headers->0->>'name', headers->0->>'value' FROM dead_letters")
        == ["invalid input syntax: \"\u{FFFD}\u{1F600}\" a\u{FFFD}\"b 00ff"])
    #expect(try bench.verify().holds)
  }

  @Test("an event that is late for one aggregate is its dead letter, counts in the others, and is ledgered for each")
  func lateDeadLetters() throws {
    let bench = try Bench {
      for index in $0.aggregates.indices where $0.aggregates[index].name != "content_stats" {
        $0.aggregates[index].latePolicy = .deadLetter
      }
    }
    let late = (Download.start + 3 * 60_000) * 1000
    try bench.commit(
      0, [Download(minute: 3), Download(minute: 1), Download(milliseconds: .max), Download(minute: 2)], lateBefore: late
    )
    #expect(try bench.rows("SELECT sum(download_count) FROM content_stats") == ["3"])
    #expect(try bench.rows("SELECT sum(total_downloads) FROM region_health") == ["1"])
    #expect(
      try bench.rows("SELECT aggregate, aggregated, filtered, late, dead FROM pulse.ledger_counts ORDER BY 1") == [
        "content_stats 3 0 0 0", "device_stats 1 0 0 2", "region_errors 0 3 0 0", "region_health 1 0 0 2",
      ])
    #expect(
      try bench.rows(
        """
        SELECT record_offset, code, aggregate, to_char(window_start AT TIME ZONE 'UTC', 'HH24:MI'), reason
        FROM dead_letters WHERE aggregate = 'region_health' ORDER BY 1
        """) == [
          "1 LATE region_health 00:01 its window ended 60 s before the oldest that region_health still takes",
          "3 LATE region_health 00:02 its window ended 0 ms before the oldest that region_health still takes",
        ])
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
    #expect(try bench.verify().late == 4)
  }

  @Test("only with a dead_letter_topic dead letters go to the outbox, in the same transaction")
  func outbox() throws {
    let keeping = try Bench { $0.definition.deadLetterTopic = nil }
    try keeping.commit(0, [Download(milliseconds: .max)])
    #expect(try keeping.rows("SELECT count(*) FROM dead_letters") == ["1"])
    #expect(try keeping.rows("SELECT count(*) FROM pulse.outbox") == ["0"])
    let forwarding = try Bench { $0.definition.deadLetterTopic = "letters" }
    try forwarding.commit(0, [Download(), Download(milliseconds: .max), Download(milliseconds: .max)])
    #expect(
      try forwarding.rows(
        "SELECT o.topic, record_offset FROM pulse.outbox AS o JOIN dead_letters ON id = letter ORDER BY 2")
        == ["letters 1", "letters 2"])
  }

  @Test("a recorded gap is named, and the ledger holds with it")
  func gap() throws {
    let claim = try bench.claim(0)[0]
    var checkpoint = try bench.checkpoint(claim, [Download()])
    checkpoint.advances[0].next = 11
    checkpoint.advances[0].missing = 10
    checkpoint.gaps = [ExplainedGap(gap: OffsetGap(partition: 0, first: 0, next: 10), reason: .expired)]
    try bench.commit(checkpoint)
    let report = try bench.verify()
    #expect(report.holds)
    #expect(report.gaps == ["content-downloads[0]: offsets 0 to 9 are missing in the broker (expired)"])
  }

  @Test("a checkpoint may hold partitions of several topics, which share a number and nothing else")
  func severalTopics() throws {
    let other = TopicPartition(topic: "more-downloads", partition: 0)
    let claims = try bench.sink.claim([0: 0, other: 40], cluster: Bench.cluster, bench.connection)
    #expect(claims.map(\.partition) == [0, other])
    #expect(claims.map(\.next) == [0, 40])
    var checkpoint = try bench.checkpoint(claims[0], [Download(), Download(milliseconds: .max)])
    var more = try bench.checkpoint(
      claims[1], [Download(milliseconds: .max), Download(milliseconds: .max), Download()])
    more.advances[0].next += 2
    more.advances[0].missing = 2
    more.gaps = [ExplainedGap(gap: OffsetGap(partition: other, first: 43, next: 45), reason: .compacted)]
    checkpoint.advances += more.advances
    checkpoint.deltas += more.deltas
    checkpoint.deadLetters += more.deadLetters
    checkpoint.gaps += more.gaps
    #expect(try bench.outcome(checkpoint) == .notCommitted)
    try bench.commit(checkpoint)
    #expect(try bench.outcome(checkpoint) == .committed)
    #expect(try total == ["2"])
    #expect(
      try bench.rows("SELECT topic, partition, next_offset FROM pulse.progress ORDER BY 1")
        == ["content-downloads 0 2", "more-downloads 0 45"])
    #expect(
      try bench.rows("SELECT topic, first_offset, consumed, missing, dead FROM pulse.ledger ORDER BY 1")
        == ["content-downloads 0 2 0 1", "more-downloads 40 3 2 2"])
    #expect(
      try bench.rows("SELECT topic, record_offset FROM dead_letters ORDER BY 1, 2")
        == ["content-downloads 1", "more-downloads 40", "more-downloads 41"])
    #expect(try bench.rows("SELECT topic, first_offset FROM pulse.gaps") == ["more-downloads 43"])
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
    // Whoever takes one of them over fences all of the checkpoint.
    _ = try bench.claim(0)
    checkpoint.advances = try bench.checkpoint(claims[0], [Download()]).advances + checkpoint.advances.suffix(1)
    checkpoint.advances[1].expected = 45
    checkpoint.advances[1].next = 46
    let error = #expect(throws: PostgresError.self) { try bench.commit(checkpoint) }
    #expect(error?.sqlstate == SinkProtocol.fencedState)
    #expect(try bench.rows("SELECT next_offset FROM pulse.progress ORDER BY topic") == ["2", "45"])
  }

  @Test("a partition that begins again keeps what was counted, provable under another name")
  func beginAgain() throws {
    let old = try bench.commit(0, [Download(), Download(milliseconds: .max)])
    _ = try bench.rows("SELECT pulse.begin_again('\(Bench.cluster)', '\(Bench.topic)', 0)")
    #expect(throws: PostgresError.self) { try bench.commit(bench.checkpoint(old, [Download()])) }
    try bench.commit(0, [Download(), Download(milliseconds: .max)])
    #expect(try total == ["2"])
    #expect(try bench.rows("SELECT count(*) FROM dead_letters") == ["2"])
    let report = try bench.verify()
    #expect(report.checks.flatMap(\.violations) == [])
    #expect(report.consumed == 4)
  }
}

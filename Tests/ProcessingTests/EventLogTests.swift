import Events
import Postgres
import Project
import Testing

@testable import Processing
@testable import ProcessingTestSupport
@testable import Storage

/// The table `event_log`, as the sink writes it. Times in seconds since 2026-01-01.
@Suite struct EventLogTests {
  private let bench: Bench
  private static let start: Int64 = Download.start * 1000

  init() throws {
    bench = try Bench { $0.definition.sampleIntervalMicroseconds = 1_000_000 }
  }

  private func sample(
    _ partition: TopicPartition, _ offset: Offset, at seconds: Double, _ document: String = #"{"a": 1}"#
  ) -> SampledEvent {
    SampledEvent(
      partition: partition, offset: offset, recordTimestamp: nil, eventTime: Self.start, watermark: nil,
      document: Array(document.utf8), sampledAt: Self.start + Int64(seconds * 1_000_000))
  }

  private func commit(_ samples: [SampledEvent], by claim: PartitionClaim? = nil) throws {
    let claim = try claim ?? bench.claim(0)[0]
    var checkpoint = try bench.checkpoint(claim, [Download()])
    checkpoint.samples = samples
    try bench.commit(checkpoint)
  }

  private var places: [String] {
    get throws { try bench.rows("SELECT partition, record_offset FROM event_log ORDER BY sampled_at, partition") }
  }

  @Test("an event is stored with its place and times, and how late it was when it was read")
  func row() throws {
    var event = sample(0, 7, at: 2.5, #"{"user": {"region": "JP"}, "n": 1.50}"#)
    event.recordTimestamp = Self.start + 1_000_000
    event.watermark = Self.start - 5_000_000
    try commit([event])
    #expect(
      try bench.rows(
        """
        SELECT stream, cluster, topic, partition, record_offset, extract(epoch FROM record_timestamp - event_time)::int,
               extract(epoch FROM event_time - watermark)::int, lateness, event->'user'->>'region', event->>'n',
               sampled_at - event_time = lateness
        FROM event_log
        """) == ["content_downloads cluster-1 content-downloads 0 7 1 5 00:00:02.5 JP 1.50 t"])
  }

  @Test("a partition that changes hands within the interval gets no second event; others do")
  func handover() throws {
    try commit([sample(0, 1, at: 10), sample(1, 1, at: 10)])
    try commit([sample(0, 2, at: 10.999_999), sample(2, 1, at: 10.5)])
    #expect(try places == ["0 1", "1 1", "2 1"])
    try commit([sample(0, 3, at: 11), sample(1, 2, at: 11)])
    #expect(try places == ["0 1", "1 1", "2 1", "0 3", "1 2"])
    // A clock that is behind is no reason to wait for it.
    try commit([sample(0, 4, at: 3)])
    #expect(try places.first == "0 4")
  }

  @Test("it is written with the positions or not at all")
  func atomic() throws {
    let old = try bench.claim(0)[0]
    _ = try bench.claim(0)
    #expect(throws: PostgresError.self) { try commit([sample(0, 1, at: 1)], by: old) }
    #expect(try places.isEmpty)
    try commit([sample(0, 1, at: 1)])
    #expect(try places == ["0 1"])
    #expect(try bench.verify().holds)
  }

  @Test("whatever texts a producer sends, Postgres takes the event")
  func anyText() throws {
    var sampler = try #require(EventSampler(bench.plan))
    let decoder = try bench.stream.makeDecoder()
    let batch = EventBatch(specs: bench.plan.columns, capacity: 1)
    let claim = try bench.claim(0)[0]
    var checkpoint = try bench.checkpoint(claim, [Download()])
    let texts: [[UInt8]] = [
      [0], [0xFF, 0xFE], Array("\u{1}\u{1F}\u{7F}\u{9F}\"\\".utf8), Array("\u{10FFFF}\u{FEFF}".utf8),
      [0xED, 0xA0, 0x80], Array(repeating: 0xC3, count: 40_000),
    ]
    for (index, text) in texts.enumerated() {
      // The text stands where the region is.
      var bytes = Download(region: "").encoded
      let place = try #require(Self.emptyRegion(in: bytes))
      bytes.replaceSubrange(place...place, with: Self.length(text.count) + text)
      let records = RecordBatch(copying: [OwnedRecord(payload: bytes, partition: 0, offset: Int64(index))])
      decoder.decode(records, into: batch)
      #expect(batch.failures.isEmpty)
      sampler.collect(
        from: batch, [.init(partition: 0, rows: 0..<1)], records, topic: Bench.topic, firstRow: 0, watermark: nil,
        now: Self.start + Int64(index) * 1_000_000)
    }
    checkpoint.samples = sampler.empty()
    #expect(checkpoint.samples.count == texts.count)
    try bench.commit(checkpoint)
    let stored = try bench.rows("SELECT event->'user'->>'region' FROM event_log ORDER BY record_offset")
    #expect(Array(stored.prefix(2)) == ["\u{FFFD}", "\u{FFFD}\u{FFFD}"])
    #expect(stored[2] == "\u{1}\u{1F}\u{7F}\u{9F}\"\\" && stored[3] == "\u{10FFFF}\u{FEFF}")
    #expect(stored[5].hasSuffix("…"))
  }

  /// Where an empty text follows the user's id `u1`.
  private static func emptyRegion(in bytes: [UInt8]) -> Int? {
    bytes.indices.first { bytes[$0...].starts(with: [4, 0x75, 0x31, 0]) }.map { $0 + 3 }
  }

  /// A length as Avro writes it.
  private static func length(_ count: Int) -> [UInt8] {
    var rest = UInt64(count) << 1
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  @Test("the API's role may not read it")
  func reader() throws {
    #expect(
      try bench.rows("SELECT has_table_privilege('streampulse_reader', 'event_log', 'SELECT')") == ["f"])
    #expect(try bench.rows("SELECT has_table_privilege('streampulse_reader', 'region_health', 'SELECT')") == ["t"])
  }

  @Test("a processor samples a stream that asks for it, and no other")
  func processor() throws {
    let load = try Load()
    let scratch = try ScratchProject()
    let option = "sample '\\''1 hour'\\''"
    let sampled = try scratch.change("sql/streams/content_downloads.sql", "s/event_time/\(option), event_time/")
    let plain = try Instance(bench, load)
    try load.send(90)
    try until("90 events", of: [plain]) { try bench.total == 90 }
    #expect(plain.stop() == "stopped")
    #expect(try places.isEmpty)
    let instance = try Instance(bench, load, project: sampled)
    try load.send(300)
    try until("390 events", of: [instance]) { try bench.total == 390 }
    #expect(instance.stop() == "stopped")
    #expect(try places.count == 3)
    #expect(
      try bench.rows(
        "SELECT bool_and(record_offset >= 30 AND record_offset < 130), count(DISTINCT partition) FROM event_log")
        == ["t 3"])
  }
}

import Dataflow
import Events
import JSON
import Plan
import Project
import Testing

@testable import Processing
@testable import ProcessingTestSupport

/// Times in seconds since some moment.
@Suite struct EventSamplerTests {
  private let project: Project
  private let plan: StreamPlan
  private let batch: EventBatch

  init() throws {
    project = try Project(folder: repository)
    var plan = project.streams[0].plan
    plan.definition.sampleIntervalMicroseconds = 1_000_000
    self.plan = plan
    batch = EventBatch(specs: plan.columns, capacity: 64)
  }

  /// Has the sampler look at records of these partitions, each with an offset.
  private func collect(
    _ sampler: inout EventSampler, at seconds: Double, _ records: [(partition: Int32, offset: Offset)],
    payload: (Offset) -> [UInt8] = { _ in Download().encoded }, watermark: Int64? = nil
  ) throws {
    let source = RecordBatch(
      copying: records.map {
        OwnedRecord(
          payload: payload($0.offset), partition: $0.partition, offset: $0.offset, timestampMilliseconds: $0.offset)
      })
    try project.streams[0].makeDecoder().decode(source, into: batch)
    var runs: [PartitionRun] = []
    for (row, record) in records.enumerated() {
      if let last = runs.last, last.partition == record.partition {
        runs[runs.count - 1].rows = last.rows.lowerBound..<row + 1
      } else {
        runs.append(PartitionRun(partition: record.partition, rows: row..<row + 1))
      }
    }
    sampler.collect(
      from: batch, runs, source, topic: "t", firstRow: 0, watermark: watermark, now: Int64(seconds * 1_000_000))
  }

  private func places(_ events: [SampledEvent]) -> [String] { events.map { "\($0.partition.partition)@\($0.offset)" } }

  @Test("a stream without a sample has no sampler")
  func absent() {
    #expect(EventSampler(project.streams[0].plan) == nil)
  }

  @Test("of each partition at most one event in the interval is taken, the first of a batch")
  func interval() throws {
    var sampler = try #require(EventSampler(plan))
    try collect(&sampler, at: 10, [(0, 1), (0, 2), (3, 7), (0, 3)])
    try collect(&sampler, at: 10.999_999, [(0, 4), (3, 8), (5, 1)])
    #expect(places(sampler.empty()) == ["0@1", "3@7", "5@1"])
    #expect(sampler.empty().isEmpty)
    try collect(&sampler, at: 11, [(0, 5), (3, 9), (5, 2)])
    try collect(&sampler, at: 11.5, [(0, 6), (5, 3)])
    try collect(&sampler, at: 12.1, [(5, 4), (0, 7)])
    #expect(places(sampler.empty()) == ["0@5", "3@9", "5@4", "0@7"])
  }

  @Test("a clock that was set back is no reason to wait")
  func clock() throws {
    var sampler = try #require(EventSampler(plan))
    try collect(&sampler, at: 1_000, [(0, 1)])
    try collect(&sampler, at: 10, [(0, 2)])
    try collect(&sampler, at: 10.5, [(0, 3)])
    #expect(places(sampler.empty()) == ["0@1", "0@2"])
  }

  @Test("dead letters are no events: the next good one is taken, and a run without any leaves the partition due")
  func dead() throws {
    var sampler = try #require(EventSampler(plan))
    let payload = { (offset: Offset) -> [UInt8] in offset < 3 ? [1] : Download().encoded }
    try collect(&sampler, at: 1, [(0, 1), (0, 2), (0, 3), (1, 2)], payload: payload)
    try collect(&sampler, at: 1.1, [(1, 5)], payload: payload)
    #expect(places(sampler.empty()) == ["0@3", "1@5"])
  }

  @Test("what waits is bounded, in number and in bytes")
  func bounds() throws {
    var sampler = try #require(EventSampler(plan))
    for second in 0..<EventSampler.maximumWaiting / 8 + 5 {
      try collect(&sampler, at: Double(second), (0..<8).map { (Int32($0), Offset(second)) })
    }
    #expect(sampler.empty().count == EventSampler.maximumWaiting)
    // Three texts of an event are kept up to their bound.
    let long = Download(content: String(repeating: "c", count: 1 << 20), title: String(repeating: "t", count: 1 << 20))
    for second in 1_000..<1_400 { try collect(&sampler, at: Double(second), [(0, 1)], payload: { _ in long.encoded }) }
    let events = sampler.empty()
    #expect(events.allSatisfy { $0.document.count < 3 * EventSampler.longestValue })
    let bytes = events.reduce(0) { $0 + $1.byteCount }
    #expect(bytes >= EventSampler.maximumBytes && bytes < EventSampler.maximumBytes + 3 * EventSampler.longestValue)
  }

  @Test("a sampled event has its place, its times and all columns that definitions use, as objects within objects")
  func content() throws {
    var sampler = try #require(EventSampler(plan))
    try collect(
      &sampler, at: 2_000_000_000, [(2, 40)], payload: { _ in Download(region: "JP", speed: 2.5).encoded },
      watermark: 77)
    let event = try #require(sampler.empty().first)
    #expect(event.partition == TopicPartition(topic: "t", partition: 2))
    #expect(event.offset == 40 && event.recordTimestamp == 40_000 && event.watermark == 77)
    #expect(event.eventTime == Download.start * 1000 && event.sampledAt == 2_000_000_000_000_000)
    let document = try JSONValue(parsing: event.document)
    #expect(document["user"]?["region"] == .string("JP"))
    #expect(document["download"]?["speed_mbps"] == .number("2.5"))
    #expect(document["timestamp"] == .string("2026-01-01T00:00:00Z"))
    #expect(
      Set(plan.columns.map { $0.path[0] }) == Set((document.objectValue ?? []).map(\.name)))
  }
}

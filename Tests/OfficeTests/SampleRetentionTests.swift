import Testing

@testable import Office
@testable import ProcessingTestSupport

@Suite struct SampleRetentionTests {
  private let bench: Bench
  private let day: Int64 = 86_400_000_000

  init() throws {
    bench = try Bench()
  }

  /// Events of a stream, the first an hour ago, then one each hour before.
  private func insert(_ count: Int, of stream: String) throws {
    try bench.connection.execute(
      """
      INSERT INTO event_log (stream, cluster, topic, partition, record_offset, event_time, event, sampled_at)
      SELECT '\(stream)', 'c', 't', 0, n, now(), '{}', now() - n * interval '1 hour' FROM generate_series(1, \(count)) AS n
      """)
  }

  private func offsets(_ stream: String) throws -> [String] {
    try bench.rows("SELECT record_offset FROM event_log WHERE stream = '\(stream)' ORDER BY sampled_at DESC")
  }

  @Test("the newest events stay, and others' are not touched; each statement removes no more than its portion")
  func count() throws {
    let retention = SampleRetention(maximumEvents: 5, portion: 3)
    try insert(12, of: "a")
    try insert(7, of: "b")
    var removed: [Int] = []
    repeat { removed.append(try retention.removePortion(of: "a", keep: day, bench.connection)) } while removed.last == 3
    #expect(removed == [3, 3, 1])
    #expect(try offsets("a") == ["1", "2", "3", "4", "5"])
    #expect(try offsets("b").count == 7)
    #expect(try retention.removePortion(of: "a", keep: day, bench.connection) == 0)
  }

  @Test("events that are older than they are kept go, the oldest first")
  func age() throws {
    let retention = SampleRetention(maximumEvents: 100, portion: 2)
    try insert(6, of: "a")
    let keep = 3 * day / 24 + day / 48
    #expect(try retention.removePortion(of: "a", keep: keep, bench.connection) == 2)
    #expect(try offsets("a") == ["1", "2", "3", "4"])
    #expect(try retention.removePortion(of: "a", keep: keep, bench.connection) == 1)
    #expect(try offsets("a") == ["1", "2", "3"])
  }

  @Test("a stream without events has nothing to remove")
  func empty() throws {
    #expect(try SampleRetention().removePortion(of: "a", keep: day, bench.connection) == 0)
    try insert(3, of: "a")
    #expect(try SampleRetention().removePortion(of: "a", keep: day, bench.connection) == 0)
  }

  @Test("of ten thousand and fifty events fifty go")
  func defaults() throws {
    try insert(10_050, of: "a")
    #expect(try SampleRetention().removePortion(of: "a", keep: 36_525 * day, bench.connection) == 50)
    #expect(try bench.rows("SELECT count(*) FROM event_log") == ["10000"])
  }
}

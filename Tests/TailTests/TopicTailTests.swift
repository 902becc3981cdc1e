import Events
import Faults
import Kafka
import Tail
import Testing

@testable import ProcessingTestSupport

@Suite(.serialized) struct TopicTailTests {
  private let load: Load

  init() throws {
    load = try Load()
  }

  private func tail(
    from start: TopicTail.Start, topic: String = Bench.topic, partition: Int32? = nil
  ) throws -> TopicTail {
    try TopicTail(
      KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers), topic: topic, group: "streampulse-tail",
      from: start, partition: partition)
  }

  /// Reads so many records: `partition@offset` of each.
  private func read(_ tail: TopicTail, _ count: Int) throws -> [String] {
    var places: [String] = []
    let deadline = ContinuousClock.now + .seconds(60)
    try tail.run(
      until: { ContinuousClock.now > deadline }, notice: { _ in },
      take: { records in
        places += records.records.map { "\($0.partition)@\($0.offset)" }
        return places.count < count
      })
    return places.sorted()
  }

  @Test("from the beginning all is read, from an offset what follows it, and the end is where nothing is yet")
  func places() throws {
    try load.send(30)
    let all = (0..<3).flatMap { partition in (0..<10).map { "\(partition)@\($0)" } }.sorted()
    let first = try tail(from: .beginning)
    defer { first.close() }
    #expect(try read(first, 30) == all)
    let second = try tail(from: .offset(8))
    defer { second.close() }
    #expect(try read(second, 6) == all.filter { $0.hasSuffix("8") || $0.hasSuffix("9") })
    let third = try tail(from: .end)
    defer { third.close() }
    try load.send(3)
    #expect(try read(third, 3) == ["0@10", "1@10", "2@10"])
    #expect(first.starts == [0: 0, 1: 0, 2: 0])
  }

  @Test("an offset that the log does not hold is its beginning or its end; one partition may be looked at alone")
  func clamped() throws {
    try load.send(30)
    let beyond = try tail(from: .offset(1_000), partition: 1)
    defer { beyond.close() }
    #expect(beyond.starts == [1: 10])
    try load.send(6)
    #expect(try read(beyond, 2) == ["1@10", "1@11"])
  }

  @Test("it ends when it is told to, though nothing comes")
  func ends() throws {
    let tail = try tail(from: .end)
    defer { tail.close() }
    var rounds = 0
    try tail.run(
      until: {
        rounds += 1
        return rounds > 3
      }, notice: { _ in }, take: { _ in true })
    #expect(rounds == 4)
  }

  @Test("a topic or a partition that is not there is said")
  func missing() throws {
    let topic = #expect(throws: PipelineError.self) { try tail(from: .end, topic: "nowhere") }
    #expect(topic?.description.contains("the topic nowhere does not exist") == true)
    let partition = #expect(throws: PipelineError.self) { try tail(from: .end, partition: 3) }
    #expect(partition?.description.contains("has no partition 3: the last one is 2") == true)
  }
}

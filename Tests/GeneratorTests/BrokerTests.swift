import ChildProcess
import EventEncoding
import Events
import Glibc
import Kafka
import TestThreads
import Testing

/// The program against the embedded broker. Each test has a broker and a child of its own.
@Suite(.blocking) struct BrokerTests {
  private static let topic = "content-downloads"

  /// Reads `count` records of all partitions from their beginning, calling `each` after every batch.
  private func read(
    _ broker: EmbeddedBroker, count: Int, commit: Bool = false, _ body: (Record) throws -> Void
  ) throws {
    let consumer = try KafkaConsumer(
      configuration: KafkaConfiguration(bootstrapServers: broker.bootstrapServers), topic: Self.topic,
      group: "streampulse")
    defer { consumer.close() }
    try consumer.subscribe()
    var seen = 0
    var next: [Int32: Offset] = [:]
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(180)
    while seen < count {
      try #require(clock.now < deadline, "only \(seen) of \(count) records came")
      for event in consumer.pollGroup() {
        if case .assign(let assigned) = event {
          try consumer.assign(Dictionary(uniqueKeysWithValues: assigned.map { ($0, KafkaConsumer.earliest) }))
        }
      }
      guard let batch = try consumer.consume(timeoutMilliseconds: 20) else { continue }
      for record in batch.records {
        try body(record)
        next[record.partition] = record.offset + 1
      }
      seen += batch.records.count
      if commit { try consumer.commit(next.of(topic: Self.topic)) }
    }
  }

  @Test("every event arrives, in Avro, keyed by its region; the summary says so")
  func events() throws {
    let broker = try EmbeddedBroker(topics: [(name: Self.topic, partitions: 3)])
    defer { broker.close() }
    let folder = try TemporaryFolder()
    let path = folder.path + "/events.jsonl"
    let run = try GeneratorRun(
      ["--count", "5000", "--rate", "20000", "--seed", "9", "--output", path],
      environment: ["KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers])
    #expect(run.exitStatus == 0, "\(run.output)")
    #expect(run.lines.last?.hasPrefix("sent 5000 events (5000 acknowledged, 0 failed) in ") == true)
    let reader = try ReferenceReader(schemaJSON: try eventSchema())
    var ids: Set<String> = []
    var partitions: [String: Set<Int32>] = [:]
    try read(broker, count: 5000) { record in
      let event = try #require(reader.read(Array(record.payloadBytes)))
      ids.insert(event.eventID)
      partitions[event.region, default: []].insert(record.partition)
      #expect(record.keyBytes.map { String(decoding: $0, as: UTF8.self) } == event.region)
    }
    #expect(partitions.values.allSatisfy { $0.count == 1 })
    let written = String(decoding: try #require(readFile(path)), as: UTF8.self).split(separator: "\n")
    #expect(Set(written.map { String($0.dropFirst(#"{"event_id":""#.count).prefix(36)) }) == ids && ids.count == 5000)
  }

  @Test("the broker of a running \"up\" is found in the data folder")
  func dataFolder() throws {
    let broker = try EmbeddedBroker(topics: [(name: Self.topic, partitions: 1)])
    defer { broker.close() }
    let folder = try TemporaryFolder()
    try writeFile(
      folder.path + "/env",
      "KAFKA_BOOTSTRAP_SERVERS=\(broker.bootstrapServers)\nDATABASE_URL=postgresql://127.0.0.1/x\n")
    let run = try GeneratorRun(["--count", "10"], environment: ["STREAMPULSE_DATA_DIR": folder.path])
    #expect(run.exitStatus == 0, "\(run.output)")
    #expect(run.lines.last?.hasPrefix("sent 10 events (10 acknowledged, 0 failed) in ") == true)
  }

  @Test("it waits for the reader rather than outrun it: nothing is dropped before it was read")
  func unread() throws {
    let broker = try EmbeddedBroker(topics: [(name: Self.topic, partitions: 1)])
    defer { broker.close() }
    let count = 60_000
    let output = try OutputFile()
    var launch = try GeneratorRun.launch(
      ["--count", String(count), "--rate", "max", "--kafka-property", "compression.codec=none"],
      environment: ["KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers])
    launch.output = output.descriptor
    let generator = try ChildProcess(launch)
    defer { generator.send(signal: SIGKILL) }
    // Nobody reads yet: it has to come to rest by itself.
    output.waitUntilItContains("waiting for the processor", seconds: 120)
    #expect(output.text.contains("waiting for the processor (group streampulse)"))
    #expect(generator.exitStatus == nil)
    var expected: Offset = 0
    try read(broker, count: count, commit: true) { record in
      #expect(record.offset == expected)
      expected = record.offset + 1
    }
    #expect(generator.wait(timeoutMilliseconds: 60_000)?.isSuccess == true)
    #expect(output.text.contains("sent \(count) events (\(count) acknowledged, 0 failed) in "))
    #expect(output.text.contains("going on"))
    #expect(!output.text.contains("dropped"))
  }

  @Test("of several streams it waits for the one that reads the topic")
  func readerOfSeveral() throws {
    let broker = try EmbeddedBroker(topics: [(name: "trips", partitions: 1)])
    defer { broker.close() }
    let definitions = ["rides", "trips", "others"].map { name in
      let topic = name == "others" ? name : "trips"
      let stream =
        "CREATE FOREIGN TABLE \(name) (at timestamptz NOT NULL) SERVER kafka OPTIONS (topic '\(topic)', format 'json', "
        + "event_time 'at');"
      return ("\(name).sql", stream)
    }
    let project = try TemporaryProject(streams: Dictionary(uniqueKeysWithValues: definitions))
    let output = try OutputFile()
    var launch = try GeneratorRun.launch(
      ["trips", "--count", "60000", "--rate", "max", "--streampulse-project", project.path],
      environment: ["KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers])
    launch.output = output.descriptor
    let generator = try ChildProcess(launch)
    defer { generator.send(signal: SIGKILL) }
    output.waitUntilItContains("waiting for the processor", seconds: 30)
    #expect(output.text.contains("waiting for the processor (group streampulse.rides, streampulse.trips)"))
    generator.send(signal: SIGINT)
    #expect(generator.wait(timeoutMilliseconds: 20_000) == .exited(0))
  }

  @Test("a signal ends the run in order: everything sent is acknowledged", arguments: [SIGINT, SIGTERM])
  func signal(number: Int32) throws {
    let broker = try EmbeddedBroker(topics: [(name: Self.topic, partitions: 3)])
    defer { broker.close() }
    let output = try OutputFile()
    var launch = try GeneratorRun.launch(
      ["--rate", "1000"], environment: ["KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers])
    launch.output = output.descriptor
    let generator = try ChildProcess(launch)
    defer { generator.send(signal: SIGKILL) }
    let admin = try KafkaAdmin(configuration: KafkaConfiguration(bootstrapServers: broker.bootstrapServers))
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(120)
    var arrived: Offset = 0
    while arrived < 100, clock.now < deadline {
      arrived = try (0..<3).reduce(0) { try $0 + admin.watermarkOffsets(topic: Self.topic, partition: $1).high }
    }
    generator.send(signal: number)
    #expect(generator.wait(timeoutMilliseconds: 60_000) == .exited(0))
    let summary = try #require(output.text.split(separator: "\n").last)
    let numbers = summary.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
    #expect(numbers.count >= 3 && numbers[0] >= 100 && numbers[1] == numbers[0] && numbers[2] == 0, "\(summary)")
  }
}

import Events
import Kafka
import Observability
import Postgres
import TestThreads
import Testing
import Threads

@testable import Office
@testable import ProcessingTestSupport
@testable import Storage

@Suite struct ForwardingPaceTests {
  private let down = KafkaError(code: "_MSG_TIMED_OUT", message: "", isRetriable: true)
  private let tooLarge = KafkaError(code: "MSG_SIZE_TOO_LARGE", message: "")

  @Test("while nothing can be forwarded a single letter is tried; success doubles the number up to the greatest")
  func brokerAway() {
    var pace = ForwardingPace(greatest: 6)
    #expect(pace.limit == 6)
    #expect(pace.failed(down, count: 6) == .wait)
    #expect(pace.limit == 1)
    #expect(pace.failed(down, count: 1) == .wait)
    var limits: [Int] = []
    for _ in 0..<4 {
      pace.succeeded()
      limits.append(pace.limit)
    }
    #expect(limits == [2, 4, 6, 6])
  }

  @Test("a letter that is refused for good is found among others, and set aside when it is alone")
  func refusedLetter() {
    var pace = ForwardingPace(greatest: 500)
    #expect(pace.failed(tooLarge, count: 3) == .retry)
    #expect(pace.limit == 1)
    #expect(pace.failed(tooLarge, count: 1) == .setAside)
  }
}

@Suite(.blocking) struct ForwarderTests {
  private static let topic = "letters"

  private let bench: Bench
  private let load: Load

  init() throws {
    bench = try Bench { $0.definition.deadLetterTopic = ForwarderTests.topic }
    load = try Load()
    try load.broker.createTopic(ForwarderTests.topic, partitions: 1)
  }

  private func forwarding(
    _ servers: String? = nil, log: Log = Log(), properties: [(name: String, value: String)] = [],
    _ body: () throws -> Void
  ) throws {
    let forwarder = Forwarder(
      stream: "content_downloads",
      kafka: KafkaConfiguration(bootstrapServers: servers ?? load.broker.bootstrapServers, properties: properties) {
        _ in
      },
      database: bench.settings.with("application_name", "streampulse forwarder")
    ) { log.append($0) }
    let thread = try WorkerThread(name: "forwarder") { forwarder.run() }
    defer {
      forwarder.stop()
      thread.join()
    }
    try body()
  }

  private var waiting: Int { get throws { Int(try bench.rows("SELECT count(*) FROM pulse.outbox")[0]) ?? -1 } }

  /// Records in the letters' topic.
  private func published() throws -> Int {
    let admin = try KafkaAdmin(configuration: KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers))
    return Int(try admin.watermarkOffsets(topic: ForwarderTests.topic, partition: 0, timeoutMilliseconds: 5000).high)
  }

  private func commitDead(_ count: Int) throws {
    try bench.commit(0, Array(repeating: Download(milliseconds: .max), count: count))
  }

  @Test("everything in the outbox is published once and noted, by one of two instances")
  func forwards() throws {
    try commitDead(1200)
    let log = Log()
    try forwarding(log: log) {
      try forwarding(log: log) { try until("an empty outbox") { try waiting == 0 } }
    }
    #expect(try published() == 1200)
    #expect(try bench.rows("SELECT count(*) FROM dead_letters WHERE forwarded_at IS NOT NULL") == ["1200"])
    let counts = log.observations.compactMap { if case .deadLettersForwarded(_, let count) = $0 { count } else { nil } }
    #expect(counts.reduce(0, +) == 1200)
    #expect(counts.allSatisfy { $0 <= Outbox.portion.letters })
    #expect(try bench.verify().holds)
  }

  @Test("while the brokers are away letters wait, and it is said once")
  func brokerAway() throws {
    try commitDead(3)
    let log = Log()
    try forwarding("127.0.0.1:1", log: log, properties: [("message.timeout.ms", "300")]) {
      try until("a failure") { !log.observations.isEmpty }
      let ticks = try commitsOfDatabase()
      // Each round asks the outbox again.
      try until("more rounds") { try commitsOfDatabase() > ticks + 5 }
    }
    #expect(log.observations.count == 1)
    #expect(try waiting == 3)
    try forwarding { try until("an empty outbox") { try waiting == 0 } }
    #expect(try published() == 3)
  }

  private func commitsOfDatabase() throws -> Int {
    Int(try bench.rows("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")[0]) ?? 0
  }

  @Test("what was acknowledged when the connection died is published again, under the same id")
  func lostAcknowledgement() throws {
    try commitDead(2)
    let outbox = Outbox(connection: bench.connection, stream: bench.plan.definition.name)
    let ids = try outbox.oldest(atMost: 10).map { $0.headers.first { $0.name == "streampulse.id" } }
    #expect(Set(ids).count == 2)
    #expect(try outbox.oldest(atMost: 10).map { $0.headers.first { $0.name == "streampulse.id" } } == ids)
    // A lock on the outbox: published, but not noted, when the backend is killed.
    let other = try PostgresConnection(bench.settings)
    try other.execute("BEGIN; LOCK TABLE pulse.outbox IN ROW EXCLUSIVE MODE; SELECT FROM pulse.outbox FOR UPDATE")
    try forwarding {
      try until("published letters") { try published() == 2 }
      try until("a killed connection") {
        try bench.rows(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'streampulse forwarder' AND wait_event_type = 'Lock' AND \(Bench.sessionIsHere)
          """
        ).isEmpty == false
      }
      #expect(try waiting == 2)
      try other.execute("ROLLBACK")
      try until("an empty outbox") { try waiting == 0 }
    }
    other.close()
    #expect(try published() >= 4)
  }

  @Test("a letter that is refused for good is set aside, and the others go on")
  func tooLarge() throws {
    try commitDead(3)
    try bench.connection.execute(
      "UPDATE dead_letters SET value = decode(repeat('00', 200000), 'hex') WHERE record_offset = 1")
    let log = Log()
    try forwarding(log: log, properties: [("message.max.bytes", "100000")]) {
      try until("the others") { try waiting == 1 }
    }
    #expect(try bench.rows("SELECT problem LIKE 'MSG_SIZE_TOO_LARGE%' FROM pulse.outbox") == ["t"])
    #expect(log.observations.filter { if case .deadLetterUnforwardable = $0 { true } else { false } }.count == 1)
    #expect(try published() == 2)
  }

  @Test("a forwarded letter is the original record, with why it is dead in additional headers")
  func headers() throws {
    var checkpoint = try bench.checkpoint(bench.claim(3)[0], [Download(milliseconds: .max)])
    checkpoint.deadLetters = [
      DeadLetter(
        partition: 3, offset: 0, timestampMilliseconds: 1_767_225_600_123, key: [0, 1], value: [],
        headers: [RecordHeader(name: "a", value: [0, 255]), RecordHeader(name: "b", value: nil)], schemaID: 7,
        code: .late, reason: "much too late", late: ("region_health", Download.start * 1000))
    ]
    checkpoint.advances[0].counts.dead = 0
    for index in checkpoint.advances[0].counts.aggregates.indices {
      checkpoint.advances[0].counts.aggregates[index].late = 1
    }
    try bench.commit(checkpoint)
    let outbox = Outbox(connection: bench.connection, stream: bench.plan.definition.name)
    let letter = try #require(try outbox.oldest(atMost: 1).first)
    #expect(letter.topic == "letters")
    #expect(letter.key == [0, 1])
    #expect(letter.value == [])
    #expect(Array(letter.headers.prefix(2)) == checkpoint.deadLetters[0].headers)
    let added = letter.headers.dropFirst(2).filter { $0.name != "streampulse.id" }
    #expect(
      added.map { "\($0.name)=\(String(decoding: $0.value ?? [], as: UTF8.self))" } == [
        "streampulse.code=LATE", "streampulse.reason=much too late", "streampulse.stream=content_downloads",
        "streampulse.cluster=cluster-1", "streampulse.topic=content-downloads", "streampulse.partition=3",
        "streampulse.offset=0", "streampulse.timestamp=1767225600123", "streampulse.schema_id=7",
        "streampulse.aggregate=region_health", "streampulse.window_start=2026-01-01T00:00:00.000Z",
      ])
  }
}

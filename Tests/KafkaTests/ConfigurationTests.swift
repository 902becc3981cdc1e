import Kafka
import Synchronization
import Testing

@Suite struct KafkaConfigurationTests {
  @Test(
    "a secret is not shown, whichever way the configuration is printed",
    arguments: [
      "sasl.password", "ssl.key.password", "ssl.key.pem", "sasl.oauthbearer.client.secret", "SSL.KEYSTORE.PASSWORD",
    ])
  func secrets(name: String) {
    let configuration = KafkaConfiguration(
      bootstrapServers: "kafka:9092", properties: [(name, "hunter2"), ("sasl.username", "reader")])
    var dumped = ""
    dump(configuration, to: &dumped)
    for text in ["\(configuration)", String(reflecting: configuration), dumped] {
      #expect(!text.contains("hunter2"))
      #expect(text.contains("\(name)=***"))
      #expect(text.contains("sasl.username=reader"))
    }
  }

  @Test("a property that librdkafka does not know is refused with its name")
  func unknownProperty() {
    let configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:1", properties: [("no.such.property", "1")])
    let error = #expect(throws: KafkaError.self) { try KafkaProducer(configuration: configuration) }
    #expect(error?.code == "_INVALID_ARG")
    #expect(error?.message.contains("no.such.property") == true)
  }

  @Test(
    "a property that delivery rests on cannot be changed by the user",
    arguments: [
      ("enable.auto.commit", "true"), ("enable.auto.offset.store", "true"), ("partition.assignment.strategy", "range"),
      ("group.id", "other"),
    ])
  func protectedProperty(name: String, value: String) {
    let configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:1", properties: [(name, value)])
    let error = #expect(throws: KafkaError.self) {
      try KafkaConsumer(configuration: configuration, topic: "t", group: "g")
    }
    #expect(error?.message.contains(name) == true)
  }

  @Test("the user's properties win over the defaults")
  func userWins() throws {
    // The default bound lets a record of 2,000 bytes pass.
    let configuration = KafkaConfiguration(
      bootstrapServers: "127.0.0.1:1", properties: [("message.max.bytes", "1000")], log: { _ in })
    let producer = try KafkaProducer(configuration: configuration)
    let error = #expect(throws: KafkaError.self) {
      try producer.sendText("t", 0, key: nil, value: String(repeating: "x", count: 2_000))
    }
    #expect(error?.code == "MSG_SIZE_TOO_LARGE")
  }

  @Test("no bootstrap servers is an error, not a wait")
  func noServers() {
    #expect(throws: KafkaError.self) { try KafkaAdmin(configuration: KafkaConfiguration(bootstrapServers: "")) }
  }

  @Test("librdkafka's log lines go to the configuration's closure")
  func log() throws {
    let lines = Mutex<[KafkaLogLine]>([])
    let configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:1") { line in
      lines.withLock { $0.append(line) }
    }
    let producer = try KafkaProducer(configuration: configuration)
    try until("a line about the refused connection") {
      producer.poll(timeoutMilliseconds: 50)
      return lines.withLock { $0.contains { $0.level <= .error && $0.message.contains("127.0.0.1:1") } }
    }
  }
}

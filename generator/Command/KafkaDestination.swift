import Configuration
import Events
import Kafka
import Synthesis
import Threads

/// The topic that events are sent to, and how many it takes now. To be used on one thread.
final class KafkaDestination {
  let topic: String
  let bootstrapServers: String
  private let producer: KafkaProducer
  private let admin: KafkaAdmin
  /// Those that read the topic.
  private let groups: [String]
  private let partitions: Int32
  /// Only for the embedded broker, which drops what is not read in time.
  private var limit: UnreadLimit?
  private var lastLook: Int64 = 0
  private var unansweredLooks = 0
  private let report: (String) -> Void
  /// nil: records have no headers.
  private let trace: TraceHeader?

  /// Half of what the embedded broker keeps: its batches are dropped whole, and the estimate of sizes is one.
  private static let maxUnreadBytes = 2_500_000
  /// Looking is a few round trips to the broker: it is done once a second, because others may be sending too, and
  /// after 20 ms when few events may still be sent. In nanoseconds.
  private static let lookInterval: Int64 = 1_000_000_000
  private static let scarceLookInterval: Int64 = 20_000_000
  private static let scarceAllowance = 4096
  private static let questionTimeoutMilliseconds: Int32 = 10_000
  /// A broker that has not answered so many times in a row is gone.
  private static let maxUnansweredLooks = 6

  /// Makes the topic with `partitions` when it is missing. `eventsPerSecond` is nil when they are sent as fast as
  /// possible. `report` is told what a person should know.
  init(
    configuration: Configuration, topic: String, partitions: Int, eventsPerSecond: Double?,
    trace: TraceHeader? = nil, report: @escaping (String) -> Void
  ) throws {
    bootstrapServers = try findBroker(configuration)
    self.topic = topic
    groups = readerGroups(of: topic, configuration)
    self.report = report
    self.trace = trace
    var kafka = KafkaConfiguration(
      bootstrapServers: bootstrapServers,
      properties: configuration.kafka.properties.map { (name: $0.name, value: $0.value) },
      log: { line in
        // Called on librdkafka's threads. Why a connection fails is said only here.
        if line.level <= .error { writeError("event-generator: \(line.message)\n") }
      })
    admin = try KafkaAdmin(configuration: kafka)
    do {
      try admin.createTopicIfMissing(
        topic, partitions: partitions, timeoutMilliseconds: Self.questionTimeoutMilliseconds)
    } catch {
      throw GeneratorError("cannot use topic \(topic) at \(bootstrapServers): \(error)")
    }
    self.partitions = Int32(try admin.partitionCount(topic) ?? partitions)
    // A broker that is away for longer is not worth waiting for; the user's own value, which comes later, wins.
    kafka.properties.insert(("message.timeout.ms", "60000"), at: 0)
    let identity = try admin.clusterIdentity(timeoutMilliseconds: Self.questionTimeoutMilliseconds)
    if identity.isEmbedded {
      limit = UnreadLimit(maxUnreadBytes: Self.maxUnreadBytes)
      if let eventsPerSecond {
        let linger = EmbeddedBroker.lingerMilliseconds(eventsPerSecond: eventsPerSecond)
        kafka.properties.insert(("linger.ms", String(linger)), at: 0)
      }
    }
    producer = try KafkaProducer(configuration: kafka)
  }

  /// How many events may be sent now.
  func allowance() throws -> Int {
    guard let before = limit?.allowance else { return .max }
    let interval = before < Self.scarceAllowance ? Self.scarceLookInterval : Self.lookInterval
    if Clock.monotonicNanoseconds() - lastLook >= interval {
      try look()
      lastLook = Clock.monotonicNanoseconds()
    }
    return limit?.allowance ?? .max
  }

  /// Hands an event over; false: the queue is full, `poll` first.
  func send(_ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer?) throws -> Bool {
    // No record timestamp of its own but the time of sending: a broker deletes by it, and would drop an old log at once.
    let headers = trace.map { [$0.next()] } ?? []
    guard try producer.send(topic: topic, key: key, value: value, headers: headers) else { return false }
    limit?.didSend(bytes: value.count + (key?.count ?? 0))
    return true
  }

  func poll(timeoutMilliseconds: Int32 = 0) {
    producer.poll(timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Waits for at most that long for what is on its way; returns how much of it is left.
  func flush(timeoutMilliseconds: Int32) -> Int {
    producer.flush(timeoutMilliseconds: timeoutMilliseconds)
  }

  var acknowledged: Int { producer.delivered }
  var failed: Int { producer.failed }

  /// What went wrong last, if anything.
  var lastError: String? {
    (producer.lastDeliveryError ?? producer.lastClientError)?.description
  }

  /// Asks the embedded broker how far its reader is. Without an answer what may be sent stays as it is.
  private func look() throws(KafkaError) {
    let states: [UnreadLimit.Partition]
    // Before the question: what is delivered meanwhile is counted twice rather than not at all.
    let inFlight = producer.inFlight
    do {
      states = try unread()
      unansweredLooks = 0
    } catch {
      unansweredLooks += 1
      guard error.isRetriable, unansweredLooks < Self.maxUnansweredLooks else { throw error }
      return
    }
    for change in limit?.didLook(at: states, inFlight: inFlight) ?? [] {
      switch change {
      case .waiting:
        report("waiting for the processor (group \(groupNames)): the embedded broker has no more room")
      case .resumed: report("the processor has caught up, going on")
      case .lost(let records):
        report("the embedded broker dropped \(counted(records, "record")) before group \(groupNames) had read them")
      }
    }
  }

  private var groupNames: String { groups.joined(separator: ", ") }

  private func unread() throws(KafkaError) -> [UnreadLimit.Partition] {
    let timeout = Self.questionTimeoutMilliseconds
    let committed = try groups.map { group throws(KafkaError) in
      try admin.committedOffsets(group: group, topic: topic, timeoutMilliseconds: timeout)
    }
    var states: [UnreadLimit.Partition] = []
    for partition in 0..<partitions {
      let offsets = try admin.watermarkOffsets(topic: topic, partition: partition, timeoutMilliseconds: timeout)
      // Who has not committed yet has read nothing.
      let slowest = committed.contains { $0[partition] == nil } ? nil : committed.compactMap { $0[partition] }.min()
      states.append(UnreadLimit.Partition(low: offsets.low, high: offsets.high, committed: slowest))
    }
    return states
  }
}

import Downloads
import EventEncoding
import Events
import Glibc
import Kafka
import Synthesis
import Threads

/// Sends download events of now at a steady rate on a thread of its own, some of them out of order, some malformed.
///
/// What the broker has of them is not known here: an acknowledgement may be lost. The truth is what the log holds.
final class EventSource: Sendable {
  struct Progress: Sendable {
    var sent = 0
    var acknowledged = 0
    var isStopping = false
    var isOver = false
    var problem: String?
  }

  private let state = Monitor(Progress())
  private let thread: WorkerThread

  /// Every so many records one is malformed.
  private static let malformedInterval = 1_500
  /// As many records in a row go to one partition as a busy producer's batches have.
  private static let runLength = 64
  /// While the broker is away records wait; then the source does, too.
  private static let maxInFlight = 100_000

  init(_ broker: BrokerProcess, schemaJSON: String, seed: UInt64, eventsPerSecond: Double) throws {
    let state = state
    var kafka = broker.kafka
    // A record is never given up: a broker that was killed comes back.
    kafka.properties += [("message.timeout.ms", "0"), ("linger.ms", "50")]
    let (topic, partitions, configuration) = (broker.topic, broker.partitions, kafka)
    thread = try WorkerThread(name: "source") {
      do {
        try EventSource.run(
          state, configuration, topic, partitions: partitions, schemaJSON, seed: seed, rate: eventsPerSecond)
      } catch {
        state.update { $0.problem = "\(error)" }
      }
      state.update { $0.isOver = true }
    }
  }

  deinit {
    state.update { $0.isStopping = true }
  }

  var progress: Progress { state.read { $0 } }

  /// Sends nothing more. It is over when everything has been acknowledged.
  func stop() {
    state.update { $0.isStopping = true }
  }

  private static func run(
    _ state: Monitor<Progress>, _ kafka: KafkaConfiguration, _ topic: String, partitions: Int, _ schemaJSON: String,
    seed: UInt64, rate: Double
  ) throws {
    let producer = try KafkaProducer(configuration: kafka)
    let synthesizer = try DownloadSynthesizer(
      settings: SynthesisSettings(
        seed: seed, regions: 100, outOfOrder: OutOfOrder(share: 0.05, maxSeconds: 3),
        beginningMilliseconds: Clock.wallMilliseconds()))
    let encoder = try DownloadEncoder(schemaJSON: schemaJSON)
    var pacer = Pacer(rate: rate, now: Clock.monotonicNanoseconds())
    var sent = 0
    while !state.read({ $0.isStopping }) {
      let room = max(0, maxInFlight - producer.inFlight)
      let due = pacer.due(now: Clock.monotonicNanoseconds(), limit: min(room, 512))
      for _ in 0..<due {
        let event = synthesizer.event(UInt64(sent), timestampMilliseconds: Clock.wallMilliseconds())
        let bytes = try encoder.encode(event)
        let partition = Int32(sent / runLength % partitions)
        let key = UnsafeRawBufferPointer(event.place.bytes)
        if sent % malformedInterval == malformedInterval - 1 {
          let kind = MalformedRecord.allCases[sent / malformedInterval % MalformedRecord.allCases.count]
          try send(kind.bytes(from: bytes), key, producer, topic, partition)
        } else {
          while try !producer.send(topic: topic, partition: partition, key: key, value: bytes) {
            producer.poll(timeoutMilliseconds: 10)
          }
        }
        sent += 1
      }
      pacer.didSend(due)
      producer.poll(timeoutMilliseconds: due == 0 ? 5 : 0)
      state.update {
        $0.sent = sent
        $0.acknowledged = producer.delivered
      }
      if let error = producer.lastClientError, error.isFatal { throw error }
      if let error = producer.lastDeliveryError { throw error }
    }
    while producer.flush(timeoutMilliseconds: 200) > 0 {
      state.update { $0.acknowledged = producer.delivered }
      if let error = producer.lastDeliveryError { throw error }
    }
    state.update { $0.acknowledged = producer.delivered }
  }

  private static func send(
    _ value: [UInt8]?, _ key: UnsafeRawBufferPointer, _ producer: KafkaProducer, _ topic: String, _ partition: Int32
  ) throws {
    let headers = [RecordHeader(name: MalformedRecord.header, value: nil)]
    func send(_ bytes: UnsafeRawBufferPointer?) throws {
      while try !producer.send(topic: topic, partition: partition, key: key, value: bytes, headers: headers) {
        producer.poll(timeoutMilliseconds: 10)
      }
    }
    guard let value else { return try send(nil) }
    try value.withUnsafeBytes { try send($0) }
  }
}

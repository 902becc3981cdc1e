import Events
import Glibc
import Kafka
import Synthesis
import Threads

/// Sends records of now to all topics at a steady rate on a thread of its own, some of them out of order, some malformed.
///
/// What the broker has of them is not known here: an acknowledgement may be lost. The truth is what the logs hold.
final class EventSource: Sendable {
  struct Progress: Sendable {
    var acknowledged = 0
    var isStopping = false
    var isOver = false
    var problem: String?
  }

  private let state = Monitor(Progress())
  private let thread: WorkerThread

  /// As many records in a row go to one partition as a busy producer's batches have.
  private static let runLength = 64
  /// While the broker is away records wait; then the source does, too.
  private static let maxInFlight = 100_000

  /// - Parameter eventsPerSecond: of all loads together.
  init(_ broker: BrokerProcess, _ loads: [any TopicLoad], seed: UInt64, eventsPerSecond: Double) throws {
    let state = state
    var kafka = broker.kafka
    // A record is never given up: a broker that was killed comes back.
    kafka.properties += [("message.timeout.ms", "0"), ("linger.ms", "50")]
    let (partitions, configuration) = (broker.partitions, kafka)
    thread = try WorkerThread(name: "source") {
      do {
        let senders = try loads.map { try Sender($0, partitions: partitions, seed: seed) }
        try EventSource.run(state, configuration, senders, rate: eventsPerSecond)
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
    _ state: Monitor<Progress>, _ kafka: KafkaConfiguration, _ senders: [Sender], rate: Double
  ) throws {
    let producer = try KafkaProducer(configuration: kafka)
    let turns = senders.flatMap { Array(repeating: $0, count: $0.load.share) }
    guard !turns.isEmpty else { return }
    var pacer = Pacer(rate: rate, now: Clock.monotonicNanoseconds())
    var sent = 0
    while !state.read({ $0.isStopping }) {
      let room = max(0, maxInFlight - producer.inFlight)
      let due = pacer.due(now: Clock.monotonicNanoseconds(), limit: min(room, 512))
      for _ in 0..<due {
        try turns[sent / runLength % turns.count].sendNext(producer)
        sent += 1
      }
      pacer.didSend(due)
      producer.poll(timeoutMilliseconds: due == 0 ? 5 : 0)
      state.update { $0.acknowledged = producer.delivered }
      if let error = producer.lastClientError, error.isFatal { throw error }
      if let error = producer.lastDeliveryError { throw error }
    }
    while producer.flush(timeoutMilliseconds: 200) > 0 {
      state.update { $0.acknowledged = producer.delivered }
      if let error = producer.lastDeliveryError { throw error }
    }
    state.update { $0.acknowledged = producer.delivered }
  }

  /// Sends the records of one load, one after the other.
  private final class Sender {
    let load: any TopicLoad
    private let synthesizer: any RecordSynthesizer
    private let partitions: Int
    private var number = 0

    init(_ load: any TopicLoad, partitions: Int, seed: UInt64) throws {
      self.load = load
      self.partitions = partitions
      synthesizer = try load.makeSynthesizer(seed: seed)
    }

    func sendNext(_ producer: KafkaProducer) throws {
      let now = Clock.wallMilliseconds()
      let (turn, rest) = number.quotientAndRemainder(dividingBy: load.malformedInterval)
      let record =
        rest == load.malformedInterval - 1
        ? try synthesizer.malformed(number, turn: turn, milliseconds: now)
        : try synthesizer.record(number, milliseconds: now)
      let partition = Int32(number / EventSource.runLength % partitions)
      let headers = record.fault.map { [RecordHeader(name: LoadRecord.header, value: Array($0.utf8))] } ?? []
      try record.key.withUnsafeBytes { key in
        func send(_ value: UnsafeRawBufferPointer?) throws {
          while try !producer.send(topic: load.topic, partition: partition, key: key, value: value, headers: headers) {
            producer.poll(timeoutMilliseconds: 10)
          }
        }
        guard let value = record.value else { return try send(nil) }
        try value.withUnsafeBytes { try send($0) }
      }
      number += 1
    }
  }
}

import Kafka
import Observability
import Postgres
import Storage
import Threads

/// Publishes dead letters from the outbox to their topic, at least once: what is acknowledged by all replicas leaves the
/// outbox, and what was under way at a crash is published again with the same id.
///
/// One instance does it, elected by an advisory lock; the others stand by.
public final class Forwarder: Sendable {
  private static let intervalMilliseconds = 250
  private static let pollMilliseconds: Int32 = 100
  /// Above `message.timeout.ms`: whoever waits for the brokers is not to be succeeded by another, who would publish the
  /// same letters.
  private static let absenceMilliseconds = 60_000

  private let stream: String
  private let kafka: KafkaConfiguration
  private let database: ConnectionSettings
  private let observe: @Sendable (Observation) -> Void
  private let interruption = Interruption()

  public init(
    stream: String, kafka: KafkaConfiguration, database: ConnectionSettings,
    observe: @escaping @Sendable (Observation) -> Void
  ) {
    self.stream = stream
    var kafka = kafka
    // A letter waits in the outbox, not in librdkafka; the broker alone says what is too large; nothing but the
    // acknowledgement of all replicas empties the outbox.
    kafka.properties =
      [(name: "message.timeout.ms", value: "30000"), (name: "message.max.bytes", value: "100000000")] + kafka.properties
      + [(name: "acks", value: "all")]
    self.kafka = kafka
    self.database = database
    self.observe = observe
  }

  /// Forwards until `stop`. Blocks the calling thread.
  public func run() {
    var office = ElectedConnection(
      database, lock: .forwarding(stream: stream), interruption,
      absenceMilliseconds: Forwarder.absenceMilliseconds)
    var way = Way()
    while !isStopping {
      let pause = forwardPortion(&office, &way)
      interruption.wait(milliseconds: pause)
    }
    office.close()
  }

  /// Ends `run`; what is under way stays in the outbox.
  public func stop() {
    interruption.request()
  }

  private var isStopping: Bool { interruption.isRequested }

  /// The way to the brokers and how it goes there.
  private struct Way {
    var producer: KafkaProducer?
    var pace = ForwardingPace(greatest: Outbox.portion.letters)
    var backOff = BackOff()
    /// Something is wrong, and it has been said.
    var hasProblem = false
  }

  /// Returns how long to wait before the next portion, in milliseconds.
  private func forwardPortion(_ office: inout ElectedConnection, _ way: inout Way) -> Int {
    do throws(PostgresError) {
      guard let connection = try office.elected() else { return Forwarder.intervalMilliseconds }
      let outbox = Outbox(connection: connection, stream: stream)
      let letters = try outbox.oldest(atMost: way.pace.limit)
      if !letters.isEmpty {
        do throws(KafkaError) {
          guard try publish(letters, &way) else { return 0 }
        } catch {
          return try failed(error, letters, outbox, &way)
        }
        try outbox.forwarded(letters.map(\.id))
        way.pace.succeeded()
        observe(.deadLettersForwarded(topic: letters[0].topic, count: letters.count))
      }
      way.hasProblem = false
      way.backOff.reset()
      return letters.isEmpty ? Forwarder.intervalMilliseconds : 0
    } catch {
      report(error.description, &way)
      office.close()
      return way.backOff.next()
    }
  }

  private func failed(
    _ error: KafkaError, _ letters: [OutgoingLetter], _ outbox: Outbox, _ way: inout Way
  ) throws(PostgresError) -> Int {
    // Whatever it holds is given up, and a fatal error would stay with it.
    way.producer = nil
    switch way.pace.failed(error, count: letters.count) {
    case .retry: return 0
    case .setAside:
      try outbox.setAside(letters[0].id, problem: error.description)
      observe(.deadLetterUnforwardable(id: letters[0].id, reason: error.description))
      return 0
    case .wait:
      report(error.description, &way)
      return way.backOff.next()
    }
  }

  /// Says a problem once until things go well again.
  private func report(_ problem: String, _ way: inout Way) {
    guard !way.hasProblem, !isStopping else { return }
    way.hasProblem = true
    observe(.forwardingFailed(reason: problem))
  }

  /// Publishes the letters and waits for all acknowledgements. Returns false when it was stopped before.
  private func publish(_ letters: [OutgoingLetter], _ way: inout Way) throws(KafkaError) -> Bool {
    let producer: KafkaProducer
    if let open = way.producer { producer = open } else { producer = try KafkaProducer(configuration: kafka) }
    way.producer = producer
    let failedBefore = producer.failed
    for letter in letters {
      while try !producer.send(letter) {
        if isStopping { return false }
        producer.poll(timeoutMilliseconds: Forwarder.pollMilliseconds)
      }
    }
    while producer.inFlight > 0 {
      if isStopping { return false }
      producer.poll(timeoutMilliseconds: Forwarder.pollMilliseconds)
      if let error = producer.lastClientError { report(error.description, &way) }
    }
    if producer.failed > failedBefore, let error = producer.lastDeliveryError { throw error }
    return true
  }
}

extension KafkaProducer {
  /// - Returns: false when the local queue is full.
  fileprivate func send(_ letter: OutgoingLetter) throws(KafkaError) -> Bool {
    func send(_ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?) -> Result<Bool, KafkaError> {
      do throws(KafkaError) {
        return .success(try self.send(topic: letter.topic, key: key, value: value, headers: letter.headers))
      } catch {
        return .failure(error)
      }
    }
    return try withBytes(letter.key) { key in withBytes(letter.value) { value in send(key, value) } }.get()
  }
}

private func withBytes<Value>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Value) -> Value {
  guard let bytes else { return body(nil) }
  return bytes.withUnsafeBytes { body($0) }
}

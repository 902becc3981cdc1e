import Downloads
import Events
import Glibc
import Kafka
import Threads

/// Sends synthetic downloads of now at a steady rate, on a thread of its own, until it is stopped.
final class SteadyLoad: Sendable {
  private struct State: Sendable {
    var isStopping = false
    var sent = 0
    var problem: String?
  }

  private let state = Monitor(State())
  private let thread: WorkerThread

  /// - Parameter kafka: the producer's settings.
  init(_ kafka: KafkaConfiguration, topic: String, schemaJSON: String, eventsPerSecond: Double) throws {
    let state = state
    thread = try WorkerThread(name: "load") {
      do {
        try SteadyLoad.run(state, kafka, topic, schemaJSON, eventsPerSecond)
      } catch {
        state.update { $0.problem = "\(error)" }
      }
    }
  }

  deinit {
    state.update { $0.isStopping = true }
  }

  /// Stops, and returns how many events the broker has.
  func stop() throws -> Int {
    state.update { $0.isStopping = true }
    thread.join()
    let (sent, problem) = state.read { ($0.sent, $0.problem) }
    if let problem { throw BenchmarkError.setup("load: \(problem)") }
    return sent
  }

  private static func run(
    _ state: Monitor<State>, _ kafka: KafkaConfiguration, _ topic: String, _ schemaJSON: String, _ rate: Double
  ) throws {
    let producer = try KafkaProducer(configuration: kafka)
    let events = try EventSequence(count: .max, schemaJSON: schemaJSON)
    let start = monotonicSeconds()
    var sent = 0
    while !state.read({ $0.isStopping }) {
      let due = Int((monotonicSeconds() - start) * rate)
      while sent < due {
        try events.withEvent(sent, timestampMilliseconds: Clock.wallMilliseconds()) { event, bytes in
          try producer.sendOrWait(topic, key: event.place, value: bytes)
        }
        sent += 1
      }
      producer.poll(timeoutMilliseconds: 0)
      usleep(1000)
    }
    guard producer.flush(timeoutMilliseconds: 30_000) == 0, producer.failed == 0 else {
      throw BenchmarkError.setup("\(producer.failed) records were refused")
    }
    state.update { $0.sent = sent }
  }
}

extension KafkaConfiguration {
  /// For events that are sent one by one and wanted soon: a producer waits a millisecond for more of them.
  var forSingleEvents: KafkaConfiguration {
    var copy = self
    copy.properties.append(("linger.ms", "1"))
    return copy
  }
}

extension KafkaProducer {
  /// Waits while the local queue is full.
  func sendOrWait(_ topic: String, key: TextView, value: UnsafeRawBufferPointer) throws {
    while try !send(topic: topic, key: UnsafeRawBufferPointer(key.bytes), value: value) {
      try Interruption.check()
      poll(timeoutMilliseconds: 10)
    }
  }
}

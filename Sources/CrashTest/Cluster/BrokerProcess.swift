import ChildProcess
import Glibc
import Kafka

/// A broker in a process of its own.
final class BrokerProcess {
  let kafka: KafkaConfiguration
  /// Of each topic.
  let partitions: Int
  /// Whether it has its data again after it was killed.
  let survives: Bool
  private let launch: () throws -> ChildProcess
  private var process: ChildProcess

  /// - Parameter command: called with a folder and a port; nil: the in-process broker of librdkafka, which holds its log
  ///   in memory.
  init(_ scratch: Scratch, command: String?, interrupted: () -> Bool) throws {
    if let command {
      let port = try findFreePorts()
      let folder = scratch.folder + "/kafka"
      launch = {
        try scratch.start(
          ["-c", "exec \(command) \"$@\"", "sh", folder, String(port)], executable: "/bin/sh", log: "broker.log")
      }
      partitions = 6
      survives = true
      kafka = KafkaConfiguration(bootstrapServers: "127.0.0.1:\(port)", log: { _ in })
      process = try launch()
    } else {
      // It keeps about 5 MB in each: this is a few minutes' worth at the usual rate.
      partitions = 16
      let arguments = ["broker", "--partitions", String(partitions)]
      launch = { try scratch.start(arguments, log: "broker.log") }
      survives = false
      let process = try launch()
      self.process = process
      let key = "KAFKA_BOOTSTRAP_SERVERS="
      let line = try Patience.wait(for: "the broker does not start", seconds: 60, interrupted: interrupted) {
        if let status = process.exitStatus { throw CrashTestError.setup("the broker ended with \(status)") }
        return scratch.text(of: "broker.log").split(separator: "\n").first { $0.hasPrefix(key) }
      }
      kafka = KafkaConfiguration(bootstrapServers: String(line.dropFirst(key.count)), log: { _ in })
    }
  }

  /// Makes the topics, as soon as the broker can.
  func makeTopics(_ topics: Set<String>, interrupted: () -> Bool) throws {
    let admin = try KafkaAdmin(configuration: kafka)
    _ = try Patience.wait(for: "the broker makes no topic", seconds: 90, interrupted: interrupted) {
      try checkRunning()
      do {
        for topic in topics.sorted() {
          try admin.createTopicIfMissing(topic, partitions: partitions, timeoutMilliseconds: 2_000)
        }
        return ()
      } catch {
        return nil
      }
    }
  }

  /// - Throws: when it ended by itself. The in-process broker is librdkafka's mock, which aborts when a member asks to
  ///   join while its last request to join is unanswered (librdkafka 2.0, `!member->resp`); its log is lost then.
  func checkRunning() throws {
    if let status = process.exitStatus { throw CrashTestError.setup("the broker ended with \(status)") }
  }

  /// Where the log of each partition ends.
  func ends(of topic: String) throws -> [Int32: Int64] {
    let admin = try KafkaAdmin(configuration: kafka)
    var ends: [Int32: Int64] = [:]
    for partition in 0..<Int32(partitions) {
      ends[partition] = try admin.watermarkOffsets(topic: topic, partition: partition, timeoutMilliseconds: 20_000).high
    }
    return ends
  }

  func kill() {
    process.send(signal: SIGKILL)
    _ = process.wait()
  }

  func restart() throws {
    process = try launch()
  }

  func pause() { process.send(signal: SIGSTOP) }
  func resume() { process.send(signal: SIGCONT) }

  /// The folder is removed or looked at afterwards: there is nothing to be kept in order.
  func stop() { kill() }
}

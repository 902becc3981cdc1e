import Glibc
import Kafka
import Testing

/// The Kafka that developers' machines and CI keep beside the repository.
private let kafkaScript: String = {
  let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  return "/\(root)/../shared/kafka/kafka-broker"
}()

/// Starts one Kafka node for the whole suite and kills it afterwards.
private struct RunningKafka: SuiteTrait, TestScoping {
  @TaskLocal static var bootstrapServers = ""

  func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? {
    test.isSuite ? self : nil
  }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    let node = try KafkaNode()
    defer { node.kill() }
    try node.waitUntilReady()
    try await Self.$bootstrapServers.withValue(node.bootstrapServers, operation: body)
  }
}

/// One process of Kafka with a directory of its own.
private struct KafkaNode {
  let bootstrapServers: String
  private let process: pid_t
  private let directory: String

  init() throws {
    var template = Array("/tmp/streampulse-kafka-XXXXXX".utf8CString)
    let made = try #require(mkdtemp(&template))
    directory = String(cString: made)
    let port = try freePortPair()
    bootstrapServers = "127.0.0.1:\(port)"
    guard let process = spawn([kafkaScript, directory, String(port)], output: directory + "/output") else {
      throw TimedOut(waitingFor: "\(kafkaScript) to start: \(String(cString: strerror(errno)))")
    }
    self.process = process
  }

  func waitUntilReady() throws {
    let admin = try KafkaAdmin(
      configuration: KafkaConfiguration(bootstrapServers: bootstrapServers, log: { _ in }))
    try until("Kafka to answer", seconds: 90) {
      (try? admin.clusterIdentity(timeoutMilliseconds: 500)) != nil
    }
  }

  /// The script execs Java, so the process is Kafka itself.
  func kill() {
    Glibc.kill(process, SIGKILL)
    waitpid(process, nil, 0)
    if let remover = spawn(["rm", "-rf", directory], output: "/dev/null") { waitpid(remover, nil, 0) }
  }
}

/// Starts a process whose output goes to a file; nil with `errno` when that fails.
private func spawn(_ arguments: [String], output: String) -> pid_t? {
  let copies = arguments.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for descriptor: Int32 in [1, 2] {
    posix_spawn_file_actions_addopen(&actions, descriptor, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
  }
  var process: pid_t = 0
  errno = posix_spawnp(&process, arguments[0], &actions, nil, copies + [nil], environ)
  return errno == 0 ? process : nil
}

/// A port that is free together with the next one, which Kafka's controller takes.
private func freePortPair() throws -> UInt16 {
  for _ in 0..<50 {
    guard let first = listener(port: 0) else { continue }
    defer { close(first.descriptor) }
    guard first.port < UInt16.max, let second = listener(port: first.port + 1) else { continue }
    close(second.descriptor)
    return first.port
  }
  throw TimedOut(waitingFor: "two free ports in a row")
}

private func listener(port: UInt16) -> (descriptor: Int32, port: UInt16)? {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let isBound = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
      bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
    }
  }
  guard isBound else {
    close(descriptor)
    return nil
  }
  return (descriptor, UInt16(bigEndian: address.sin_port))
}

@Suite(
  .serialized, .enabled(if: access(kafkaScript, X_OK) == 0, "no Kafka at ../shared/kafka/kafka-broker"), RunningKafka())
struct RealKafkaTests {
  private let bootstrapServers = RunningKafka.bootstrapServers
  private let admin: KafkaAdmin

  init() throws {
    admin = try KafkaAdmin(configuration: KafkaConfiguration(bootstrapServers: bootstrapServers))
  }

  @Test("a record comes back with its key, value, timestamp and headers, and a tombstone is not an empty value")
  func roundTrip() throws {
    try admin.createTopicIfMissing("round-trip", partitions: 1)
    try checkRoundTrip(bootstrapServers, topic: "round-trip")
  }

  @Test("two members share the partitions and every record is read once and in order across the moves")
  func rebalance() throws {
    try admin.createTopicIfMissing("rebalance", partitions: 4)
    try checkRebalance(bootstrapServers, topic: "rebalance")
  }

  @Test("a re-read partition starts again at the asked offset and the other goes on")
  func reread() throws {
    try admin.createTopicIfMissing("reread", partitions: 2)
    try checkReread(bootstrapServers, topic: "reread")
  }

  @Test("a commit can be seen by lag tools")
  func commit() throws {
    try admin.createTopicIfMissing("commit", partitions: 3)
    try checkCommit(bootstrapServers, topic: "commit")
  }

  @Test("a missing topic is made with the partitions asked for, and a question makes none")
  func createTopic() throws {
    #expect(try admin.partitionCount("made") == nil)
    #expect(try admin.partitionCount("made") == nil)
    #expect(try admin.createTopicIfMissing("made", partitions: 7))
    #expect(try admin.partitionCount("made") == 7)
    #expect(try admin.createTopicIfMissing("made", partitions: 3) == false)
  }

  @Test("the cluster's identity is Kafka's own and does not change")
  func identity() throws {
    let identity = try admin.clusterIdentity()
    #expect(!identity.isEmbedded)
    #expect(!identity.id.isEmpty)
    #expect(
      try KafkaProducer(configuration: KafkaConfiguration(bootstrapServers: bootstrapServers)).clusterIdentity()
        == identity)
  }
}

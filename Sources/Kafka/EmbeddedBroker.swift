import CRdKafka
import Hexadecimal
import Synchronization
import Threads

/// librdkafka's in-process broker: one broker on a free port of 127.0.0.1, reachable by other processes too.
///
/// Its log is in memory, about 5 MB per partition: older records are dropped when more arrive. Topics that a client
/// asks for are made with 4 partitions, a number that librdkafka 2.0 fixes; make the ones that matter here.
///
/// May be used from any thread: the handles are only touched under the lock, and librdkafka runs the broker on a
/// thread of its own.
public final class EmbeddedBroker: Sendable {
  public let bootstrapServers: String
  /// What `clusterIdentity` answers to every client of this broker; a new one at each start.
  public let identity: ClusterIdentity
  private let cluster: Mutex<MockCluster?>

  /// - Parameter topics: made before anything can connect.
  public init(
    topics: [(name: String, partitions: Int)] = [], log: (@Sendable (KafkaLogLine) -> Void)? = nil
  ) throws(KafkaError) {
    let mock = try MockCluster(log: log)
    bootstrapServers = mock.bootstrapServers
    try mock.createTopic(embeddedMarkerPrefix + randomUUID(), partitions: 1)
    for topic in topics { try mock.createTopic(topic.name, partitions: topic.partitions) }
    let asking = try ClientHandle(
      RD_KAFKA_PRODUCER, KafkaConfiguration(bootstrapServers: mock.bootstrapServers, log: log))
    identity = try asking.clusterIdentity(timeoutMilliseconds: 5_000)
    cluster = Mutex(mock)
  }

  /// How long a producer with a steady load should gather records for this broker: until there are about a hundred, a
  /// second at most.
  ///
  /// The broker finds each fetch's place by walking over the batches that it keeps, from the oldest on. As many batches
  /// as records would cost 40 % of a core after an hour of 100 records/s; a second's worth in one is as old at most as
  /// what a page shows that asks every 2 seconds.
  public static func lingerMilliseconds(eventsPerSecond: Double) -> Int {
    Int(min(1000, max(5, 100_000 / max(eventsPerSecond, 1))))
  }

  /// Makes a topic. Must not exist yet.
  public func createTopic(_ name: String, partitions: Int) throws(KafkaError) {
    try withCluster { mock throws(KafkaError) in try mock.createTopic(name, partitions: partitions) }
  }

  /// Stops answering and closes all connections, as if the broker's machine were gone, or comes back.
  /// The log is kept.
  public func setReachable(_ reachable: Bool) throws(KafkaError) {
    try withCluster { mock throws(KafkaError) in try mock.setReachable(reachable) }
  }

  /// Stops the broker and forgets its log. Doing it again does nothing.
  public func close() {
    cluster.withLock { $0 = nil }
  }

  private func withCluster(_ body: (MockCluster) throws(KafkaError) -> Void) throws(KafkaError) {
    try cluster.withLock { mock throws(KafkaError) in
      guard let mock else { throw KafkaError(RD_KAFKA_RESP_ERR__STATE, "the embedded broker is closed") }
      try body(mock)
    }
  }
}

/// Owns one mock cluster and the client instance that it lives on.
private final class MockCluster {
  private let pointer: OpaquePointer
  // Destroyed after the cluster, which uses it.
  private let client: ClientHandle

  init(log: (@Sendable (KafkaLogLine) -> Void)?) throws(KafkaError) {
    // The client only carries the cluster's thread; it is given no broker to connect to.
    client = try ClientHandle(RD_KAFKA_PRODUCER, KafkaConfiguration(bootstrapServers: "", log: log), connects: false)
    guard let pointer = rd_kafka_mock_cluster_new(client.pointer, 1) else {
      throw KafkaError(RD_KAFKA_RESP_ERR__FAIL, "the embedded broker cannot listen on 127.0.0.1")
    }
    self.pointer = pointer
  }

  deinit {
    rd_kafka_mock_cluster_destroy(pointer)
  }

  var bootstrapServers: String { String(cString: rd_kafka_mock_cluster_bootstraps(pointer)) }

  func createTopic(_ name: String, partitions: Int) throws(KafkaError) {
    let error = rd_kafka_mock_topic_create(pointer, name, Int32(clamping: partitions), 1)
    if error != RD_KAFKA_RESP_ERR_NO_ERROR {
      throw KafkaError(error, "cannot make topic \(name): \(String(cString: rd_kafka_err2str(error)))")
    }
  }

  func setReachable(_ reachable: Bool) throws(KafkaError) {
    let brokerID: Int32 = 1
    // The cluster closes its listener, binds the port anew at once, and aborts the process when that fails.
    let answer = forkLock.withLock { _ in
      reachable ? rd_kafka_mock_broker_set_up(pointer, brokerID) : rd_kafka_mock_broker_set_down(pointer, brokerID)
    }
    try KafkaError.check(answer)
  }
}

/// A version 4 UUID from the system's generator.
private func randomUUID() -> String {
  var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
  bytes[6] = bytes[6] & 0x0f | 0x40
  bytes[8] = bytes[8] & 0x3f | 0x80
  return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { bytes[$0].hexadecimal() }.joined(separator: "-")
}

import ChildProcess
import Glibc
import Kafka
import Synchronization

/// One process of Kafka with a directory of its own, which ends with this process in whatever way that ends.
public struct KafkaNode: Sendable {
  private static let script = folder + "/kafka-broker"

  /// The Kafka that developers' machines and CI keep beside the repository.
  private static let folder: String = {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(root)/../shared/kafka"
  }()

  /// A JVM that lives for seconds does not earn back what it spends on optimising its code: half the work of a start.
  private static let environment = [
    "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin",
    "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
  ]

  public static var isInstalled: Bool { access(script, X_OK) == 0 }

  public let bootstrapServers: String
  private let process: ChildProcess
  private let directory: ScratchFolder

  /// Starts it.
  /// - Parameter properties: lines for the node's configuration.
  public init(properties: [String] = []) throws {
    let environment = getenv("TMPDIR").map { ["TMPDIR": String(cString: $0)] } ?? [:]
    guard let directory = ScratchFolder(prefix: "streampulse-kafka", environment: environment) else {
      throw NodeFailure("no scratch folder")
    }
    self.directory = directory
    let file = directory.path + "/added.properties"
    try write((properties + [""]).joined(separator: "\n"), to: file)
    let port = try freePortPair()
    bootstrapServers = "127.0.0.1:\(port)"
    let output = open(directory.path + "/output", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    defer { close(output) }
    // The script execs Java, so the process is Kafka itself.
    process = try ChildProcess(
      Launch(
        executable: KafkaNode.script, arguments: [directory.path + "/node", String(port)],
        environment: KafkaNode.environment.merging(["KAFKA_PROPERTIES": file]) { $1 }, output: output,
        deathSignal: SIGKILL))
  }

  public func waitUntilReady() throws {
    let admin = try KafkaAdmin(
      configuration: KafkaConfiguration(bootstrapServers: bootstrapServers, log: { _ in }))
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(90)
    while (try? admin.clusterIdentity(timeoutMilliseconds: 500)) == nil {
      guard clock.now < deadline else {
        throw NodeFailure("Kafka does not answer: \(readText(directory.path + "/output", limit: 1 << 20))")
      }
    }
  }

  /// Runs one of Kafka's own tools against the node and waits for it.
  public func tool(_ name: String, _ arguments: [String]) throws {
    let launch = Launch(
      executable: KafkaNode.folder + "/kafka-tool",
      arguments: [name, "--bootstrap-server", bootstrapServers] + arguments, environment: KafkaNode.environment)
    let (status, output) = try ChildProcess.run(launch, timeoutMilliseconds: 120_000)
    guard status.isSuccess else { throw NodeFailure("\(name) \(arguments.joined(separator: " ")) fails: \(output)") }
  }

  /// Deletes all records of a partition before `offset`.
  public func deleteRecords(topic: String, partition: Int, before offset: Int64) throws {
    let file = directory.path + "/delete.json"
    try write(
      #"{"version":1,"partitions":[{"topic":"\#(topic)","partition":\#(partition),"offset":\#(offset)}]}"#, to: file)
    try tool("DeleteRecordsCommand", ["--offset-json-file", file])
  }

  public func kill() {
    process.send(signal: SIGKILL)
    _ = process.wait()
    directory.remove()
  }
}

/// Pairs of ports, each handed out once: below those that the system gives to clients, so that none of them takes one
/// before Kafka does, and above those of the tests of the whole product.
private let pairs = Atomic(Int.random(in: 0..<1000))

/// A port that is free together with the next one, which Kafka's controller takes.
private func freePortPair() throws -> UInt16 {
  for _ in 0..<50 {
    let port = UInt16(30_000 + 2 * (pairs.wrappingAdd(1, ordering: .relaxed).oldValue % 1000))
    if isFree(port), isFree(port + 1) { return port }
  }
  throw NodeFailure("there are no two free ports in a row")
}

private func isFree(_ port: UInt16) -> Bool {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
      bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
}

private func write(_ text: String, to path: String) throws {
  guard let file = fopen(path, "w") else { throw NodeFailure("\(path) cannot be written") }
  fputs(text, file)
  fclose(file)
}

/// Why a node could not be started or used.
struct NodeFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

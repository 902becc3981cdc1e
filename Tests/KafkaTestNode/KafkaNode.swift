import Glibc
import Kafka

/// One process of Kafka with a directory of its own.
public struct KafkaNode: Sendable {
  private static let script = folder + "/kafka-broker"

  /// The Kafka that developers' machines and CI keep beside the repository.
  private static let folder: String = {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(root)/../shared/kafka"
  }()

  public static var isInstalled: Bool { access(script, X_OK) == 0 }

  public let bootstrapServers: String
  private let process: pid_t
  private let directory: String

  /// Starts it.
  /// - Parameter properties: lines for the node's configuration.
  public init(properties: [String] = []) throws {
    var template = Array("/tmp/streampulse-kafka-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw NodeFailure("no scratch folder") }
    directory = String(cString: made)
    let file = directory + "/added.properties"
    try write((properties + [""]).joined(separator: "\n"), to: file)
    let port = try freePortPair()
    bootstrapServers = "127.0.0.1:\(port)"
    guard
      let process = spawn(
        ["env", "KAFKA_PROPERTIES=\(file)", KafkaNode.script, directory + "/node", String(port)],
        output: directory + "/output")
    else {
      throw NodeFailure("\(KafkaNode.script) does not start: \(String(cString: strerror(errno)))")
    }
    self.process = process
  }

  public func waitUntilReady() throws {
    let admin = try KafkaAdmin(
      configuration: KafkaConfiguration(bootstrapServers: bootstrapServers, log: { _ in }))
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(90)
    while (try? admin.clusterIdentity(timeoutMilliseconds: 500)) == nil {
      guard clock.now < deadline else { throw NodeFailure("Kafka does not answer") }
    }
  }

  /// Runs one of Kafka's own tools against the node and waits for it.
  public func tool(_ name: String, _ arguments: [String]) throws {
    let command = [KafkaNode.folder + "/kafka-tool", name, "--bootstrap-server", bootstrapServers]
    guard let process = spawn(command + arguments, output: directory + "/tools") else {
      throw NodeFailure("\(name) does not start")
    }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    guard status == 0 else { throw NodeFailure("\(name) \(arguments.joined(separator: " ")) fails") }
  }

  /// Deletes all records of a partition before `offset`.
  public func deleteRecords(topic: String, partition: Int, before offset: Int64) throws {
    let file = directory + "/delete.json"
    try write(
      #"{"version":1,"partitions":[{"topic":"\#(topic)","partition":\#(partition),"offset":\#(offset)}]}"#, to: file)
    try tool("DeleteRecordsCommand", ["--offset-json-file", file])
  }

  /// The script execs Java, so the process is Kafka itself.
  public func kill() {
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
  throw NodeFailure("not found: " + "two free ports in a row")
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

import CLibPQ
import ChildProcess
import Glibc
import Threads

/// The environment of the server's programs: nothing of ours, messages in one language.
private let serverEnvironment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"]

/// Makes a cluster. It gets its name only when it is complete, so that a crash half-way leaves nothing to mistake for it.
func initializeCluster(
  _ files: ClusterFiles, _ binaries: ServerBinaries, superuserPassword: String, isDurable: Bool
) throws(PrivateClusterError) {
  let folder = files.cluster + ".new"
  removeFolder(folder)
  // Whatever else is there is not ours to remove.
  guard rmdir(files.cluster) == 0 || errno == ENOENT else {
    throw .file(path: files.cluster, reason: "not empty, and no Postgres cluster")
  }
  try makeFolder(folder, mode: 0o700)
  let passwordFile = files.cluster + ".password"
  let owner = files.owner.map { ($0.user, $0.group) }
  if let owner, chown(folder, owner.0, owner.1) != 0 { throw .file(path: folder, reason: lastSystemError()) }
  try writeFile(passwordFile, superuserPassword + "\n", mode: 0o600, owner: owner)
  defer { unlink(passwordFile) }

  var arguments = [
    "--pgdata=\(folder)", "--username=\(PrivateCluster.superuser)", "--pwfile=\(passwordFile)", "--encoding=UTF8",
    "--locale=C.UTF-8", "--auth=scram-sha-256", "--data-checksums", "--no-instructions",
  ]
  if !isDurable { arguments.append("--no-sync") }
  let launch = Launch(
    executable: binaries.initdb, arguments: arguments, environment: serverEnvironment, workingDirectory: folder,
    user: files.owner)
  let outcome: (status: ExitStatus, output: String)
  do throws(ChildProcessError) {
    outcome = try ChildProcess.run(launch, timeoutMilliseconds: 120_000)
  } catch {
    throw .initializationFailed(output: error.description)
  }
  guard outcome.status.isSuccess else {
    throw .initializationFailed(output: "\(outcome.output)\n\(outcome.status)")
  }
  guard rename(folder, files.cluster) == 0 else { throw .file(path: files.cluster, reason: lastSystemError()) }
}

/// Starts the server and waits until it takes connections; tries again when the port, or the memory of a server that was
/// killed, is still taken.
func startServer(
  _ files: ClusterFiles, _ binaries: ServerBinaries, _ options: PrivateCluster.Options
) throws(PrivateClusterError) -> (server: ChildProcess, port: Int) {
  let log = try openLog(files.log)
  defer { close(log) }
  var attempt = 1
  while true {
    let port = options.port != 0 ? options.port : try freePort()
    let server: ChildProcess
    do {
      // SIGINT is the orderly fast stop, also when we are killed.
      server = try ChildProcess(
        Launch(
          executable: binaries.postgres, arguments: serverArguments(files, port: port, options),
          environment: serverEnvironment, workingDirectory: files.cluster, output: log, user: files.owner,
          deathSignal: SIGINT))
    } catch {
      throw .startFailed(reason: "\(error)", log: "")
    }
    guard let failure = waitUntilReady(server, port: port, timeoutMilliseconds: options.startTimeoutMilliseconds)
    else { return (server, port) }
    let end = readEnd(of: files.log)
    guard attempt < 5, end.contains("in use") else { throw .startFailed(reason: failure, log: end) }
    attempt += 1
    usleep(200_000)
  }
}

private func serverArguments(_ files: ClusterFiles, port: Int, _ options: PrivateCluster.Options) -> [String] {
  var settings = [
    "listen_addresses": loopbackAddress, "port": String(port), "unix_socket_directories": "",
    "max_connections": "50", "shared_buffers": "128MB", "logging_collector": "off", "timezone": "UTC",
    "log_timezone": "UTC", "log_checkpoints": "off", "password_encryption": "scram-sha-256",
  ]
  if !options.isDurable {
    for name in ["fsync", "synchronous_commit", "full_page_writes"] { settings[name] = "off" }
  }
  settings.merge(options.serverSettings) { _, new in new }
  return ["-D", files.cluster] + settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
}

/// nil when the server takes connections, else what went wrong; it does not run any more then.
private func waitUntilReady(_ server: ChildProcess, port: Int, timeoutMilliseconds: Int) -> String? {
  let began = Clock.monotonicMilliseconds()
  while Clock.monotonicMilliseconds() - began < timeoutMilliseconds {
    let answer = PQping("host=\(loopbackAddress) port=\(port) dbname=postgres connect_timeout=2")
    // Somebody else's server may have taken the port: then ours ends.
    if let status = server.wait(timeoutMilliseconds: answer == PQPING_OK ? 0 : 20) { return "\(status)" }
    if answer == PQPING_OK { return nil }
  }
  server.send(signal: SIGQUIT)
  if server.wait(timeoutMilliseconds: 5000) == nil { server.send(signal: SIGKILL) }
  return "not ready within \(timeoutMilliseconds / 1000) s"
}

/// Begins a new log when the old one is large, keeping one.
private func openLog(_ path: String) throws(PrivateClusterError) -> Int32 {
  var information = stat()
  if stat(path, &information) == 0, information.st_size > 10 << 20 { rename(path, path + ".1") }
  let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
  guard file >= 0 else { throw .file(path: path, reason: lastSystemError()) }
  return file
}

/// A port of the loopback interface that nobody uses at the moment.
private func freePort() throws(PrivateClusterError) -> Int {
  let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard socket >= 0 else { throw .file(path: "socket", reason: lastSystemError()) }
  defer { close(socket) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = inet_addr(loopbackAddress)
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let isBound = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
      bind(socket, generic, length) == 0 && getsockname(socket, generic, &length) == 0
    }
  }
  guard isBound else { throw .file(path: "bind", reason: lastSystemError()) }
  return Int(UInt16(bigEndian: address.sin_port))
}

import ChildProcess
import Glibc
import SQLQuoting

/// A Postgres server of our own, for one machine: made on first use, started and stopped with this process.
///
/// It listens on the loopback interface only, on a free port, wants a password (scram-sha-256) of everybody, and ends with
/// this process however that ends. In `folder` there are then:
///
/// - `postgres/`: the cluster; owned by the system user `postgres` when this process is root, which Postgres refuses to
///   be. Where that user cannot reach it (`/root` is closed to others), a link to a folder under `/var/lib/streampulse`;
/// - `pgpass`: the passwords, in the format of `PGPASSFILE`, readable by its owner only;
/// - `postgres.log`: what the server says;
/// - `postgres.lock`: held while a process uses the cluster.
public final class PrivateCluster: Sendable {
  public struct Options: Sendable {
    /// Name of the database and of its owner, the role of the application: LOGIN and CREATEROLE, no superuser.
    public var name: String
    /// False for tests: faster, and a crash of the machine may lose everything.
    public var isDurable: Bool
    /// For tests: `stop` removes the whole data folder.
    public var removesFolder: Bool
    /// 0: any free port.
    public var port: Int
    /// Further settings for the server, e.g. `["work_mem": "64MB"]`.
    public var serverSettings: [String: String]
    /// How long recovery after a crash may take.
    public var startTimeoutMilliseconds: Int
    /// How long an orderly stop may take before the server is stopped without order.
    public var stopTimeoutMilliseconds: Int

    public init(
      name: String = "streampulse", isDurable: Bool = true, removesFolder: Bool = false, port: Int = 0,
      serverSettings: [String: String] = [:], startTimeoutMilliseconds: Int = 120_000,
      stopTimeoutMilliseconds: Int = 30_000
    ) {
      self.name = name
      self.isDurable = isDurable
      self.removesFolder = removesFolder
      self.port = port
      self.serverSettings = serverSettings
      self.startTimeoutMilliseconds = startTimeoutMilliseconds
      self.stopTimeoutMilliseconds = stopTimeoutMilliseconds
    }
  }

  static let superuser = "postgres"

  /// How the application connects.
  public let settings: ConnectionSettings
  /// How an administrator connects, to the same database.
  public let superuserSettings: ConnectionSettings
  private let server: ChildProcess
  private let lock: FolderLock
  private let files: ClusterFiles
  private let options: Options

  /// Makes the cluster if there is none, stops a server that was left behind, starts it and waits until it is ready.
  ///
  /// - Parameter folder: the data folder; made if there is none.
  public init(folder: String, options: Options = Options()) throws(PrivateClusterError) {
    let files = try ClusterFiles(folder: folder)
    self.files = files
    lock = try FolderLock(files.lock)
    try stopOrphan(of: files.cluster, timeoutMilliseconds: options.stopTimeoutMilliseconds)
    let passwords = try files.passwords(user: options.name)
    let binaries = try ServerBinaries.find(version: files.clusterVersion)
    if files.clusterVersion == nil {
      try initializeCluster(files, binaries, superuserPassword: passwords.superuser, isDurable: options.isDurable)
    }
    let (server, port) = try startServer(files, binaries, options)
    self.server = server
    self.options = options
    settings = ConnectionSettings(
      host: loopbackAddress, port: port, database: options.name, user: options.name, password: passwords.application)
    superuserSettings = ConnectionSettings(
      host: loopbackAddress, port: port, database: options.name, user: Self.superuser, password: passwords.superuser)
    do throws(PostgresError) {
      try createApplicationRole(
        superuserSettings.with("dbname", "postgres"), name: options.name, password: passwords.application)
    } catch {
      stop()
      throw .setupFailed(error)
    }
  }

  deinit {
    stop()
  }

  /// The server's process.
  public var pid: Int32 { server.pid }

  /// Whether the server runs.
  public var isRunning: Bool { server.exitStatus == nil }

  /// Ends all sessions and stops the server in order; by force when that takes too long. May be called again.
  public func stop() {
    for (signal, milliseconds) in [(SIGINT, options.stopTimeoutMilliseconds), (SIGQUIT, 5000), (SIGKILL, 5000)] {
      server.send(signal: signal)
      if server.wait(timeoutMilliseconds: milliseconds) != nil { break }
    }
    if options.removesFolder, lock.isHeld {
      removeFolder(files.cluster)
      removeFolder(files.folder)
    }
    lock.release()
  }

  /// Waits for the server's end, e.g. to notice that it crashed; nil when it still runs after that time.
  public func waitForEnd(timeoutMilliseconds: Int) -> ExitStatus? {
    server.wait(timeoutMilliseconds: timeoutMilliseconds)
  }
}

let loopbackAddress = "127.0.0.1"

/// Makes role and database where they are missing, e.g. after a crash during the first start.
private func createApplicationRole(
  _ superuser: ConnectionSettings, name: String, password: String
) throws(PostgresError) {
  let connection = try PostgresConnection(superuser)
  defer { connection.close() }
  let identifier = quotedIdentifier(name)
  let role = try connection.query("SELECT FROM pg_catalog.pg_roles WHERE rolname = $1", [.text(name)])
  if role.rowCount == 0 {
    // Encrypted here, so that no log and no statistics view of the server ever sees the password.
    let verifier = try connection.encryptedPassword(password, user: name)
    try connection.execute(
      "CREATE ROLE \(identifier) LOGIN CREATEROLE PASSWORD '\(verifier)'")
  }
  let database = try connection.query("SELECT FROM pg_catalog.pg_database WHERE datname = $1", [.text(name)])
  if database.rowCount == 0 {
    try connection.execute("CREATE DATABASE \(identifier) OWNER \(identifier)")
  }
}

import Dialects
import Glibc
import Plan
import Postgres
import Project
import Storage

/// A Postgres of the test's own, with the proxy that processors connect through.
final class DatabaseServer {
  let proxy: CuttingProxy
  /// For processors: through the proxy.
  let proxiedURL: String
  private let folder: String
  private let port: Int
  private var cluster: PrivateCluster?
  private var monitor: PostgresConnection?
  private var superuser: ConnectionSettings
  private let tables: [JoinedTable]

  /// - Parameter tables: are made and filled. Others that the project's streams are joined with are made and stay empty.
  init(_ scratch: Scratch, _ project: Project, _ tables: [JoinedTable]) throws {
    self.tables = tables
    folder = scratch.folder + "/database"
    port = try findFreePorts()
    let cluster = try DatabaseServer.start(folder, port)
    self.cluster = cluster
    superuser = cluster.superuserSettings.with("application_name", "streampulse crashtest")
    proxy = try CuttingProxy(to: port)
    proxiedURL = cluster.settings.with("port", String(proxy.port)).urlWithPassword
    let connection = try PostgresConnection(cluster.settings)
    defer { connection.close() }
    for table in tables { try connection.execute(table.statements) }
    let others = project.streams.flatMap(\.plan.references).filter { reference in
      !tables.contains { $0.name == reference.name }
    }
    for statement in Set(others.map(\.createStatement)) { try connection.execute(statement) }
    _ = try Migrator(connection) { _ in }.migrate(project)
  }

  /// Commits survive a crash of the server, as in production; a crash of the machine is not staged, so nothing is
  /// forced to the disk.
  private static func start(_ folder: String, _ port: Int) throws -> PrivateCluster {
    try PrivateCluster(
      folder: folder, options: PrivateCluster.Options(port: port, serverSettings: ["fsync": "off"]))
  }

  /// A session of the superuser's own, not through the proxy.
  func connect() throws -> PostgresConnection {
    try PostgresConnection(superuser)
  }

  // MARK: Faults

  /// The server ends at once: no checkpoint, and every session is gone.
  func crash() {
    guard let cluster else { return }
    monitor = nil
    kill(cluster.pid, SIGQUIT)
    _ = cluster.waitForEnd(timeoutMilliseconds: 10_000)
    cluster.stop()
    self.cluster = nil
  }

  /// Starts it again; recovery is over when this returns.
  func recover() throws {
    guard cluster == nil else { return }
    cluster = try DatabaseServer.start(folder, port)
  }

  /// Ends the sessions of all processors.
  func killSessions() throws {
    _ = try monitored { connection in
      try connection.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN ($1, $2)",
        [.text("streampulse process"), .text("streampulse watch")])
    }
  }

  /// Changes the tables that streams are joined with.
  func changeTables() throws {
    try monitored { connection in
      for table in tables { try connection.execute(table.change) }
    }
  }

  // MARK: Facts

  var isUp: Bool { cluster != nil }

  /// How far each partition is contained in the rows of each stream.
  func positions() throws -> [String: [Int32: Int64]] {
    let result = try monitored { connection in
      try connection.query("SELECT stream, partition, next_offset FROM \(connection.pulse).progress")
    }
    var positions: [String: [Int32: Int64]] = [:]
    for row in 0..<result.rowCount {
      guard let stream = result[row, 0], let partition = result.integer(row, 1), let next = result.integer(row, 2)
      else { continue }
      positions[stream, default: [:]][Int32(partition)] = next
    }
    return positions
  }

  private func monitored<Value>(_ body: (PostgresConnection) throws -> Value) throws -> Value {
    let connection = try monitor ?? connect()
    monitor = connection
    do {
      return try body(connection)
    } catch {
      monitor = nil
      throw error
    }
  }

  func stop() {
    monitor = nil
    proxy.close()
    cluster?.stop()
    cluster = nil
  }
}

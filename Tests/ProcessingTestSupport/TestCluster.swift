import ChildProcess
import Glibc
import Postgres
import Synchronization

/// A scratch server that all tests of this target share; stopped and removed when the test process ends, and stopped by
/// the kernel when that is killed.
enum TestCluster {
  /// A new, empty database.
  static func makeDatabase(options: String = "") throws -> ConnectionSettings {
    let cluster = try shared.get()
    let name = "test\(number.wrappingAdd(1, ordering: .relaxed).newValue)"
    let connection = try PostgresConnection(cluster.superuserSettings)
    defer { connection.close() }
    // Copied as files and not through the log of a server that keeps nothing.
    try connection.execute(
      "CREATE DATABASE \(name) OWNER \(cluster.settings.user ?? "") STRATEGY file_copy \(options)")
    return cluster.settings.with("dbname", name)
  }

  /// For what only a superuser may do.
  static func superuser() throws -> ConnectionSettings { try shared.get().superuserSettings }

  private static let number = Atomic(0)

  private static let shared: Result<PrivateCluster, any Error> = {
    do {
      // Each of the tests that run at once has a handful of sessions.
      let cluster = try PrivateCluster(
        folder: scratchFolder(),
        options: PrivateCluster.Options(
          isDurable: false, removesFolder: true, serverSettings: ["max_connections": "200"]))
      atexit { TestCluster.stop() }
      return .success(cluster)
    } catch {
      return .failure(error)
    }
  }()

  private static func stop() {
    if case .success(let cluster) = shared { cluster.stop() }
  }

  private static func scratchFolder() throws -> String {
    let environment = getenv("TMPDIR").map { ["TMPDIR": String(cString: $0)] } ?? [:]
    guard let folder = ScratchFolder(prefix: "streampulse-test", environment: environment) else {
      throw TimedOut(waitingFor: "a folder")
    }
    return folder.path
  }
}

/// The repository itself is the project under test.
let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

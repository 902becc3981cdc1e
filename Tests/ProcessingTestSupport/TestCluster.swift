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
    try connection.execute("CREATE DATABASE \(name) OWNER \(cluster.settings.user ?? "") \(options)")
    return cluster.settings.with("dbname", name)
  }

  private static let number = Atomic(0)

  private static let shared: Result<PrivateCluster, any Error> = {
    do {
      let cluster = try PrivateCluster(
        folder: scratchFolder(), options: PrivateCluster.Options(isDurable: false, removesFolder: true))
      atexit { TestCluster.stop() }
      return .success(cluster)
    } catch {
      return .failure(error)
    }
  }()

  private static func stop() {
    if case .success(let cluster) = shared { cluster.stop() }
  }

  private static func scratchFolder() -> String {
    var template = Array("/tmp/streampulse-test-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template) else { return "/tmp/streampulse-test-\(getpid())" }
    return String(cString: path)
  }
}

/// The repository itself is the project under test.
let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

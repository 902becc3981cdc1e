import ChildProcess
import Glibc
import Postgres

/// A scratch server that all tests of this target share; stopped and removed when the test process ends, and stopped by
/// the kernel when that is killed.
enum TestCluster {
  static func settings() throws -> ConnectionSettings { try shared.get().settings }
  static func superuserSettings() throws -> ConnectionSettings { try shared.get().superuserSettings }
  static func connect() throws -> PostgresConnection { try PostgresConnection(settings()) }

  /// Runs one statement as superuser on a connection of its own.
  static func administer(_ sql: String, _ parameters: [PostgresParameter] = []) throws {
    let connection = try PostgresConnection(superuserSettings())
    _ = try connection.query(sql, parameters)
    connection.close()
  }

  private static let shared: Result<PrivateCluster, any Error> = {
    do {
      let folder = scratchFolder()
      // The server may be another user's.
      chmod(folder, 0o711)
      let cluster = try PrivateCluster(
        folder: folder, options: PrivateCluster.Options(isDurable: false, removesFolder: true))
      atexit { TestCluster.stop() }
      return .success(cluster)
    } catch {
      return .failure(error)
    }
  }()

  private static func stop() {
    if case .success(let cluster) = shared { cluster.stop() }
  }
}

/// A folder that is closed to other users.
func scratchFolder() -> String {
  let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  var template = Array("\(parent)/streampulse-test-XXXXXX".utf8CString)
  guard let path = mkdtemp(&template) else { return "\(parent)/streampulse-test-\(getpid())" }
  return String(cString: path)
}

func removeScratchFolder(_ path: String) {
  _ = try? ChildProcess.run(Launch(executable: "/bin/rm", arguments: ["-r", path]), timeoutMilliseconds: 60_000)
}

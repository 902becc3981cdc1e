import Glibc
import Postgres

/// A server that all tests of this target share; stopped and removed when the test process ends, and stopped by the kernel
/// when that is killed.
enum ScratchServer {
  /// A connection in a session like the engine's.
  static func connect() throws -> PostgresConnection {
    let connection = try PostgresConnection(try shared.get().superuserSettings)
    try connection.execute("SET TIME ZONE 'UTC'; SET extra_float_digits = 1")
    return connection
  }

  private static let shared: Result<PrivateCluster, any Error> = {
    var template = Array("/tmp/streampulse-casts-XXXXXX".utf8CString)
    let folder = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp/streampulse-casts-\(getpid())"
    do {
      let cluster = try PrivateCluster(
        folder: folder, options: PrivateCluster.Options(isDurable: false, removesFolder: true))
      atexit { ScratchServer.stop() }
      return .success(cluster)
    } catch {
      return .failure(error)
    }
  }()

  private static func stop() {
    if case .success(let cluster) = shared { cluster.stop() }
  }
}

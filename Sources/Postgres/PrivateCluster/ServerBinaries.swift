import ChildProcess
import Glibc

/// An installation of the Postgres server.
struct ServerBinaries {
  /// The folder with `initdb` and `postgres`.
  var folder: String
  /// E.g. "15"; nil when the folder's path does not say.
  var majorVersion: String?

  var initdb: String { folder + "/initdb" }
  var postgres: String { folder + "/postgres" }

  /// The newest installation, or the one for an existing cluster of `version`.
  static func find(version: String?) throws(PrivateClusterError) -> ServerBinaries {
    let found = candidates().filter { access($0.initdb, X_OK) == 0 && access($0.postgres, X_OK) == 0 }
    guard !found.isEmpty else { throw .notInstalled(version: version) }
    guard let version else { return found[0] }
    for binaries in found where (binaries.majorVersion ?? binaries.askVersion()) == version { return binaries }
    throw .notInstalled(version: version)
  }

  /// Debian's folders by version, newest first; then what `pg_config` and the search path say.
  private static func candidates() -> [ServerBinaries] {
    let root = "/usr/lib/postgresql"
    var found = folderEntries(root).compactMap { Int($0) }.sorted(by: >).map {
      ServerBinaries(folder: "\(root)/\($0)/bin", majorVersion: String($0))
    }
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    let folders = path.split(separator: ":").map(String.init)
    for folder in folders where access(folder + "/pg_config", X_OK) == 0 {
      let launch = Launch(
        executable: folder + "/pg_config", arguments: ["--bindir"], environment: ["PATH": path, "LC_ALL": "C"])
      guard let (status, output) = try? ChildProcess.run(launch, timeoutMilliseconds: 5000), status.isSuccess else {
        continue
      }
      found.append(ServerBinaries(folder: String(output.prefix { !$0.isNewline })))
    }
    return found + folders.map { ServerBinaries(folder: $0) }
  }

  /// From `postgres (PostgreSQL) 15.13 (Debian …)`.
  private func askVersion() -> String? {
    let launch = Launch(executable: postgres, arguments: ["--version"])
    guard let (_, output) = try? ChildProcess.run(launch, timeoutMilliseconds: 5000) else { return nil }
    return output.split(separator: " ").first { $0.first?.isNumber == true }.map {
      String($0.prefix(while: \.isNumber))
    }
  }
}

/// The names in a folder; empty when it cannot be read.
func folderEntries(_ path: String) -> [String] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names
}

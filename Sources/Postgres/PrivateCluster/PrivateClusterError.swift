/// The private Postgres could not be made, started or stopped. Each description is one line for a person.
public enum PrivateClusterError: Error, Sendable, CustomStringConvertible {
  /// No server, or none of the version that the existing cluster needs.
  case notInstalled(version: String?)
  /// Another running process owns the data folder.
  case inUse(folder: String, pid: Int32?)
  /// A file or folder could not be made, read or written.
  case file(path: String, reason: String)
  /// Started as root without a system user `postgres` to run the server as.
  case noSystemUser
  /// The cluster is there but the file with its passwords is not.
  case passwordsMissing(path: String)
  case initializationFailed(output: String)
  /// The server ended or did not get ready; the last lines of its log.
  case startFailed(reason: String, log: String)
  /// An orphaned server could not be stopped.
  case orphan(pid: Int32)
  case setupFailed(PostgresError)

  public var description: String {
    switch self {
    case .notInstalled(let version):
      "no PostgreSQL \(version.map { $0 + " " } ?? "")server is installed; install the package "
        + "postgresql\(version.map { "-" + $0 } ?? ""), or set DATABASE_URL or PG_HOST"
    case .inUse(let folder, let pid):
      "another process\(pid.map { " (\($0))" } ?? "") is using \(folder); stop it or set another STREAMPULSE_DATA_DIR"
    case .file(let path, let reason): "\(path): \(reason)"
    case .noSystemUser:
      "Postgres refuses to run as root and there is no system user postgres; install the package postgresql"
    case .passwordsMissing(let path):
      "\(path) with the passwords of the private Postgres is missing; restore it, or remove the folder postgres "
        + "beside it to begin anew"
    case .initializationFailed(let output): "initdb failed: \(lastLines(output, 3))"
    case .startFailed(let reason, let log): "the private Postgres did not start: \(reason): \(lastLines(log, 3))"
    case .orphan(let pid): "a Postgres server that was left behind (\(pid)) does not stop"
    case .setupFailed(let error): "the private Postgres could not be set up: \(error)"
    }
  }
}

private func lastLines(_ text: String, _ count: Int) -> String {
  text.split(separator: "\n").suffix(count).joined(separator: "; ")
}

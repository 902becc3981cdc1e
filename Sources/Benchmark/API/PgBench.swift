import ChildProcess
import Glibc
import Postgres

/// Debian's pgbench with one statement, prepared, on some connections.
struct PgBench {
  private let executable: String
  private let environment: [String: String]
  private let script: String

  /// - Parameters:
  ///   - sql: with `:name` for its parameters.
  ///   - parameters: their values.
  init(_ workspace: Workspace, _ database: Database, sql: String, parameters: [(name: String, value: String)]) throws {
    executable = try PgBench.find()
    script = workspace.folder + "/pgbench.sql"
    let text = parameters.map { "\\set \($0.name) \($0.value)\n" }.joined() + sql + ";\n"
    let file = open(script, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw BenchmarkError.setup("\(script): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard write(file, bytes, bytes.count) == bytes.count else { throw BenchmarkError.setup("cannot write \(script)") }
    let settings = database.settings
    environment = [
      "PGHOST": settings.host ?? "", "PGPORT": String(settings.port ?? 0), "PGUSER": settings.user ?? "",
      "PGDATABASE": settings.database ?? "", "PGPASSFILE": database.passwordFile, "LC_ALL": "C",
      // As the API's connections are.
      "PGOPTIONS": "-c default_transaction_read_only=on -c timezone=UTC",
    ]
  }

  /// Transactions per second.
  func run(connections: Int, seconds: Int) throws -> Double {
    let arguments = ["-n", "-M", "prepared", "-c", "\(connections)", "-j", "1", "-T", "\(seconds)", "-f", script]
    let (status, output) = try ChildProcess.run(
      Launch(executable: executable, arguments: arguments, environment: environment, deathSignal: SIGKILL),
      timeoutMilliseconds: (seconds + 20) * 1000)
    let line = output.split(separator: "\n").first { $0.hasPrefix("tps = ") }
    guard status.isSuccess, let words = line?.split(separator: " "), words.count > 2, let tps = Double(words[2]) else {
      throw BenchmarkError.setup("pgbench: \(status): \(output.suffix(300))")
    }
    return tps
  }

  private static func find() throws -> String {
    let newest = 30
    let folders = (9...newest).reversed().map { "/usr/lib/postgresql/\($0)/bin" } + ["/usr/local/bin", "/usr/bin"]
    guard let folder = folders.first(where: { access($0 + "/pgbench", X_OK) == 0 }) else {
      throw BenchmarkError.setup("pgbench is not installed; it comes with Debian's postgresql")
    }
    return folder + "/pgbench"
  }
}

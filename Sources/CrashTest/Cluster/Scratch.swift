import ChildProcess
import Glibc

/// What all parts of a crash test share: the program under test, the environment of its processes, and a folder.
final class Scratch: Sendable {
  let folder: String
  let executable: String
  private let environment: [String: String]

  init(executable: String, environment: [String: String]) throws(CrashTestError) {
    self.executable = executable
    var template = Array("\(environment["TMPDIR"] ?? "/tmp")/streampulse-crashtest-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .setup("no scratch folder: \(lastSystemError())") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Postgres runs as another user when this process is root, and must get through.
    chmod(folder, 0o711)
    // In the scratch folder there is neither a .env nor a running `up` to be found.
    self.environment = environment.merging(["STREAMPULSE_DATA_DIR": folder + "/none"]) { $1 }
  }

  /// Everything that was started in it has ended by now.
  func remove() {
    removeFolder(folder)
  }

  /// Starts a program whose output goes to a file of the folder, behind what is there. It ends with this process.
  func start(
    _ arguments: [String], executable: String? = nil, log: String, settings: [String: String] = [:]
  ) throws -> ChildProcess {
    let path = "\(folder)/\(log)"
    let output = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw CrashTestError.setup("\(path): \(lastSystemError())") }
    defer { close(output) }
    return try ChildProcess(
      Launch(
        executable: executable ?? self.executable, arguments: arguments,
        environment: environment.merging(settings) { $1 }, workingDirectory: folder, output: output,
        deathSignal: SIGKILL))
  }

  /// The text of one of the folder's files; empty when there is none. At most 64 MiB.
  func text(of file: String) -> String {
    readText("\(folder)/\(file)")
  }
}

/// The text of a file; empty when it cannot be read.
func readText(_ path: String, limit: Int = 64 << 20) -> String {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return "" }
  defer { close(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 64 * 1024)
  while bytes.count < limit {
    let count = read(file, &chunk, chunk.count)
    guard count > 0 else { break }
    bytes.append(contentsOf: chunk.prefix(count))
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// Removes a folder with all that is in it, following no links; what cannot be removed stays.
private func removeFolder(_ path: String) {
  if let folder = opendir(path) {
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    closedir(folder)
    for name in names {
      let entry = path + "/" + name
      if unlink(entry) != 0 { removeFolder(entry) }
    }
  }
  rmdir(path)
}

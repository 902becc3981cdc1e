import ChildProcess
import Glibc

/// What all parts of a crash test share: the program under test, the environment of its processes, and a folder.
final class Scratch: Sendable {
  private let scratch: ScratchFolder
  let executable: String
  private let environment: [String: String]

  init(executable: String, environment: [String: String]) throws(CrashTestError) {
    self.executable = executable
    guard let scratch = ScratchFolder(prefix: "streampulse-crashtest", environment: environment) else {
      throw .setup("no scratch folder: \(lastSystemError())")
    }
    self.scratch = scratch
    // In the scratch folder there is neither a .env nor a running `up` to be found.
    self.environment = environment.merging(
      ["STREAMPULSE_DATA_DIR": scratch.path + "/none", "STREAMPULSE_PROJECT": scratch.path + "/project"]
    ) { $1 }
  }

  var folder: String { scratch.path }
  /// That all processes are told; nothing is there yet.
  var projectFolder: String { folder + "/project" }

  /// Everything that was started in it has ended by now.
  func remove() {
    scratch.remove()
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
    readText("\(folder)/\(file)", limit: 64 << 20)
  }
}

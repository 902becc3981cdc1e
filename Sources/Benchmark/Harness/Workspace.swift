import ChildProcess
import Downloads
import Glibc
import Project

/// What all benches share: the project, the program that is measured, and a scratch folder that is removed in the end.
public final class Workspace {
  public let project: Project
  /// The stream that is measured: downloads, which all benches are about, unless it was said otherwise.
  public let stream: Stream
  public let schemaJSON: String
  /// A private folder for servers and logs.
  private let scratch: ScratchFolder
  private let projectFolder: String
  private let executable: String
  private let environment: [String: String]
  private var programs = 0

  /// - Parameters:
  ///   - projectFolder: with `sql/` and `schemas/`.
  ///   - executable: this program, which is started again for every part that is measured.
  ///   - environment: of the children, to which each bench adds what its servers are.
  ///   - stream: the name of the stream that is measured; nil: downloads.
  public init(
    project: Project, projectFolder: String, executable: String, environment: [String: String],
    stream name: String? = nil
  ) throws {
    self.project = project
    let name = name ?? ShippedProject.stream
    guard let stream = project.stream(named: name) else {
      throw BenchmarkError.setup("the project has no stream \(name): a bench measures the example project")
    }
    self.stream = stream
    self.executable = executable
    guard let resolved = realpath(projectFolder, nil) else {
      throw BenchmarkError.setup("\(projectFolder): \(String(cString: strerror(errno)))")
    }
    defer { free(resolved) }
    self.projectFolder = String(cString: resolved)
    schemaJSON = readText(self.projectFolder + "/schemas/" + (stream.plan.definition.schemaFile ?? ""))
    self.environment = environment
    guard let scratch = ScratchFolder(prefix: "streampulse-bench", environment: environment) else {
      throw BenchmarkError.setup("no scratch folder: \(String(cString: strerror(errno)))")
    }
    self.scratch = scratch
  }

  var folder: String { scratch.path }

  /// A file or folder of the project.
  func file(_ name: String) -> String { projectFolder + "/" + name }

  /// The text of the file in `sql/KIND/` that is called like what it defines.
  func definition(_ kind: String, of name: String) throws -> String {
    let path = file("sql/\(kind)/\(name).sql")
    let text = readText(path)
    guard !text.isEmpty else { throw BenchmarkError.setup("\(path) is not there") }
    return text
  }

  /// Removes the scratch folder. Everything that was started in it has ended by now.
  public func remove() {
    scratch.remove()
  }

  /// Starts a command of this program, or of one that lies beside it.
  func start(_ arguments: [String], _ settings: [String: String], program: String? = nil) throws -> Program {
    programs += 1
    var environment = environment
    environment["STREAMPULSE_PROJECT"] = projectFolder
    environment["STREAMPULSE_DATA_DIR"] = folder + "/none"
    environment.merge(settings) { $1 }
    // In the scratch folder there is no .env to be read.
    let beside = executable.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let path = program.map { (beside + [$0[...]]).joined(separator: "/") } ?? executable
    let launch = Launch(
      executable: path, arguments: arguments, environment: environment, workingDirectory: folder,
      deathSignal: SIGKILL)
    let command = arguments.joined(separator: " ")
    return try Program(launch, outputPath: "\(folder)/\(programs).log", command: command)
  }
}

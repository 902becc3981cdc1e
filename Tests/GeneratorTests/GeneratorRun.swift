import ChildProcess
import Configuration
import Glibc
import Testing

/// Runs of the program itself, which is built beside the tests.
struct GeneratorRun {
  /// nil when a signal ended it.
  var exitStatus: Int32?
  /// What it wrote to stdout and stderr.
  var output: String

  /// The last line is the summary, because standard output is written at the end.
  var lines: [Substring] { output.split(separator: "\n") }

  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    let run = try ChildProcess.run(Self.launch(arguments, environment: environment), timeoutMilliseconds: 60_000)
    if case .exited(let code) = run.status { exitStatus = code }
    output = run.output
  }

  /// The project is given, the environment is nothing but `environment`.
  static func launch(_ arguments: [String], environment: [String: String] = [:]) throws -> Launch {
    let tests = try #require(runningExecutable())
    let folder = tests.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    var environment = environment
    environment["STREAMPULSE_PROJECT"] = projectRoot
    return Launch(
      executable: folder + "/event-generator", arguments: arguments, environment: environment,
      // Where there is no .env.
      workingDirectory: projectRoot + "/Tests")
  }
}

/// The whole output of a child that goes on while the test does something else.
final class OutputFile {
  let descriptor: Int32
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    descriptor = open(folder.path + "/output", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
  }

  deinit {
    close(descriptor)
  }

  var text: String { String(decoding: readFile(folder.path + "/output") ?? [], as: UTF8.self) }

  /// Waits for a child's words, so many seconds at most.
  func waitUntilItContains(_ words: String, seconds: Int) {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while !text.contains(words), clock.now < deadline { usleep(20_000) }
  }
}

/// A folder for a test's files, removed with them at the end.
final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/streampulse-generator-XXXXXX".utf8CString)
    path = try #require(mkdtemp(&template).map { String(cString: $0) })
  }

  deinit {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        unlink(path + "/" + name)
      }
      closedir(folder)
    }
    rmdir(path)
  }
}

/// A project of a test's own, removed at the end.
final class TemporaryProject {
  let path: String
  private let root: TemporaryFolder
  private var files: [String] = []
  private static let folders = ["/sql", "/sql/streams", "/schemas"]

  /// - Parameters:
  ///   - streams: definitions by the names of their files.
  ///   - schemas: the same.
  init(streams: [String: String] = [:], schemas: [String: String] = [:]) throws {
    root = try TemporaryFolder()
    path = root.path
    for folder in Self.folders { try #require(mkdir(path + folder, 0o700) == 0) }
    let texts = streams.map { ("/sql/streams/\($0)", $1) } + schemas.map { ("/schemas/\($0)", $1) }
    for (name, text) in texts {
      files.append(path + name)
      try writeFile(path + name, text)
    }
  }

  deinit {
    for file in files { unlink(file) }
    for folder in Self.folders.reversed() { rmdir(path + folder) }
  }
}

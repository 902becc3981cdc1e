import Glibc
import Project

/// A copy of the shipped project in a folder of its own, which a test may change.
final class ScratchProject {
  let folder: String

  init() throws {
    var template = Array("/tmp/streampulse-project-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TimedOut(waitingFor: "a folder") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard system("cp -r '\(repository)/sql' '\(repository)/schemas' '\(folder)/'") == 0 else {
      throw TimedOut(waitingFor: "a copy")
    }
  }

  deinit {
    _ = system("rm -rf '\(folder)'")
  }

  /// Takes all definitions and schemas away; the folders stay.
  func removeDefinitions() {
    _ = system("cd '\(folder)' && rm -rf sql/streams/* sql/aggregates/* sql/endpoints/* sql/alerts/* schemas/*")
  }

  /// Takes away the definitions of one kind, and the tests, which expect them.
  func removeDefinitions(_ kind: String) {
    _ = system("cd '\(folder)' && rm -rf sql/\(kind)/* sql/tests/*")
  }

  func makeFolder(_ path: String) {
    _ = system("mkdir -p '\(folder)/\(path)'")
  }

  func write(_ path: String, _ text: String) throws {
    guard let file = fopen("\(folder)/\(path)", "w") else { throw TimedOut(waitingFor: path) }
    fputs(text, file)
    fclose(file)
  }

  func change(_ path: String, _ command: String) throws -> Project {
    guard system("sed -i '\(command)' '\(folder)/\(path)'") == 0 else { throw TimedOut(waitingFor: "sed") }
    return try Project(folder: folder)
  }
}

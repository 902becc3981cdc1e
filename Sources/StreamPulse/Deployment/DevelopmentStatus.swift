import JSON
import Project

/// What has become of the files that somebody works on, for the terminal and the dashboard.
struct DevelopmentStatus: Sendable {
  enum State: String, Sendable {
    /// The files are in force.
    case applied
    /// They are being applied: rows may have to be made anew.
    case applying
    /// Something is wrong with them, and what was in force before still is.
    case failed
  }

  struct Fault: Sendable {
    /// nil: it is about no place in a file.
    var file: String?
    var line = 0
    var column = 0
    var message: String
    var hint: String?
  }

  var state = State.applying
  var faults: [Fault] = []

  var json: JSONValue {
    .object([
      JSONMember("state", .string(state.rawValue)), JSONMember("errors", .array(faults.map(\.json))),
    ])
  }
}

extension DevelopmentStatus.Fault {
  /// What an attempt to load or to apply definitions has failed with, one by one.
  static func all(of error: any Error) -> [Self] {
    if case .definitions(let errors)? = error as? ProjectError {
      return errors.map {
        Self(file: $0.path, line: $0.line, column: $0.column, message: $0.message, hint: $0.hint)
      }
    }
    // As all our errors are written: a message, and perhaps a hint on a line of its own.
    let parts = "\(error)".split(separator: "\n  hint: ", maxSplits: 1).map(String.init)
    return [Self(message: parts.first ?? "\(error)", hint: parts.dropFirst().first)]
  }

  fileprivate var json: JSONValue {
    .object([
      JSONMember("file", file.map { .string($0) } ?? .null), JSONMember("line", .number(String(line))),
      JSONMember("column", .number(String(column))), JSONMember("message", .string(message)),
      JSONMember("hint", hint.map { .string($0) } ?? .null),
    ])
  }
}

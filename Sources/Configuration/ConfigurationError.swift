/// What is wrong with the settings: everything that was found, not only the first.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
  public struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// File with line and column, "environment" or the option.
    public var location: String
    /// One line. Never contains the value of a secret.
    public var message: String
    public var hint: String?

    init(location: String, message: String, hint: String? = nil) {
      self.location = location
      self.message = message
      self.hint = hint
    }

    public var description: String {
      "\(location): \(message)" + (hint.map { "; \($0)" } ?? "")
    }
  }

  public var problems: [Problem]

  public init(problems: [Problem]) {
    self.problems = problems
  }

  public init(location: String, message: String, hint: String? = nil) {
    problems = [Problem(location: location, message: message, hint: hint)]
  }

  /// One problem a line.
  public var description: String {
    problems.map(\.description).joined(separator: "\n")
  }
}

/// A value that is not to be shown: every way of printing it gives asterisks.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The value itself, for the one place that needs it.
  public var revealed: String

  public init(_ revealed: String) {
    self.revealed = revealed
  }

  public var description: String { "********" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

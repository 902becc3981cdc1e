/// Something in a definition file that is refused, with the place and, where there is one, a way out.
public struct DefinitionError: Error, Hashable, Sendable, CustomStringConvertible {
  public var path: String
  /// From 1; 0 for a folder, or for a file whose text is not the matter.
  public var line: Int
  /// From 1, in characters (Unicode scalars).
  public var column: Int
  /// What stands at that place; empty at the end of the file.
  public var offendingText: String
  /// One line for a person.
  public var message: String
  public var hint: String?

  public init(path: String, line: Int, column: Int, offendingText: String, message: String, hint: String? = nil) {
    self.path = path
    self.line = line
    self.column = column
    self.offendingText = offendingText
    self.message = message
    self.hint = hint
  }

  /// `path:line:column: message near "text"`, and the hint on a line of its own.
  public var description: String {
    // Names in quotes, such as "user".city, are easier to read without further ones.
    let quote = offendingText.hasPrefix("\"") ? "" : "\""
    let near = offendingText.isEmpty ? "" : " near \(quote)\(offendingText)\(quote)"
    let advice = hint.map { "\n  hint: \($0)" } ?? ""
    let place = line > 0 ? ":\(line):\(column)" : ""
    return "\(path)\(place): \(message)\(near)\(advice)"
  }
}

/// Everything that is wrong in a set of definition files, file by file and from top to bottom. Never empty.
public struct DefinitionErrors: Error, Hashable, Sendable, CustomStringConvertible {
  public var errors: [DefinitionError]

  public init(_ errors: [DefinitionError]) {
    self.errors = errors
  }

  public var description: String {
    errors.map(\.description).joined(separator: "\n")
  }
}

/// Collects the errors of a file, so that one run reports all of them.
struct Diagnostics {
  private(set) var errors: [DefinitionError] = []
  private var known: Set<DefinitionError> = []

  mutating func report(_ error: DefinitionError) {
    // An error in an expression that stands in SELECT and in GROUP BY, or that two results share, is one error.
    if known.insert(error).inserted { errors.append(error) }
  }

  /// The value of `body`, or nil when it failed and its error has been noted.
  mutating func attempt<Value>(_ body: () throws(DefinitionError) -> Value) -> Value? {
    do {
      return try body()
    } catch {
      report(error)
      return nil
    }
  }

  /// Throws what has been noted, if anything.
  func check() throws(DefinitionErrors) {
    if !errors.isEmpty { throw DefinitionErrors(sorted) }
  }

  /// What has been noted, file by file and from top to bottom.
  var sorted: [DefinitionError] {
    errors.sorted { ($0.path, $0.line, $0.column) < ($1.path, $1.line, $1.column) }
  }
}

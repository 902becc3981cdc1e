/// Secrets that definitions name by environment variables of the user's choice: `secret: env ONCALL_SECRET`.
public struct NamedSecrets: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let values: [String: Secret]

  /// - Parameters:
  ///   - environment: the process's environment; wins over
  ///   - file: `.env`.
  init(environment: [String: String], file: EnvironmentFile?) {
    var values: [String: Secret] = [:]
    for entry in file?.entries ?? [] { values[entry.key] = Secret(entry.value) }
    for (key, value) in environment { values[key] = Secret(value) }
    self.values = values
  }

  /// nil: the variable is not set, or empty.
  public subscript(variable: String) -> Secret? {
    values[variable].flatMap { $0.revealed.isEmpty ? nil : $0 }
  }

  public var description: String { "********" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

import Postgres
import SQLQuoting
import Storage

/// Where a stream's progress is written down, for the statements that operators are told to run.
public struct Books: Hashable, Sendable {
  /// The schema of the engine's tables, quoted.
  public var schema: String
  /// nil: the project has no other stream, so that it need not be named.
  public var stream: String?

  public init(schema: String = "pulse", stream: String? = nil) {
    self.schema = schema
    self.stream = stream
  }

  /// - Parameter isOnly: the project has no other stream.
  public init(of stream: String, isOnly: Bool, in database: ConnectionSettings) {
    self.init(
      schema: quotedIdentifier(Bookkeeping.schema(of: database.schema)), stream: isOnly ? nil : stream)
  }
}

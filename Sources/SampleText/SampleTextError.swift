/// What is wrong with a line of samples, and what would be right.
public struct SampleTextError: Error, Hashable, Sendable {
  public var message: String
  public var hint: String

  init(_ message: String, hint: String) {
    (self.message, self.hint) = (message, hint)
  }
}

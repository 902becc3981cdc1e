import Plan

/// What became of one test.
public struct TestOutcome: Sendable {
  /// An expectation that was not met, or why the test could not go on.
  public struct Failure: Sendable {
    public var place: FilePlace
    /// One line for a person.
    public var message: String
    /// What was expected (`-`), what came (`+`), and what both have (two spaces); may be empty.
    public var lines: [String]
  }

  public var test: TestPlan
  public var failures: [Failure]
  public var seconds: Double

  public var passed: Bool { failures.isEmpty }
}

extension TestOutcome.Failure {
  /// `path:line:column: message`, and the lines below it.
  public var text: String {
    (["\(place.path):\(place.line):\(place.column): \(message)"] + lines.map { "    " + $0 }).joined(separator: "\n")
  }
}

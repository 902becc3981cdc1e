/// Something that Flink SQL cannot say, or says with another meaning.
public struct FlinkRefusal: Error, Hashable, Sendable {
  /// The aggregate or the stream whose definition it stands in.
  public var subject: String
  /// A word of the definition that it is about, to be looked for in the file; nil: the definition as a whole.
  public var word: String?
  public var message: String
  public var hint: String

  public init(subject: String, word: String? = nil, message: String, hint: String) {
    self.subject = subject
    self.word = word
    self.message = message
    self.hint = hint
  }
}

/// All that is refused of a project, in the order of its definitions, each once. Never empty.
public struct FlinkRefusals: Error, Hashable, Sendable {
  public var refusals: [FlinkRefusal]
}

/// Collects what is refused, and what differs without being wrong, while texts are made.
struct FlinkFindings {
  private(set) var refusals: [FlinkRefusal] = []
  private(set) var remarks: [String] = []

  mutating func refuse(_ refusal: FlinkRefusal) {
    if !refusals.contains(refusal) { refusals.append(refusal) }
  }

  mutating func remark(_ text: String) {
    if !remarks.contains(text) { remarks.append(text) }
  }

  func check() throws(FlinkRefusals) {
    if !refusals.isEmpty { throw FlinkRefusals(refusals: refusals) }
  }
}

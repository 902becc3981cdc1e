/// A test of a project's definitions: events, steps of time, and what has to come of them, in order.
public struct TestPlan: Hashable, Sendable {
  /// A JSON document of the test's file, or of a file of events.
  public struct Document: Hashable, Sendable {
    /// An object; checked to be JSON.
    public var text: String
    public var place: FilePlace

    public init(text: String, place: FilePlace) {
      self.text = text
      self.place = place
    }
  }

  public enum Action: Hashable, Sendable {
    /// The clock shows this time, in microseconds since 1970.
    case setClock(Int64)
    /// The clock goes on, in microseconds.
    case advanceClock(Int64)
    /// A table of reference data has these rows from now on, and no others.
    case table(String, [Document])
    /// Events of the stream arrive, in this order.
    case events(stream: String, [Document])
    /// A SELECT over results has these rows.
    case rows(FileText, [Document])
    /// These alerts were raised since the last such step.
    case alerts([Document])
    /// These dead letters were written since the last such step.
    case deadLetters([Document])
    /// The API answers so; without a document only the status is judged.
    case answer(path: String, status: Int, Document?)
  }

  public struct Step: Hashable, Sendable {
    public var action: Action
    public var place: FilePlace

    public init(action: Action, place: FilePlace) {
      self.action = action
      self.place = place
    }
  }

  /// The file's name without its ending.
  public var name: String
  public var path: String
  /// The file's header comment: what is tested. May be empty.
  public var comment: String
  public var steps: [Step]

  public init(name: String, path: String, comment: String, steps: [Step]) {
    self.name = name
    self.path = path
    self.comment = comment
    self.steps = steps
  }
}

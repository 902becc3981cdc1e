/// What `migrate` would do to a database, object by object, and what was seen there.
public struct MigrationPlan: Hashable, Sendable {
  public enum Subject: String, Hashable, Sendable, CaseIterable {
    /// The engine's own tables.
    case engine
    /// Whose the schema is.
    case project
    case aggregate
    case view
    /// A result table whose definition is gone.
    case table
  }

  public enum Effect: String, Hashable, Sendable, CaseIterable {
    /// It is what it should be.
    case nothing
    /// It is made.
    case new
    /// It is changed where it is. Rows stay as they are.
    case inPlace = "in place"
    /// It goes, and nothing is lost: it holds no rows.
    case dropped
    /// `migrate` refuses it: its rows would mean something else. A replay makes them anew beside the present ones.
    case beside
    /// `migrate` refuses it, and no replay helps.
    case impossible
  }

  /// What becomes of one object.
  public struct Step: Hashable, Sendable {
    public var subject: Subject
    public var name: String
    public var effect: Effect
    /// What differs or is done, for a person.
    public var changes: [String]
    /// What to do, where `migrate` does not do it.
    public var advice: String?

    public init(_ subject: Subject, _ name: String, _ effect: Effect, _ changes: [String] = [], advice: String? = nil) {
      self.subject = subject
      self.name = name
      self.effect = effect
      self.changes = changes
      self.advice = advice
    }
  }

  /// In the order in which `migrate` goes.
  public var steps: [Step]
  /// Tells apart what was seen of the database: another one after any change to it that the plan depends on.
  public var database: String
  /// The same of the project's definitions and the program's own schema.
  public var definitions: String

  public init(steps: [Step], database: String, definitions: String) {
    self.steps = steps
    self.database = database
    self.definitions = definitions
  }

  /// Whether `migrate` would do all of it.
  public var isPossible: Bool { !steps.contains { $0.effect == .beside || $0.effect == .impossible } }

  /// Whether there is nothing for `migrate` to do, and nothing that it would refuse.
  public var isEmpty: Bool { steps.allSatisfy { $0.effect == .nothing } }

  /// Why this is not the plan to follow any more; nil when it is.
  ///
  /// - Parameter present: what is planned now.
  func departure(_ present: MigrationPlan) -> String? {
    if definitions != present.definitions {
      return "the definitions are not those that the plan was made for, or another version of StreamPulse made it"
    }
    guard database != present.database || steps != present.steps else { return nil }
    let moved = present.steps.filter { !steps.contains($0) }.map { "\($0.subject.rawValue) \($0.name)" }
    return "the database has moved on since the plan was made"
      + (moved.isEmpty ? "" : ": " + moved.joined(separator: ", "))
  }
}

import HTTPServer

/// How the product is, as seen by whoever wires it together.
public struct HealthReport: Hashable, Sendable {
  public enum Status: String, Hashable, Sendable {
    case ok
    /// Answers are given, but they may be old.
    case degraded
    /// A dependency is down.
    case down
  }

  /// A server that the product cannot do without.
  public struct Dependency: Hashable, Sendable {
    public var isUp: Bool
    /// For a person: a version, or what is wrong.
    public var detail: String?

    public init(isUp: Bool, detail: String? = nil) {
      self.isUp = isUp
      self.detail = detail
    }
  }

  public struct Processor: Hashable, Sendable {
    /// Records of the topic that are not in the tables yet; nil when unknown.
    public var lagRecords: Int?
    /// nil when nothing was ever committed.
    public var lastCommitAgeSeconds: Double?
    /// It should be making progress and is not.
    public var isStalled: Bool
    /// Why partitions are not read until an operator says how to go on, a text for each.
    public var held: [String]
    /// Why partitions wait that go on by themselves, a text for each.
    public var waiting: [String]
    /// Why nothing can be read of the topic as a whole.
    public var topicFault: String?
    /// Why nearly all that is read becomes dead letters.
    public var deadShare: String?

    public init(
      lagRecords: Int?, lastCommitAgeSeconds: Double?, isStalled: Bool, held: [String] = [], waiting: [String] = [],
      topicFault: String? = nil, deadShare: String? = nil
    ) {
      self.lagRecords = lagRecords
      self.lastCommitAgeSeconds = lastCommitAgeSeconds
      self.isStalled = isStalled
      self.held = held
      self.waiting = waiting
      self.topicFault = topicFault
      self.deadShare = deadShare
    }

    /// What is wrong, the gravest first.
    var problems: [String] {
      [topicFault].compactMap { $0 } + held + waiting + [deadShare].compactMap { $0 }
    }
  }

  public var database: Dependency
  public var broker: Dependency
  public var processor: Processor

  public init(database: Dependency, broker: Dependency, processor: Processor) {
    self.database = database
    self.broker = broker
    self.processor = processor
  }

  public var status: Status {
    guard database.isUp, broker.isUp else { return .down }
    return processor.isStalled || !processor.problems.isEmpty ? .degraded : .ok
  }
}

/// Finds out how things are and says so once, on any thread. Called on an event loop's thread: it must not block.
public typealias HealthProbe = @Sendable (_ completion: @escaping @Sendable (HealthReport) -> Void) -> Void

import HTTPServer
import JSON

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
    /// Since the newest event happened, by its own time; nil when there is none. Never negative.
    public var newestEventAgeSeconds: Double?
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
    /// Why nothing more is processed until it is started again.
    public var ending: String?
    /// That nobody processes the stream.
    public var absence: String?
    /// For how long its source has sent nothing, when that is long.
    public var silence: String?

    public init(
      lagRecords: Int?, lastCommitAgeSeconds: Double?, isStalled: Bool, held: [String] = [], waiting: [String] = [],
      topicFault: String? = nil, deadShare: String? = nil, ending: String? = nil, absence: String? = nil,
      silence: String? = nil, newestEventAgeSeconds: Double? = nil
    ) {
      self.absence = absence
      self.silence = silence
      self.newestEventAgeSeconds = newestEventAgeSeconds
      self.ending = ending
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
      [ending, absence, topicFault].compactMap { $0 } + held + waiting + [deadShare, silence].compactMap { $0 }
    }

    /// What the processors of several streams are together.
    static func all(_ streams: [Stream]) -> Processor {
      if let only = streams.first, streams.count == 1 { return only.processor }
      let ages = streams.compactMap(\.processor.lastCommitAgeSeconds)
      let lags = streams.map(\.processor.lagRecords)
      return Processor(
        lagRecords: lags.contains(nil) ? nil : lags.compactMap { $0 }.reduce(0, +), lastCommitAgeSeconds: ages.min(),
        isStalled: streams.contains { $0.processor.isStalled }, held: texts(streams, \.held),
        waiting: texts(streams, \.waiting), topicFault: text(streams, \.topicFault),
        deadShare: text(streams, \.deadShare), ending: text(streams, \.ending), absence: text(streams, \.absence),
        silence: text(streams, \.silence),
        newestEventAgeSeconds: streams.compactMap(\.processor.newestEventAgeSeconds).min())
    }

    private static func texts(_ streams: [Stream], _ problems: KeyPath<Processor, [String]>) -> [String] {
      streams.flatMap { stream in stream.processor[keyPath: problems].map { "\(stream.name): \($0)" } }
    }

    private static func text(_ streams: [Stream], _ problem: KeyPath<Processor, String?>) -> String? {
      let lines = streams.compactMap { stream in
        stream.processor[keyPath: problem].map { "\(stream.name): \($0)" }
      }
      return lines.isEmpty ? nil : lines.joined(separator: "; ")
    }
  }

  /// One stream of the project, and how it is processed.
  public struct Stream: Hashable, Sendable {
    public var name: String
    public var topic: String
    public var processor: Processor

    public init(name: String, topic: String, processor: Processor) {
      self.name = name
      self.topic = topic
      self.processor = processor
    }
  }

  /// A table of reference data in the memory of this process.
  public struct Reference: Hashable, Sendable {
    public var table: String
    public var rows: Int
    /// Since it was last known to be as the table is; nil before it was read.
    public var ageSeconds: Double?
    /// Why it could not be read the last time.
    public var problem: String?

    public init(table: String, rows: Int, ageSeconds: Double?, problem: String?) {
      self.table = table
      self.rows = rows
      self.ageSeconds = ageSeconds
      self.problem = problem
    }
  }

  public var database: Dependency
  public var broker: Dependency
  /// By name.
  public var streams: [Stream]
  /// Empty where nothing is processed, or nothing is joined.
  public var references: [Reference]

  /// What has become of the definitions that somebody works on; nil: nobody does.
  public var definitions: JSONValue?

  public init(database: Dependency, broker: Dependency, streams: [Stream], references: [Reference] = []) {
    self.database = database
    self.broker = broker
    self.streams = streams
    self.references = references
  }

  /// The same some time later, if nothing has happened since.
  public func aged(bySeconds seconds: Double) -> HealthReport {
    var report = self
    for index in report.streams.indices {
      for age in [\Processor.lastCommitAgeSeconds, \Processor.newestEventAgeSeconds] {
        if let value = report.streams[index].processor[keyPath: age] {
          report.streams[index].processor[keyPath: age] = value + seconds
        }
      }
    }
    for index in report.references.indices {
      report.references[index].ageSeconds = report.references[index].ageSeconds.map { $0 + seconds }
    }
    return report
  }

  /// Of all streams together.
  public var processor: Processor { .all(streams) }

  public var status: Status {
    guard database.isUp, broker.isUp else { return .down }
    let processor = processor
    let isOld = references.contains { $0.problem != nil || $0.ageSeconds == nil }
    return processor.isStalled || !processor.problems.isEmpty || isOld ? .degraded : .ok
  }
}

/// Finds out how things are and says so once, on any thread. Called on an event loop's thread: it must not block.
public typealias HealthProbe = @Sendable (_ completion: @escaping @Sendable (HealthReport) -> Void) -> Void

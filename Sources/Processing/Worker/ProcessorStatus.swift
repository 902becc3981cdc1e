import Events
import Synchronization

/// How a processor is doing, for health reports. Written by its threads, read by anybody.
public final class ProcessorStatus: Sendable {
  public struct Snapshot: Sendable {
    public var isRunning = false
    /// Identity of the Kafka cluster; nil before it has been reached.
    public var cluster: String?
    public var partitions: [TopicPartition] = []
    /// Partitions of which nothing is read until an operator says how to go on, and why.
    public var held: [TopicPartition: String] = [:]
    /// Partitions that wait for a schema, and what for; they go on by themselves.
    public var waiting: [TopicPartition: String] = [:]
    /// What an access list denied when records were to be read; nil once they come.
    public var denial: String?
    /// Why it has ended by itself.
    public var ending: String?
    /// nil while the broker can be reached.
    public var brokerProblem: String?
    /// nil while the database can be written.
    public var databaseProblem: String?
    public var committedRecords = 0
    public var commits = 0
    public var deadLetters = 0
    /// Wall clock in microseconds since 1970; nil before the first commit.
    public var lastCommit: Int64?
  }

  private let snapshot = Mutex(Snapshot())
  private let parts: [ProcessorStatus]
  let books: Books

  public init(books: Books = Books()) {
    parts = []
    self.books = books
  }

  /// What several workers do together.
  init(of parts: [ProcessorStatus]) {
    self.parts = parts
    books = parts.first?.books ?? Books()
  }

  public var current: Snapshot {
    parts.map(\.current).reduce(snapshot.withLock { $0 }) { $0.merged(with: $1) }
  }

  func update(_ change: (inout Snapshot) -> Void) {
    snapshot.withLock { change(&$0) }
  }

  func committed(_ checkpoint: Checkpoint, now: Int64) {
    update {
      $0.committedRecords += checkpoint.recordCount
      $0.commits += 1
      $0.deadLetters += checkpoint.deadLetters.count
      $0.lastCommit = now
    }
  }
}

extension ProcessorStatus.Snapshot {
  fileprivate func merged(with other: Self) -> Self {
    var merged = self
    merged.isRunning = isRunning || other.isRunning
    merged.cluster = cluster ?? other.cluster
    merged.partitions = (partitions + other.partitions).sorted()
    merged.held.merge(other.held) { $1 }
    merged.waiting.merge(other.waiting) { $1 }
    merged.ending = ending ?? other.ending
    merged.denial = denial ?? other.denial
    merged.brokerProblem = brokerProblem ?? other.brokerProblem
    merged.databaseProblem = databaseProblem ?? other.databaseProblem
    merged.committedRecords += other.committedRecords
    merged.commits += other.commits
    merged.deadLetters += other.deadLetters
    merged.lastCommit = [lastCommit, other.lastCommit].compactMap { $0 }.max()
    return merged
  }
}

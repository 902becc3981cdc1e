import Synchronization

/// How a processor is doing, for health reports. Written by its threads, read by anybody.
public final class ProcessorStatus: Sendable {
  public struct Snapshot: Sendable {
    public var isRunning = false
    public var partitions: [Int32] = []
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

  public init() {}

  public var current: Snapshot { snapshot.withLock { $0 } }

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

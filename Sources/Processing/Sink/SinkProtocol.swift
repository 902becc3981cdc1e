import Events
import Postgres
import Threads

/// How a request is carried out against a database that may fail at any point: what to do after each answer and each
/// error. The one who carries it out owns the connection and has lost it when an error says so.
///
/// A request is tried until it is done or fenced: a lost server, a full disk, a missing grant, nothing is skipped. After
/// a lost answer a commit may have happened, so the positions are read before it is tried again.
package struct SinkProtocol {
  package enum Action {
    case claim([TopicPartition: Offset])
    case readPositions
    case commit(Checkpoint)
    /// Then `waited`.
    case wait(milliseconds: Int)
    case finish(SinkOutcome)
  }

  package enum Event {
    case claimed([PartitionClaim])
    /// The claim was made, and found tables of other definitions.
    case redefined(String)
    case positions([TopicPartition: StoredPosition])
    case committed
    case failed(PostgresError)
    case waited
  }

  /// Raised by `pulse.advance` when another instance owns a partition.
  package static let fencedState = "SPF01"

  private var request = SinkRequest.claim([:])
  /// A commit whose answer was lost may have happened.
  private var isUnknown = false
  private var failures = 0
  private var backOff = BackOff()

  package init() {}

  package mutating func begin(_ request: SinkRequest) -> Action {
    self.request = request
    isUnknown = false
    failures = 0
    return attempt()
  }

  package mutating func handle(_ event: Event, using generator: inout some RandomNumberGenerator) -> Action {
    switch (event, request) {
    case (.claimed(let claims), _): return finish(.claimed(claims))
    case (.redefined(let change), _): return finish(.redefined(change))
    case (.committed, .commit(let checkpoint)): return finish(.committed(checkpoint))
    case (.positions(let stored), .commit(let checkpoint)):
      switch checkpoint.outcome(given: stored) {
      case .committed: return finish(.committed(checkpoint))
      case .fenced:
        return finish(.fenced("the positions belong to another instance since the connection was lost"))
      case .notCommitted: return .commit(checkpoint)
      }
    case (.committed, .claim), (.positions, .claim), (.waited, _): return attempt()
    case (.failed(let error), _):
      if error.sqlstate == SinkProtocol.fencedState { return finish(.fenced(error.description)) }
      if error.isConnectionLost { isUnknown = true }
      failures += 1
      return .wait(milliseconds: backOff.next(using: &generator))
    }
  }

  /// Whether this error is worth telling: a deadlock or a serialization failure is no news unless it stays.
  package func isNews(_ error: PostgresError) -> Bool {
    failures > 1 || error.isConnectionLost || !error.isRetryable
  }

  private func attempt() -> Action {
    switch request {
    case .claim(let starts): .claim(starts)
    case .commit(let checkpoint): isUnknown ? .readPositions : .commit(checkpoint)
    }
  }

  private mutating func finish(_ outcome: SinkOutcome) -> Action {
    backOff.reset()
    return .finish(outcome)
  }
}

/// A partition's position in the database.
package struct StoredPosition: Sendable, Hashable {
  package var next: Offset
  package var epoch: Int64

  package init(next: Offset, epoch: Int64) {
    self.next = next
    self.epoch = epoch
  }
}

/// What became of a commit whose answer was lost.
enum CommitOutcome: Equatable {
  case committed
  case notCommitted
  case fenced
}

extension Checkpoint {
  /// Judges by the positions in the database: all advanced, none advanced, or somebody else's.
  func outcome(given stored: [TopicPartition: StoredPosition]) -> CommitOutcome {
    var outcome: CommitOutcome?
    for advance in advances {
      guard let position = stored[advance.partition], position.epoch == advance.epoch else { return .fenced }
      // A watermark-only advance leaves no trace; to write it again is harmless.
      if advance.next == advance.expected { continue }
      if position.next == advance.next {
        if outcome == .notCommitted { return .fenced }
        outcome = .committed
      } else if position.next == advance.expected {
        if outcome == .committed { return .fenced }
        outcome = .notCommitted
      } else {
        return .fenced
      }
    }
    return outcome ?? .notCommitted
  }
}

import Observability
import Synchronization

/// What several workers see of the same servers: an outage begins with the first of them that sees it, is over with the
/// last, and is said once.
final class SharedOutages: Sendable {
  private struct Seen {
    var database: Set<Int> = []
    var broker: Set<Int> = []
  }

  private let seen = Mutex(Seen())

  /// Whether this has to be said.
  func isNews(_ observation: Observation, from worker: Int) -> Bool {
    seen.withLock { seen in
      switch observation {
      case .databaseDown: seen.database.begin(worker)
      case .databaseUp: seen.database.end(worker)
      case .brokerDown: seen.broker.begin(worker)
      case .brokerUp: seen.broker.end(worker)
      default: true
      }
    }
  }
}

extension Set<Int> {
  fileprivate mutating func begin(_ worker: Int) -> Bool {
    let isFirst = isEmpty
    insert(worker)
    return isFirst
  }

  fileprivate mutating func end(_ worker: Int) -> Bool {
    remove(worker)
    return isEmpty
  }
}

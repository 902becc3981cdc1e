import Dataflow
import Events
import Plan
import Postgres

/// What keeps two transactions from merging sessions of one key at the same time: neither would see what the other inserts.
///
/// Advisory locks of the transaction, over a bounded number of buckets of keys: a lock for each key would be more than the
/// server has room for. They are taken in the order of their numbers, and before the statement that reads the stored
/// sessions, whose snapshot then is younger than the last transaction that had them.
package enum SessionLocks {
  /// Flushes of few keys then seldom wait for each other. A flush of many takes all of them.
  static let buckets = 64

  /// What takes the locks for a delta of the aggregate; nil: its windows are no sessions.
  package static func statement(
    for delta: WindowDelta, of aggregate: AggregatePlan, _ connection: PostgresConnection
  ) -> (sql: String, parameters: [PostgresParameter])? {
    guard aggregate.window.isSession else { return nil }
    let numbers = delta.buckets(SessionLocks.buckets).map { bucket in
      AdvisoryLock.sessions(aggregate: aggregate.name, bucket: bucket).key(for: connection)
    }
    var array = PostgresArray(.bigint, capacityHint: numbers.count)
    for number in numbers.sorted() { array.append(number) }
    return ("SELECT \(connection.pulse).lock_sessions($1)", [.array(array)])
  }
}

extension WindowDelta {
  /// Buckets into which the keys of rows fall: the same for equal keys in every process.
  fileprivate func buckets(_ count: Int) -> Set<Int> {
    var found: Set<Int> = []
    for row in 0..<rowCount where found.count < count {
      let hash = keys.reduce(UInt64(0)) { hash, key in
        key.isNull(row) ? hashInteger(0, seed: ~hash) : key.hash(row, seed: hash)
      }
      found.insert(Int(hash % UInt64(count)))
    }
    return found
  }
}

extension DeltaColumn {
  fileprivate func hash(_ row: Int, seed: UInt64) -> UInt64 {
    // A hash of zero would make that of what follows its value alone.
    let seed = seed &+ 0x9e37_79b9_7f4a_7c15
    switch type.physical {
    case .boolean: return hashInteger(boolean(row) ? 1 : 2, seed: seed)
    case .integer: return hashInteger(UInt64(bitPattern: integer(row)), seed: seed)
    case .decimal:
      let value = decimal(row)
      let high = hashInteger(UInt64(truncatingIfNeeded: value >> 64), seed: seed)
      return hashInteger(UInt64(truncatingIfNeeded: value), seed: high)
    // Equal doubles may differ in their bits, and are no keys.
    case .double: return seed
    case .text:
      return withText(row) { bytes in
        bytes.baseAddress.map { hashBytes($0, bytes.count, seed: seed) } ?? hashInteger(0, seed: seed)
      }
    }
  }
}

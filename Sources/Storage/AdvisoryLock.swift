import Events
import Postgres

/// The advisory locks of ours in a database: one place, so that no two purposes share a key.
public enum AdvisoryLock: Sendable, Hashable {
  /// Whoever changes tables of the engine or of definitions; for the whole database.
  case migration
  /// The instance that judges closed windows and removes old ones of a stream.
  case watch(stream: String)
  /// Whoever makes a table of the stream anew has it alone; replays of dead letters share it.
  case replay(stream: String)
  /// Whoever deploys definitions of a project.
  case deployment
  /// The instance that forwards the stream's dead letters.
  case forwarding(stream: String)
  /// The instance that delivers the project's notifications.
  case notifications
  /// Whoever merges sessions of the aggregate whose keys fall into the bucket.
  case sessions(aggregate: String, bucket: Int)

  /// The key, for `pg_advisory_lock`. Streams of one database may be those of several projects, which do not wait for
  /// each other.
  public func key(for connection: PostgresConnection) -> Int64 {
    switch self {
    case .migration: AdvisoryLock.base
    case .watch(let stream): AdvisoryLock.key(1, stream, connection.schema)
    case .replay(let stream): AdvisoryLock.key(2, stream, connection.schema)
    case .deployment: AdvisoryLock.key(4, "", connection.schema)
    case .forwarding(let stream): AdvisoryLock.key(3, stream, connection.schema)
    case .notifications: AdvisoryLock.key(5, "", connection.schema)
    // No name of an aggregate has a zero byte.
    case .sessions(let aggregate, let bucket): AdvisoryLock.key(4, "\(aggregate)\0\(bucket)", connection.schema)
    }
  }

  /// Any constant of ours.
  private static let base: Int64 = 5_721_046_398_113

  private static func key(_ purpose: UInt64, _ stream: String, _ schema: String?) -> Int64 {
    // No name of a schema or a stream has a zero byte.
    let bytes = Array((schema.map { $0 + "\0" + stream } ?? stream).utf8)
    return bytes.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return base &+ Int64(purpose) }
      return Int64(bitPattern: hashBytes(start, buffer.count, seed: UInt64(base) &+ purpose))
    }
  }
}

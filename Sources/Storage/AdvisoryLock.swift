/// The advisory locks of ours in a database: one place, so that no two purposes share a key.
public enum AdvisoryLock: Sendable, Hashable {
  /// Whoever changes tables of the engine or of definitions; for the whole database.
  case migration
  /// The instance that judges closed windows and removes old ones of a stream.
  case watch(stream: String)
  /// Whoever makes a table of the stream anew has it alone; replays of dead letters share it.
  case replay(stream: String)
  /// The instance that forwards the stream's dead letters.
  case forwarding(stream: String)

  /// The key, for `pg_advisory_lock`. Streams of one database may be those of several projects, which do not wait for
  /// each other.
  public var key: Int64 {
    switch self {
    case .migration: AdvisoryLock.base
    case .watch(let stream): AdvisoryLock.key(1, stream)
    case .replay(let stream): AdvisoryLock.key(2, stream)
    case .forwarding(let stream): AdvisoryLock.key(3, stream)
    }
  }

  /// Any constant of ours.
  private static let base: Int64 = 5_721_046_398_113

  /// FNV-1a, 64 bits: the same in every process. (http://www.isthe.com/chongo/tech/comp/fnv/)
  private static func key(_ purpose: Int64, _ stream: String) -> Int64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in stream.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return (base &+ purpose) ^ Int64(bitPattern: hash)
  }
}

import Events
import Postgres
import Processing

/// A database server that executes transactions a while after they were sent, whether or not anybody still waits for
/// the answer, unless it goes down before.
final class SimulatedDatabase {
  /// Of a stream, by its number.
  enum Statement {
    case claim([TopicPartition: Offset], stream: Int)
    case readPositions(stream: Int)
    case commit(Checkpoint, stream: Int, SimulatedTables.Part)
  }

  enum Answer {
    case claimed([PartitionClaim])
    case positions([TopicPartition: StoredPosition])
    case committed
  }

  /// A transaction at the server.
  final class Execution {
    let statement: Statement
    let client: String
    let time: Int64
    /// nil until it is executed; it never is when the server went down before.
    fileprivate(set) var result: Result<Answer, PostgresError>?

    fileprivate init(_ statement: Statement, client: String, time: Int64) {
      self.statement = statement
      self.client = client
      self.time = time
    }
  }

  private let world: World
  private(set) var tables: SimulatedTables
  /// In the order of their execution.
  private var waiting: [Execution] = []
  private var downUntil: Int64 = 0
  private var slowUntil: Int64 = 0
  /// Counts the server's starts: connections do not survive one.
  private(set) var starts = 1

  init(_ world: World) {
    self.world = world
    tables = SimulatedTables(streams: world.scenario.streams.count, bug: world.bug)
  }

  var isDown: Bool { world.now < downUntil }

  /// When it has something to do next.
  var nextTime: Int64? { waiting.first?.time }

  /// How long a transaction takes.
  func duration() -> Int64 {
    world.now < slowUntil && !world.isHealing
      ? world.random.within(0...20 * second) : world.random.within(0...30 * millisecond)
  }

  func send(_ statement: Statement, client: String, after delay: Int64) -> Execution {
    let execution = Execution(statement, client: client, time: world.now + delay)
    let index = waiting.firstIndex { $0.time > execution.time } ?? waiting.count
    waiting.insert(execution, at: index)
    return execution
  }

  /// The server takes a transaction out before it is executed.
  func cancel(_ execution: Execution) {
    waiting.removeAll { $0 === execution }
  }

  func restart(downFor duration: Int64) {
    world.note("database: restarts, down for \(duration / millisecond) ms")
    starts += 1
    waiting.removeAll()
    downUntil = max(downUntil, world.now + duration)
  }

  func slowDown(for duration: Int64) {
    world.note("database: slow for \(duration / millisecond) ms")
    slowUntil = world.now + duration
  }

  func heal() {
    downUntil = world.now
  }

  func tick() {
    while let execution = waiting.first, execution.time <= world.now {
      waiting.removeFirst()
      execution.result = execute(execution)
    }
  }

  private func execute(_ execution: Execution) -> Result<Answer, PostgresError> {
    switch execution.statement {
    case .claim(let starts, let stream):
      let claims = tables.claim(starts, of: stream)
      if tables.isApart(stream, in: starts.keys) { world.reached(.streamsApart) }
      world.note(
        "database: \(execution.client) claims "
          + claims.map { "\($0.partition) at \($0.next), epoch \($0.epoch)" }.joined(separator: "; "))
      return .success(.claimed(claims))
    case .readPositions(let stream):
      return .success(.positions(tables.positions(of: stream)))
    case .commit(let checkpoint, let stream, let part):
      do throws(PostgresError) {
        try tables.commit(checkpoint, of: stream, part)
        world.note(
          "database: \(execution.client) commits \(part) "
            + checkpoint.advances.map { "\($0.partition): \($0.expected)..<\($0.next)" }.joined(separator: ", "))
        return .success(.committed)
      } catch {
        if error.sqlstate == SinkProtocol.fencedState { world.reached(.refusedOldOwner) }
        world.note("database: \(execution.client) is refused: \(error.description)")
        return .failure(error)
      }
    }
  }
}

import Postgres
import Processing

/// The sink thread of one worker over the simulated database: carries out what `SinkProtocol` decides, one step at a
/// time, over a connection that may break at any point.
final class SimulatedSink: CheckpointSink {
  private enum State {
    case idle
    case next(SinkProtocol.Action)
    /// A statement is under way; what the client is told, and from when on.
    case waiting(SimulatedDatabase.Execution?, Fate)
    case stopped
  }

  private enum Fate {
    case answered
    /// The connection breaks at that time, whatever the server does.
    case lost(at: Int64)
    case refused(PostgresError)
  }

  private unowned let incarnation: Incarnation
  private let world: World
  private let database: SimulatedDatabase
  private var machine = SinkProtocol()
  private var state = State.idle
  private var outcome: SinkOutcome?
  /// Which start of the server the connection belongs to; nil: there is none.
  private var connection: Int?
  private(set) var readyAt: Int64 = 0
  private var isBusy = false

  init(_ incarnation: Incarnation, _ world: World, _ database: SimulatedDatabase) {
    self.incarnation = incarnation
    self.world = world
    self.database = database
  }

  var hasWork: Bool {
    switch state {
    case .idle, .stopped: false
    case .next, .waiting: true
    }
  }

  // MARK: CheckpointSink

  func submit(_ request: SinkRequest) {
    guard incarnation.isAlive else { return }
    if isBusy { world.violated("\(incarnation.name) has two requests under way") }
    isBusy = true
    if case .commit(let checkpoint) = request, world.bug == .flushLostOnRevoke, incarnation.isRevoking {
      outcome = .committed(checkpoint)
      return
    }
    state = .next(machine.begin(request))
    readyAt = world.now
    _ = incarnation.acted("submit \(request.summary)")
  }

  func outcome(timeoutMilliseconds: Int) -> SinkOutcome? {
    guard incarnation.isAlive else { return nil }
    guard let outcome else {
      if timeoutMilliseconds > 0 { incarnation.sleep(Int64(timeoutMilliseconds) * millisecond) }
      return nil
    }
    self.outcome = nil
    isBusy = false
    return outcome
  }

  /// Ends the thread. What is under way at the server may be cancelled in time, or not.
  func stop() {
    if case .waiting(let execution?, _) = state, world.random.chance(0.5) { database.cancel(execution) }
    state = .stopped
  }

  // MARK: The thread

  func step() {
    switch state {
    case .idle, .stopped: return
    case .next(.finish(let outcome)):
      self.outcome = outcome
      state = .idle
    case .next(.wait(let milliseconds)):
      readyAt = world.now + Int64(milliseconds) * millisecond
      state = .next(machine.handle(.waited, using: &world.random))
    case .next(let action): perform(action)
    case .waiting(let execution, let fate): hear(execution, fate)
    }
  }

  private func perform(_ action: SinkProtocol.Action) {
    if connection == nil {
      guard !database.isDown else { return failed(lost("could not connect")) }
      connection = database.starts
    }
    let stream = incarnation.stream.number
    let statement: SimulatedDatabase.Statement
    switch action {
    case .claim(let starts): statement = .claim(starts, stream: stream)
    case .readPositions: statement = .readPositions(stream: stream)
    case .commit(let checkpoint):
      statement = .commit(
        checkpoint, stream: stream, world.bug == .positionBeforeRows ? .positions : .everything)
    case .wait, .finish: return
    }
    send(statement)
  }

  private func send(_ statement: SimulatedDatabase.Statement) {
    let scenario = world.scenario
    var delay = database.duration()
    var fate = Fate.answered
    var execution: SimulatedDatabase.Execution?
    if connection != database.starts || world.strikes(scenario.lostBefore) {
      fate = .lost(at: world.now + delay)
    } else if world.strikes(scenario.refused) {
      // Serialization failure, deadlock, disk full, cancelled statement, read-only after a failover.
      let states = ["40001", "40P01", "53100", "57014", "25006"]
      fate = .refused(refusal(world.random.pick(states) ?? "40001", "not now"))
    } else {
      if world.strikes(scenario.lostAfter) {
        fate = .lost(at: world.now + delay)
        // Before the break, at it, or long after: the server does not know that nobody waits any more.
        if world.random.chance(0.5) { delay = world.random.within(0...5 * second) }
      }
      execution = database.send(statement, client: incarnation.name, after: delay)
    }
    state = .waiting(execution, fate)
    readyAt = world.now + delay
    if case .lost(let time) = fate { readyAt = time }
    _ = incarnation.acted("send \(statement.summary)")
  }

  private func hear(_ execution: SimulatedDatabase.Execution?, _ fate: Fate) {
    switch fate {
    case .lost: failed(lost("server closed the connection unexpectedly"))
    case .refused(let error): failed(error)
    case .answered:
      switch execution?.result {
      case nil:
        guard connection == database.starts else { return failed(lost("terminating connection")) }
        readyAt = max(world.now, execution?.time ?? 0)
        return
      case .failure(let error): failed(error)
      case .success(.claimed(let claims)): handle(.claimed(claims))
      case .success(.positions(let positions)): handle(.positions(positions))
      case .success(.committed):
        if case .commit(let checkpoint, let stream, .positions) = execution?.statement {
          return send(.commit(checkpoint, stream: stream, .rows))
        }
        handle(.committed)
      }
    }
  }

  private func handle(_ event: SinkProtocol.Event) {
    let action = machine.handle(event, using: &world.random)
    if case .positions = event { world.reached(action.milestone) }
    state = .next(action)
    _ = incarnation.acted("hears \(event.summary)")
  }

  private func failed(_ error: PostgresError) {
    if error.isConnectionLost { connection = nil }
    handle(.failed(error))
  }

  private func lost(_ reason: String) -> PostgresError {
    PostgresError(.connection(reason))
  }
}

extension SinkProtocol.Action {
  /// What the positions told of a commit.
  fileprivate var milestone: Milestone {
    switch self {
    case .finish(.committed): .hadCommitted
    case .finish: .hadBeenFenced
    default: .hadNotCommitted
    }
  }
}

extension SinkRequest {
  var summary: String {
    switch self {
    case .claim(let starts): "claim \(starts.keys.sorted())"
    case .commit(let checkpoint): "commit \(checkpoint.summary)"
    }
  }
}

extension SimulatedDatabase.Statement {
  var summary: String {
    switch self {
    case .claim(let starts, _): "claim \(starts.keys.sorted())"
    case .readPositions: "read positions"
    case .commit(let checkpoint, _, let part): "commit \(part) \(checkpoint.summary)"
    }
  }
}

extension SinkProtocol.Event {
  fileprivate var summary: String {
    switch self {
    case .claimed: "claimed"
    case .positions: "positions"
    case .committed: "committed"
    case .failed(let error): "failed: \(error.description)"
    case .redefined: "redefined"
    case .waited: "waited"
    }
  }
}

extension Checkpoint {
  fileprivate var summary: String {
    advances.map { "\($0.partition): \($0.expected)..<\($0.next)" }.joined(separator: ", ")
  }
}

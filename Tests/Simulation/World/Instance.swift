import Formats
import Threads

/// A process of the product: keeps a worker of each stream running, as `ProcessorService` does, until it is told to stop.
/// It can be stopped and continued, killed, and started again, all its threads at once.
final class Instance {
  private enum Phase {
    case down(until: Int64)
    case up
    case stopped
  }

  let number: Int
  /// Machines count their monotonic time from different moments.
  let clockOrigin: Int64
  private(set) var stop = StopFlag()
  private(set) var pausedUntil: Int64 = 0
  private unowned let cluster: Cluster
  private let world: World
  private var phase: Phase
  /// One for each stream of the schedule.
  private var supervisors: [SimulatedSupervisor] = []
  private var stopDeadline: Int64?

  /// - Parameter decoders: by stream.
  init(_ number: Int, _ cluster: Cluster, _ decoders: [RecordDecoder], startsAt: Int64) {
    self.number = number
    self.cluster = cluster
    world = cluster.world
    clockOrigin = world.random.within(0...1_000_000 * second)
    phase = .down(until: startsAt)
    supervisors = world.scenario.streams.map { SimulatedSupervisor($0, of: self, cluster, decoders[$0.number]) }
  }

  var hasEnded: Bool { if case .stopped = phase { true } else { false } }

  private var isInCall: Bool { supervisors.contains(where: \.isInCall) }

  /// Those of its threads that wait for a time, with it.
  func eachThread(_ body: (SimulatedThread, Int64) -> Void) {
    switch phase {
    case .down(let time): if !isInCall { body(.start(self), max(time, pausedUntil)) }
    case .up:
      for supervisor in supervisors {
        if let time = supervisor.readyAt { body(.supervisor(supervisor), max(time, pausedUntil)) }
      }
    case .stopped: break
    }
  }

  func start() {
    world.note("instance \(number): starts")
    stop = StopFlag()
    stopDeadline = nil
    phase = .up
    // The first may kill the process when it begins.
    for supervisor in supervisors { if case .up = phase { supervisor.start() } }
  }

  /// One of its streams' workers has ended for good: the process does with the last.
  func supervisorEnded() {
    guard case .up = phase, supervisors.allSatisfy(\.hasEnded) else { return }
    world.note("instance \(number): has ended")
    if let stopDeadline, world.now > stopDeadline {
      world.violated("instance \(number) took \((world.now - stopDeadline) / millisecond) ms too long to stop")
    }
    phase = world.isClosing ? .stopped : .down(until: world.now + world.random.within(0...5 * second))
  }

  /// Whether another stream's worker runs.
  func goesOn(beside supervisor: SimulatedSupervisor) -> Bool {
    supervisors.contains { $0 !== supervisor && $0.incarnation != nil }
  }

  /// One of its threads could not go on for so long, because others did.
  func wasHeldUp(for duration: Int64) {
    stopDeadline? += duration
  }

  // MARK: Signals

  func kill() {
    guard case .up = phase else { return }
    world.note("instance \(number): killed")
    world.reached(.killed)
    for supervisor in supervisors { supervisor.die() }
    pausedUntil = 0
    phase = world.isClosing ? .stopped : .down(until: world.now + world.random.within(0...10 * second))
  }

  func pause(for duration: Int64) {
    world.note("instance \(number): stopped for \(duration / millisecond) ms")
    pausedUntil = max(pausedUntil, world.now + duration)
    stopDeadline = nil
  }

  func resume() {
    pausedUntil = 0
  }

  /// Drain, commit and end, within ten seconds.
  func terminate() {
    if case .down = phase {
      if world.isClosing { phase = .stopped }
      return
    }
    guard !stop.isRequested, !hasEnded else { return }
    world.note("instance \(number): told to stop")
    stop.request()
    if pausedUntil <= world.now, !isInCall { stopDeadline = world.now + 12 * second }
  }
}

/// What the scheduler can let go on.
enum SimulatedThread {
  /// A process that is down and is to start.
  case start(Instance)
  case supervisor(SimulatedSupervisor)

  func step() {
    switch self {
    case .start(let instance): instance.start()
    case .supervisor(let supervisor): supervisor.step()
    }
  }
}

import Faults
import Formats
import Processing
import Threads

/// Starts one stream's workers in a process, one after the other, as `WorkerSupervisor` does, until the process is told to
/// stop.
final class SimulatedSupervisor {
  private enum Phase {
    case running(Incarnation)
    case waiting(until: Int64)
    case ended
  }

  let stream: SimulatedStream
  private unowned let instance: Instance
  private unowned let cluster: Cluster
  private let decoder: RecordDecoder
  private let world: World
  private var phase = Phase.ended
  private var backOff = BackOff()
  /// A step of it is on the stack.
  private(set) var isInCall = false

  init(_ stream: SimulatedStream, of instance: Instance, _ cluster: Cluster, _ decoder: RecordDecoder) {
    self.stream = stream
    self.instance = instance
    self.cluster = cluster
    self.decoder = decoder
    world = cluster.world
  }

  var incarnation: Incarnation? {
    if case .running(let incarnation) = phase { incarnation } else { nil }
  }

  var hasEnded: Bool { if case .ended = phase { true } else { false } }

  /// When the worker or its sink can go on; nil while they wait for nothing, or are on the stack.
  var readyAt: Int64? {
    guard !isInCall else { return nil }
    switch phase {
    case .waiting(let time): return time
    case .running(let incarnation):
      guard let sink = incarnation.sink, sink.hasWork else { return incarnation.readyAt }
      return min(incarnation.readyAt, sink.readyAt)
    case .ended: return nil
    }
  }

  func start() {
    backOff.reset()
    call(begin)
  }

  /// Runs the worker or its sink for a step.
  func step() {
    call {
      switch phase {
      case .waiting: if instance.stop.isRequested { ended() } else { begin() }
      case .running(let incarnation): step(incarnation)
      case .ended: break
      }
    }
  }

  private func call(_ body: () -> Void) {
    isInCall = true
    defer { isInCall = false }
    body()
  }

  private func step(_ incarnation: Incarnation) {
    if let sink = incarnation.sink, sink.hasWork, sink.readyAt <= world.now,
      incarnation.readyAt > world.now || world.random.chance(0.5)
    {
      sink.step()
      return
    }
    if let end = incarnation.step() { handle(end, of: incarnation) }
  }

  private func begin() {
    let incarnation = Incarnation(self, instance, cluster, decoder)
    phase = .running(incarnation)
    do throws(PipelineError) {
      try incarnation.begin()
    } catch {
      handle(.failed(error), of: incarnation)
    }
  }

  private func handle(_ end: WorkerEnd, of incarnation: Incarnation) {
    // Killed in the middle of the step: what the worker says does not count.
    guard incarnation.isAlive else { return }
    world.note("\(incarnation.name): worker ends: \(end)")
    incarnation.close()
    switch end {
    case .stopped:
      world.reached(.stopped)
      return ended()
    case .failed(let error):
      world.reached(.restartedAfterError)
      if !error.isTransient { world.violated("\(incarnation.name) cannot go on: \(error)") }
    case .abandoned(.fenced): world.reached(.fenced)
    case .abandoned(.lostPartitions): world.reached(.lostPartitions)
    case .abandoned(.releaseTimedOut): world.reached(.releaseTimedOut)
    }
    if instance.stop.isRequested { return ended() }
    if instance.goesOn(beside: self) { world.reached(.restartedBesideAnother) }
    phase = .waiting(until: world.now + Int64(backOff.next(using: &world.random)) * millisecond)
  }

  private func ended() {
    phase = .ended
    instance.supervisorEnded()
  }

  /// With its process.
  func die() {
    incarnation?.die()
    phase = .ended
  }

  // MARK: The scheduler

  /// In the middle of a call others may run: for a moment, or for as long as the process is stopped.
  func yield() {
    if !world.isStoppedInCall, world.strikes(world.scenario.stopInCall) {
      // One at a time: the others would be held up by it for longer than they are stopped.
      world.isStoppedInCall = true
      defer { world.isStoppedInCall = false }
      instance.pause(for: world.random.within(100 * millisecond...15 * second))
      while world.now < instance.pausedUntil, incarnation?.isAlive == true, cluster.tick() {}
      if incarnation?.source?.isExpelled == true { world.reached(.sleptThroughSession) }
    } else if world.strikes(world.scenario.preemption) {
      let begin = world.now
      for _ in 0..<world.random.within(1...10) where incarnation?.isAlive == true { _ = cluster.tick() }
      // It could not go on meanwhile.
      instance.wasHeldUp(for: world.now - begin)
    }
  }
}

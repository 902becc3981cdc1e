import Faults
import Formats
import Processing
import Threads

/// A process of the product: starts workers, one after the other, as `Processor` does, until it is told to stop. It can
/// be stopped and continued, killed, and started again.
final class Instance {
  private enum Phase {
    case down(until: Int64)
    case running(Incarnation)
    case waiting(until: Int64)
    case stopped
  }

  let number: Int
  let clockOrigin: Int64
  private(set) var stop = StopFlag()
  private let decoder: RecordDecoder
  private unowned let cluster: Cluster
  private let world: World
  private var phase: Phase
  private var backOff = BackOff()
  private var pausedUntil: Int64 = 0
  private var stopDeadline: Int64?
  /// A step of it is on the stack.
  private var isInCall = false

  init(_ number: Int, _ cluster: Cluster, _ decoder: RecordDecoder, startsAt: Int64) {
    self.number = number
    self.cluster = cluster
    self.decoder = decoder
    world = cluster.world
    clockOrigin = world.random.within(0...1_000_000 * second)
    phase = .down(until: startsAt)
  }

  var incarnation: Incarnation? {
    if case .running(let incarnation) = phase { incarnation } else { nil }
  }

  var hasEnded: Bool { if case .stopped = phase { true } else { false } }

  /// When one of its threads can go on; nil while it waits for nothing, or is on the stack.
  var readyAt: Int64? {
    guard !isInCall else { return nil }
    switch phase {
    case .down(let time), .waiting(let time): return max(time, pausedUntil)
    case .running(let incarnation):
      var time = incarnation.readyAt
      if let sink = incarnation.sink, sink.hasWork { time = min(time, sink.readyAt) }
      return max(time, pausedUntil)
    case .stopped: return nil
    }
  }

  /// Runs one of its threads for a step.
  func step() {
    isInCall = true
    defer { isInCall = false }
    switch phase {
    case .down: start()
    case .waiting:
      if stop.isRequested { ended() } else { begin() }
    case .running(let incarnation): step(incarnation)
    case .stopped: break
    }
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

  private func start() {
    world.note("instance \(number): starts")
    stop = StopFlag()
    stopDeadline = nil
    backOff.reset()
    begin()
  }

  private func begin() {
    let incarnation = Incarnation(self, cluster, decoder)
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
    world.note("instance \(number): worker ends: \(end)")
    incarnation.close()
    switch end {
    case .stopped:
      world.reached(.stopped)
      return ended()
    case .failed(let error):
      world.reached(.restartedAfterError)
      if !error.isTransient { world.violated("instance \(number) cannot go on: \(error)") }
    case .abandoned(.fenced): world.reached(.fenced)
    case .abandoned(.lostPartitions): world.reached(.lostPartitions)
    case .abandoned(.releaseTimedOut): world.reached(.releaseTimedOut)
    }
    if stop.isRequested { return ended() }
    phase = .waiting(until: world.now + Int64(backOff.next(using: &world.random)) * millisecond)
  }

  private func ended() {
    world.note("instance \(number): has ended")
    if let stopDeadline, world.now > stopDeadline {
      world.violated("instance \(number) took \((world.now - stopDeadline) / millisecond) ms too long to stop")
    }
    phase = world.isClosing ? .stopped : .down(until: world.now + world.random.within(0...5 * second))
  }

  // MARK: Signals

  func kill() {
    guard case .running(let incarnation) = phase else { return }
    world.note("instance \(number): killed")
    world.reached(.killed)
    incarnation.die()
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

  // MARK: The scheduler

  /// In the middle of a call others may run: for a moment, or for as long as this process is stopped.
  func yield() {
    if !world.isStoppedInCall, world.strikes(world.scenario.stopInCall) {
      // One at a time: the others would be held up by it for longer than they are stopped.
      world.isStoppedInCall = true
      defer { world.isStoppedInCall = false }
      pause(for: world.random.within(100 * millisecond...15 * second))
      while world.now < pausedUntil, incarnation?.isAlive == true, cluster.tick() {}
      if incarnation?.source?.isExpelled == true { world.reached(.sleptThroughSession) }
    } else if world.strikes(world.scenario.preemption) {
      let begin = world.now
      for _ in 0..<world.random.within(1...10) where incarnation?.isAlive == true { _ = cluster.tick() }
      // It could not go on meanwhile.
      stopDeadline? += world.now - begin
    }
  }
}

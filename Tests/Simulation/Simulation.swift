import Formats
import Synthesis

/// What became of one schedule.
public struct Verdict: Sendable, Equatable {
  public var seed: UInt64
  /// Empty: every record changed the results exactly once.
  public var violations: [String]
  /// Where instances could be interrupted.
  public var actions: Int
  public var milestones: Set<Milestone>
  /// Only when it was asked for.
  public var trace: [String]?
}

/// Runs schedules: the worker, its protocols and its windows, as production runs them, over a simulated broker, group,
/// database and clock. One seed is one schedule of one to three streams, always the same.
///
/// For one thread at a time.
public struct Simulation {
  /// By stream.
  private let decoders: [RecordDecoder]
  private let bug: PlantedBug?

  public init(bug: PlantedBug? = nil) throws {
    decoders = try SimulatedStream.all.map { try $0.makeDecoder() }
    self.bug = bug
  }

  /// - Parameters:
  ///   - isShort: a schedule of few records without random crashes.
  ///   - crashAfter: the action after which the instance that did it is killed.
  public func run(
    seed: UInt64, isShort: Bool = false, crashAfter: Int? = nil, keepsTrace: Bool = false
  ) -> Verdict {
    var random = RandomNumbers(seed: seed, index: isShort ? 1 : 0)
    let scenario = isShort ? Scenario.short(&random) : Scenario(&random)
    var logs: [SimulatedLog] = []
    for topic in SimulatedTopic.allCases where scenario.streams.contains(where: { $0.topic == topic }) {
      logs.append(SimulatedLog(topic, scenario, &random))
    }
    let world = World(scenario, random: random, bug: bug, crashAfter: crashAfter, keepsTrace: keepsTrace)
    let cluster = Cluster(world, logs, decoders)
    world.note("\(scenario)")
    if play(cluster) {
      for stream in scenario.streams {
        var checker = Checker(stream, cluster.broker.log(of: stream.topic), cluster.database.tables)
        checker.check()
        for violation in checker.violations { world.violated(violation) }
      }
      for milestone in cluster.database.tables.milestones { world.reached(milestone) }
    }
    if !isShort {
      var schedule = AlertSchedule(
        seed: seed, watched: SimulatedStream.all[0].plan.aggregates[SimulatedStream.revising], bug: bug)
      let alerts = schedule.run { world.note($0) }
      world.actions += alerts.actions
      for violation in alerts.violations { world.violated(violation) }
      for milestone in alerts.milestones { world.reached(milestone) }
    }
    return Verdict(
      seed: seed, violations: world.violations, actions: world.actions, milestones: world.milestones,
      trace: world.trace)
  }

  /// Crashes the schedule of the seed after each of its actions, and returns what failed.
  public func sweep(seed: UInt64) -> (schedules: Int, failures: [(crashAfter: Int, verdict: Verdict)]) {
    let actions = run(seed: seed, isShort: true).actions
    var failures: [(crashAfter: Int, verdict: Verdict)] = []
    for action in 0...actions {
      let verdict = run(seed: seed, isShort: true, crashAfter: action)
      if !verdict.violations.isEmpty { failures.append((action, verdict)) }
    }
    return (actions + 1, failures)
  }

  /// Bounds on what a schedule needs that makes progress.
  private static let ticksUntilRest = 50_000
  private static let timeUntilRest = 300 * second

  /// Faults, then none; everything must then be committed, and all instances must end when told to.
  private func play(_ cluster: Cluster) -> Bool {
    let world = cluster.world
    while world.now < world.scenario.horizon, world.violations.isEmpty, cluster.tick() {}
    cluster.heal()
    let begin = (ticks: cluster.ticks, time: world.now)
    func wait(_ what: String, until condition: () -> Bool) -> Bool {
      while !condition() {
        guard world.violations.isEmpty else { return false }
        guard cluster.ticks - begin.ticks < Simulation.ticksUntilRest,
          world.now - begin.time < Simulation.timeUntilRest,
          cluster.tick()
        else {
          world.violated(
            "stuck: \(what) in \(cluster.ticks - begin.ticks) steps and \((world.now - begin.time) / second) s")
          return false
        }
      }
      return true
    }
    guard wait("not everything was committed", until: { cluster.isCaughtUp }) else { return false }
    cluster.close()
    return wait("not all instances ended", until: { cluster.haveEnded })
  }
}

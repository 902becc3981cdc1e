/// The broker that all instances talk to.
final class SimulatedBroker {
  /// One for each stream of the schedule, by its number.
  let groups: [SimulatedGroup]
  let logs: [SimulatedLog]
  private let world: World
  private var downUntil: Int64 = 0

  /// - Parameter logs: of the topics that the schedule's streams read.
  init(_ world: World, _ logs: [SimulatedLog]) {
    self.world = world
    self.logs = logs
    // Some partitions may be made while the schedule runs. Each group finds them at another time.
    let count = world.scenario.faults.contains(.newPartition) ? 1 : world.scenario.partitions
    groups = world.scenario.streams.map { SimulatedGroup(world, $0, partitions: count) }
  }

  /// There is one: the schedule's streams read no other topics.
  func log(of topic: SimulatedTopic) -> SimulatedLog {
    logs.first { $0.topic == topic } ?? logs[0]
  }

  var isDown: Bool { world.now < downUntil }

  func goDown(for duration: Int64) {
    world.note("broker: down for \(duration / millisecond) ms")
    downUntil = max(downUntil, world.now + duration)
  }

  func tick() {
    for group in groups {
      if isDown { group.pardon() } else { group.expireSessions() }
    }
  }

  func heal() {
    downUntil = world.now
    for group in groups {
      while group.partitionCount < world.scenario.partitions { group.addPartition() }
    }
  }
}

import Formats
import Kafka
import Postgres
import Processing

/// Broker, database and instances, and the scheduler that lets one of them go on at a time.
final class Cluster {
  let world: World
  let broker: SimulatedBroker
  let database: SimulatedDatabase
  /// By stream.
  let settings: [ProcessorSettings]
  private var instances: [Instance] = []
  private var nextFault: Int64
  private(set) var ticks = 0

  private static let kafka = KafkaConfiguration(bootstrapServers: "simulated:9092")
  private static let postgres = ConnectionSettings(
    host: "simulated", port: 5432, database: "simulated", user: "simulated", password: nil)

  /// - Parameter decoders: by stream.
  init(_ world: World, _ logs: [SimulatedLog], _ decoders: [RecordDecoder]) {
    self.world = world
    broker = SimulatedBroker(world, logs)
    database = SimulatedDatabase(world)
    let scenario = world.scenario
    settings = scenario.streams.map { stream in
      var settings = ProcessorSettings(
        kafka: Cluster.kafka, topic: stream.topic.rawValue, group: "simulated.\(stream.name)",
        database: Cluster.postgres, batchSize: scenario.batchSize,
        flushIntervalMilliseconds: scenario.flushIntervalMilliseconds, maxDeltaRows: scenario.maxDeltaRows,
        owner: "simulated", processors: scenario.streams.count)
      settings.sliceSize = scenario.sliceSize
      return settings
    }
    nextFault = scenario.faults.isEmpty ? .max : world.random.within(0...2 * scenario.faultInterval)
    for number in 1...scenario.instances {
      let start = number == 1 ? 0 : world.random.within(0...scenario.horizon)
      instances.append(Instance(number, self, decoders, startsAt: start))
    }
  }

  /// Lets time pass and one of those who can go on make a step. False when nobody ever will.
  func tick() -> Bool {
    ticks += 1
    world.advance(to: world.now + world.random.within(0...millisecond))
    serveTheRest()
    var ready: [SimulatedThread] = []
    var next: Int64?
    for instance in instances {
      instance.eachThread { thread, time in
        if time <= world.now { ready.append(thread) }
        next = min(next ?? time, time)
      }
    }
    guard let chosen = world.random.pick(ready) else {
      var times = [next, database.nextTime].compactMap { $0 }
      if world.hasFaults, nextFault < .max { times.append(nextFault) }
      // Inside a call of the only instance nothing else can happen but the passing of time.
      world.advance(to: times.min() ?? world.now + 10 * millisecond)
      serveTheRest()
      return !instances.allSatisfy(\.hasEnded)
    }
    chosen.step()
    return true
  }

  private func serveTheRest() {
    database.tick()
    broker.tick()
    if world.hasFaults, world.now >= nextFault {
      nextFault = world.now + world.random.within(0...2 * world.scenario.faultInterval)
      if let fault = world.random.pick(world.scenario.faults) { strike(fault) }
    }
  }

  private func strike(_ fault: Fault) {
    let random = { (range: ClosedRange<Int64>) in self.world.random.within(range) }
    switch fault {
    case .kill: world.random.pick(instances)?.kill()
    case .pause: world.random.pick(instances)?.pause(for: random(10 * millisecond...20 * second))
    case .terminate: world.random.pick(instances)?.terminate()
    case .shuffle: world.random.pick(broker.groups)?.shuffle()
    case .expel:
      if let group = world.random.pick(broker.groups), let member = world.random.pick(group.members) {
        group.expel(member)
      }
    case .newPartition:
      if let group = world.random.pick(broker.groups), group.partitionCount < world.scenario.partitions {
        group.addPartition()
      }
    case .brokerDown: broker.goDown(for: random(10 * millisecond...8 * second))
    case .retention: if let log = world.random.pick(broker.logs) { expire(log) }
    case .databaseDown: database.restart(downFor: random(0...15 * second))
    case .databaseRestart: database.restart(downFor: 0)
    case .databaseSlow: database.slowDown(for: random(100 * millisecond...10 * second))
    case .wallClock: world.wallClockError = random(-3600 * second...3600 * second)
    }
  }

  private func expire(_ log: SimulatedLog) {
    let partition = log.topic.partition(world.random.within(0...world.scenario.partitions - 1))
    let high = log.high(partition, now: world.now)
    world.note("broker: \(partition) now begins near \(high)")
    log.expire(partition, before: max(0, high - world.random.within(0...10)))
  }

  /// Ends all faults, for good.
  func heal() {
    world.note("everything heals")
    world.isHealing = true
    broker.heal()
    database.heal()
    for instance in instances { instance.resume() }
  }

  /// Whether each stream has committed everything that its topic's log still has.
  var isCaughtUp: Bool { world.scenario.streams.allSatisfy(isCaughtUp) }

  private func isCaughtUp(_ stream: SimulatedStream) -> Bool {
    let log = broker.log(of: stream.topic)
    return log.partitions.indices.allSatisfy { number in
      guard let last = log.partitions[number].last, last.offset >= log.low[number] else { return true }
      let source = SimulatedTables.Source(stream: stream.number, partition: stream.topic.partition(number))
      return (database.tables.progress[source]?.next ?? 0) > last.offset
    }
  }

  /// Tells all instances to stop, for good.
  func close() {
    world.isClosing = true
    for instance in instances { instance.terminate() }
  }

  var haveEnded: Bool { instances.allSatisfy(\.hasEnded) }
}

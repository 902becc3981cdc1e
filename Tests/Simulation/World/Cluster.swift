import Formats
import Kafka
import Postgres
import Processing

/// Broker, database and instances, and the scheduler that lets one of them go on at a time.
final class Cluster {
  let world: World
  let broker: SimulatedBroker
  let database: SimulatedDatabase
  let settings: ProcessorSettings
  private var instances: [Instance] = []
  private var nextFault: Int64
  private(set) var ticks = 0

  private static let kafka = KafkaConfiguration(bootstrapServers: "simulated:9092")
  private static let postgres = ConnectionSettings(
    host: "simulated", port: 5432, database: "simulated", user: "simulated", password: nil)

  init(_ world: World, _ log: SimulatedLog, _ decoder: RecordDecoder) {
    self.world = world
    broker = SimulatedBroker(world, log)
    database = SimulatedDatabase(world)
    let scenario = world.scenario
    var settings = ProcessorSettings(
      kafka: Cluster.kafka, topic: SimulatedStream.topic, group: "simulated", database: Cluster.postgres,
      batchSize: scenario.batchSize, flushIntervalMilliseconds: scenario.flushIntervalMilliseconds,
      maxDeltaRows: scenario.maxDeltaRows, owner: "simulated")
    settings.sliceSize = scenario.sliceSize
    self.settings = settings
    nextFault = scenario.faults.isEmpty ? .max : world.random.within(0...2 * scenario.faultInterval)
    for number in 1...scenario.instances {
      let start = number == 1 ? 0 : world.random.within(0...scenario.horizon)
      instances.append(Instance(number, self, decoder, startsAt: start))
    }
  }

  /// Lets time pass and one of those who can go on make a step. False when nobody ever will.
  func tick() -> Bool {
    ticks += 1
    world.advance(to: world.now + world.random.within(0...millisecond))
    serveTheRest()
    var ready: [Instance] = []
    var next: Int64?
    for instance in instances {
      guard let time = instance.readyAt else { continue }
      if time <= world.now { ready.append(instance) }
      next = min(next ?? time, time)
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
    case .shuffle: broker.group.shuffle()
    case .expel: if let member = world.random.pick(broker.group.members) { broker.group.expel(member) }
    case .newPartition: if broker.group.partitionCount < world.scenario.partitions { broker.group.addPartition() }
    case .brokerDown: broker.goDown(for: random(10 * millisecond...8 * second))
    case .retention:
      let partition = SimulatedStream.partition(Int(random(0...Int64(world.scenario.partitions) - 1)))
      let high = broker.log.high(partition, now: world.now)
      world.note("broker: \(partition) now begins near \(high)")
      broker.log.expire(partition, before: max(0, high - random(0...10)))
    case .databaseDown: database.restart(downFor: random(0...15 * second))
    case .databaseRestart: database.restart(downFor: 0)
    case .databaseSlow: database.slowDown(for: random(100 * millisecond...10 * second))
    case .wallClock: world.wallClockError = random(-3600 * second...3600 * second)
    }
  }

  /// Ends all faults, for good.
  func heal() {
    world.note("everything heals")
    world.isHealing = true
    broker.heal()
    database.heal()
    for instance in instances { instance.resume() }
  }

  /// Whether everything that the log still has is committed.
  var isCaughtUp: Bool {
    (0..<world.scenario.partitions).allSatisfy { number in
      guard let last = broker.log.partitions[number].last, last.offset >= broker.log.low[number] else { return true }
      return (database.tables.progress[SimulatedStream.partition(number)]?.next ?? 0) > last.offset
    }
  }

  /// Tells all instances to stop, for good.
  func close() {
    world.isClosing = true
    for instance in instances { instance.terminate() }
  }

  var haveEnded: Bool { instances.allSatisfy(\.hasEnded) }
}

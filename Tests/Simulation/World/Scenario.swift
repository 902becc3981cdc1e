import Synthesis

extension RandomNumbers: RandomNumberGenerator {}

extension RandomNumbers {
  /// True with this probability.
  mutating func chance(_ probability: Double) -> Bool {
    probability > 0 && nextFraction() < probability
  }

  mutating func pick<Element>(_ choices: [Element]) -> Element? {
    choices.isEmpty ? nil : choices[Int(next(below: UInt64(choices.count)))]
  }

  mutating func within(_ range: ClosedRange<Int64>) -> Int64 {
    range.lowerBound + Int64(next(below: UInt64(range.upperBound - range.lowerBound + 1)))
  }

  mutating func within(_ range: ClosedRange<Int>) -> Int {
    Int(within(Int64(range.lowerBound)...Int64(range.upperBound)))
  }
}

let millisecond: Int64 = 1_000
let second: Int64 = 1_000_000

/// What may go wrong in a schedule.
enum Fault: CaseIterable {
  // Processes.
  case kill, pause, terminate
  // The group.
  case shuffle, expel, newPartition
  // The broker.
  case brokerDown, retention
  // The database.
  case databaseDown, databaseRestart, databaseSlow
  // The clock.
  case wallClock
}

/// What a schedule is made of. Each seed has some kinds of faults and lacks others: a schedule with all of them at once
/// hides what a few of them do ("swarm testing", Groce et al. 2012).
struct Scenario {
  var streams: [SimulatedStream]
  var instances: Int
  var partitions: Int
  /// Of a partition.
  var records: Int
  var batchSize: Int
  var sliceSize: Int
  var flushIntervalMilliseconds: Int
  var maxDeltaRows: Int
  /// Records arrive and faults happen until then.
  var horizon: Int64
  var faults: [Fault]
  /// Between two faults, on average.
  var faultInterval: Int64
  var sessionTimeout: Int64
  /// Idle reads take up to this many times as long as asked for.
  var idleness: Int64

  // Probabilities per call.
  var preemption = 0.0
  var stopInCall = 0.0
  var killInCall = 0.0
  /// A commit or claim is not executed, and the connection lost.
  var lostBefore = 0.0
  /// It is executed, now or later, and the connection lost.
  var lostAfter = 0.0
  /// The server answers with an error.
  var refused = 0.0
  var skipped = 0.0
  var repeated = 0.0
  var brokerFault = 0.0

  // Of the log.
  var holes = 0.0
  /// What the log's holes come from: compaction, or else the markers of transactions.
  var isCompacted = false
  var malformed = 0.0
  /// Records in Confluent framing, with schemas that are not the stream's own.
  var schemas = 0.0
  /// What a schema may take to become known, at most.
  var schemaDelay: Int64 = 0

  init(_ random: inout RandomNumbers) {
    streams = Array(SimulatedStream.all.prefix(random.pick([1, 1, 2, 3]) ?? 1))
    // So that a schedule costs about the same whatever the number of streams.
    instances = random.within(1...5 - streams.count)
    partitions = random.within(1...4)
    records = random.within(5...60 / streams.count)
    batchSize = random.within(1...16)
    flushIntervalMilliseconds = random.within(0...100)
    maxDeltaRows = random.chance(0.3) ? random.within(1...6) : 1000
    horizon = random.within(2 * second...30 * second)
    var kinds: [Fault] = []
    for fault in Fault.allCases where random.chance(0.4) { kinds.append(fault) }
    faults = kinds
    faultInterval = random.within(300 * millisecond...6 * second)
    sessionTimeout = random.within(1 * second...12 * second)
    idleness = random.within(1...20)
    func maybe(_ random: inout RandomNumbers, _ most: Double) -> Double {
      random.chance(0.5) ? random.nextFraction() * most : 0
    }
    preemption = maybe(&random, 0.1)
    stopInCall = maybe(&random, 0.005)
    killInCall = maybe(&random, 0.005)
    lostBefore = maybe(&random, 0.1)
    lostAfter = maybe(&random, 0.1)
    refused = maybe(&random, 0.1)
    skipped = maybe(&random, 0.05)
    repeated = maybe(&random, 0.05)
    brokerFault = maybe(&random, 0.02)
    holes = maybe(&random, 0.1)
    isCompacted = random.chance(0.5)
    malformed = maybe(&random, 0.1)
    sliceSize = random.within(1...16)
    schemas = maybe(&random, 0.5)
    schemaDelay = random.within(0...6 * second)
  }

  /// A short one, with nothing but what is asked for: to crash it after each of its actions.
  static func short(_ random: inout RandomNumbers) -> Scenario {
    var scenario = Scenario(&random)
    scenario.instances = random.within(1...2)
    scenario.partitions = random.within(1...2)
    scenario.records = random.within(5...20)
    scenario.horizon = 1 * second
    scenario.faults = []
    scenario.stopInCall = 0
    scenario.killInCall = 0
    scenario.sessionTimeout = 2 * second
    return scenario
  }
}

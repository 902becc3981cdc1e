import Synthesis

/// Which faults happen when: a function of the settings and the seed alone.
///
/// What a fault hits is up at that moment, as far as that can be planned: a processor that is down is not killed again.
/// Faults of different parts overlap.
public struct FaultSchedule: Sendable {
  public struct Settings: Sendable {
    public var seed: UInt64
    public var durationMilliseconds: Int
    /// The mean time between two faults.
    public var intervalMilliseconds: Int
    public var processors: Int
    /// A member of the group that is silent for so long has lost its partitions.
    public var sessionTimeoutMilliseconds: Int
    /// Whether the broker has its data again after it was killed.
    public var brokerSurvives: Bool

    public init(
      seed: UInt64, durationMilliseconds: Int, intervalMilliseconds: Int, processors: Int,
      sessionTimeoutMilliseconds: Int, brokerSurvives: Bool
    ) {
      self.seed = seed
      self.durationMilliseconds = durationMilliseconds
      self.intervalMilliseconds = intervalMilliseconds
      self.processors = processors
      self.sessionTimeoutMilliseconds = sessionTimeoutMilliseconds
      self.brokerSurvives = brokerSurvives
    }
  }

  public struct Entry: Hashable, Sendable {
    /// From the start of the load.
    public var milliseconds: Int
    public var fault: Fault
  }

  public let entries: [Entry]

  /// Until then nothing is disturbed, so that there is something to disturb.
  static let calmMilliseconds = 2_000

  public init(_ settings: Settings) {
    var random = RandomNumbers(seed: settings.seed)
    var parts = Parts(settings)
    var entries: [Entry] = []
    var now = FaultSchedule.calmMilliseconds
    while now < settings.durationMilliseconds {
      if let fault = parts.next(at: now, &random) { entries.append(Entry(milliseconds: now, fault: fault)) }
      // From a quarter of the mean to seven quarters: close together now and then, and with time to recover.
      now += settings.intervalMilliseconds / 4 + random.number(below: settings.intervalMilliseconds * 3 / 2)
    }
    self.entries = entries
  }
}

/// What is up when.
private struct Parts {
  /// How long a part that comes back is left alone.
  private static let settlingMilliseconds = 2_000

  private let settings: FaultSchedule.Settings
  private var processorsFree: [Int]
  private var postgresFree = 0
  private var brokerFree = 0

  init(_ settings: FaultSchedule.Settings) {
    self.settings = settings
    processorsFree = Array(repeating: 0, count: settings.processors)
  }

  /// The next fault among those whose target is up; nil when everything is down.
  mutating func next(at now: Int, _ random: inout RandomNumbers) -> Fault? {
    let processors = processorsFree.indices.filter { processorsFree[$0] <= now }
    var kinds: [(kind: Fault.Kind, weight: Int)] = []
    if !processors.isEmpty { kinds += [(.killProcessor, 5), (.terminateProcessor, 2), (.pauseProcessor, 3)] }
    if postgresFree <= now { kinds += [(.cutConnections, 6), (.killSessions, 2), (.crashPostgres, 2)] }
    if brokerFree <= now { kinds.append((.pauseBroker, 1)) }
    if brokerFree <= now, settings.brokerSurvives { kinds.append((.killBroker, 1)) }
    guard let kind = random.pick(kinds) else { return nil }
    switch kind {
    case .killProcessor, .terminateProcessor:
      let processor = processors[random.number(below: processors.count)]
      // Mostly replaced at once; now and then the group is smaller for a while.
      let down = random.number(below: 4) == 0 ? 3_000 + random.number(below: 12_000) : random.number(below: 1_000)
      processorsFree[processor] = now + down + Parts.settlingMilliseconds
      return kind == .killProcessor
        ? .killProcessor(processor, down: down) : .terminateProcessor(processor, down: down)
    case .pauseProcessor:
      let processor = processors[random.number(below: processors.count)]
      let duration = settings.sessionTimeoutMilliseconds + 1_000 + random.number(below: 4_000)
      processorsFree[processor] = now + duration + Parts.settlingMilliseconds
      return .pauseProcessor(processor, duration: duration)
    case .killSessions:
      return .killSessions
    case .crashPostgres:
      let down = random.number(below: 4_000)
      postgresFree = now + down + Parts.settlingMilliseconds
      return .crashPostgres(down: down)
    case .cutConnections:
      // From a single byte to several transactions, each order of magnitude as often.
      let magnitude = random.number(below: 17)
      return .cutConnections(
        ConnectionCut(
          direction: random.number(below: 2) == 0 ? .toServer : .toClient,
          bytes: (1 << magnitude) + random.number(below: 1 << magnitude)))
    case .killBroker:
      let down = random.number(below: 4_000)
      brokerFree = now + down + 5 * Parts.settlingMilliseconds
      return .killBroker(down: down)
    case .pauseBroker:
      let duration = 500 + random.number(below: settings.sessionTimeoutMilliseconds + 2_000)
      brokerFree = now + duration + Parts.settlingMilliseconds
      return .pauseBroker(duration: duration)
    }
  }
}

extension RandomNumbers {
  mutating func number(below bound: Int) -> Int {
    Int(next(below: UInt64(max(1, bound))))
  }

  fileprivate mutating func pick(_ kinds: [(kind: Fault.Kind, weight: Int)]) -> Fault.Kind? {
    var rest = number(below: kinds.reduce(0) { $0 + $1.weight })
    for (kind, weight) in kinds {
      if rest < weight { return kind }
      rest -= weight
    }
    return nil
  }
}

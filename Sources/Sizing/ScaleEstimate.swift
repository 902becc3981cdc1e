/// A load that a system is to bear.
public struct ScaleLoad: Hashable, Sendable {
  public var eventsPerSecond: Double
  public var partitions: Int
  /// Processes of `streampulse process`; nil: as many as it takes.
  public var instances: Int?

  public init(eventsPerSecond: Double, partitions: Int, instances: Int? = nil) {
    self.eventsPerSecond = eventsPerSecond
    self.partitions = partitions
    self.instances = instances
  }
}

/// What there is.
public struct ScaleLimits: Hashable, Sendable {
  /// Cores of the one Postgres.
  public var postgresCores: Double
  /// Bytes of write-ahead log that its disk takes in a second.
  public var logBytesPerSecond: Double
  public var storageBytes: Double
  /// Rows are at most this old: a flush comes at least so often.
  public var freshnessSeconds: Double

  public init(
    postgresCores: Double, logBytesPerSecond: Double, storageBytes: Double, freshnessSeconds: Double = 1
  ) {
    self.postgresCores = postgresCores
    self.logBytesPerSecond = logBytesPerSecond
    self.storageBytes = storageBytes
    self.freshnessSeconds = freshnessSeconds
  }
}

/// What a load needs of something, and how much there is of it.
public struct ScaleNeed: Hashable, Sendable {
  /// In the order in which equal ones are named.
  public enum Resource: String, Hashable, Sendable, CaseIterable {
    case partitions
    case worker
    case transactions
    case postgresCores = "postgres_cores"
    case log = "wal"
    case storage
  }

  public var resource: Resource
  public var needed: Double
  public var available: Double

  /// Of what there is; more than 1 is too much.
  public var share: Double { available > 0 ? needed / available : .infinity }
}

/// What a load comes to by the costs that were measured.
public struct ScaleEstimate: Hashable, Sendable {
  public let load: ScaleLoad
  public let instances: Int
  /// Cores of all processors together.
  public let processorCores: Double
  public let postgresCores: Double
  public let rowsPerSecond: Double
  public let transactionsPerSecond: Double
  /// Between two transactions of an instance.
  public let flushSeconds: Double
  public let logBytesPerSecond: Double
  public let newRowsPerDay: Double
  public let newBytesPerDay: Double
  /// When the oldest rows go as fast as new ones come; without a retention after a year.
  public let storedBytes: Double
  /// What is short first comes first.
  public let needs: [ScaleNeed]

  /// No thread is planned to be busier than this, so that it can catch up.
  static let busiest = 0.7
  private static let day = 86_400.0
  private static let year = 365 * day
  static let mostInstances = 10_000

  public init(_ load: ScaleLoad, costs: ScaleCosts, limits: ScaleLimits) {
    let instances = load.instances ?? Self.enough(load, costs, limits)
    let each = Flow(load.eventsPerSecond / Double(instances), costs)
    let count = Double(instances)
    self.load = load
    self.instances = instances
    func rate(_ shares: ScaleCosts.Shares) -> Double { each.perSecond(shares) * count }
    processorCores = rate(costs.processor)
    postgresCores = rate(costs.postgres)
    rowsPerSecond = each.rows / each.seconds * count
    transactionsPerSecond = count / each.seconds
    flushSeconds = each.seconds
    logBytesPerSecond = rate(costs.log)
    var (rows, bytes, stored) = (0.0, 0.0, 0.0)
    for aggregate in costs.aggregates {
      // Not more than there are events to make them.
      let events = load.eventsPerSecond * aggregate.windowSeconds
      let window = RowSpread.rows(events: events, keys: aggregate.keys, evenness: aggregate.evenness)
      let daily = window * Self.day / aggregate.windowSeconds
      rows += daily
      bytes += daily * aggregate.rowBytes
      stored += daily * aggregate.rowBytes * min(aggregate.retentionSeconds ?? Self.year, Self.year) / Self.day
    }
    (newRowsPerDay, newBytesPerDay, storedBytes) = (rows, bytes, stored)
    let needs = [
      // An instance without a partition does nothing.
      ScaleNeed(resource: .partitions, needed: count, available: Double(load.partitions)),
      ScaleNeed(resource: .worker, needed: each.perSecond(costs.worker), available: Self.busiest),
      ScaleNeed(resource: .transactions, needed: each.seconds, available: limits.freshnessSeconds),
      ScaleNeed(resource: .postgresCores, needed: postgresCores, available: limits.postgresCores),
      ScaleNeed(resource: .log, needed: logBytesPerSecond, available: limits.logBytesPerSecond),
      ScaleNeed(resource: .storage, needed: storedBytes, available: limits.storageBytes),
    ]
    let order = ScaleNeed.Resource.allCases
    self.needs = needs.sorted {
      $0.share != $1.share
        ? $0.share > $1.share : (order.firstIndex(of: $0.resource) ?? 0) < (order.firstIndex(of: $1.resource) ?? 0)
    }
  }

  /// Whether there is enough of everything.
  public var isPossible: Bool { needs.allSatisfy { $0.share <= 1 } }

  /// The fewest instances whose threads and transactions keep up; as many as there are partitions where that does not
  /// suffice: more would have nothing to do.
  private static func enough(_ load: ScaleLoad, _ costs: ScaleCosts, _ limits: ScaleLimits) -> Int {
    func keepsUp(_ instances: Int) -> Bool {
      let flow = Flow(load.eventsPerSecond / Double(instances), costs)
      return flow.perSecond(costs.worker) <= busiest && flow.seconds <= limits.freshnessSeconds
    }
    let most = max(1, min(load.partitions, mostInstances))
    if keepsUp(1) { return 1 }
    guard keepsUp(most) else { return most }
    var (few, many) = (1, most)
    while many - few > 1 {
      let middle = (few + many) / 2
      if keepsUp(middle) { many = middle } else { few = middle }
    }
    return many
  }

  /// The greatest rate for which there is enough of everything, with the same partitions and, if they are given, instances;
  /// nil: there is not enough for any.
  ///
  /// - Parameter most: is not looked beyond.
  public static func ceiling(
    _ load: ScaleLoad, costs: ScaleCosts, limits: ScaleLimits, most: Double = 1e9
  ) -> ScaleEstimate? {
    func estimate(_ rate: Double) -> ScaleEstimate {
      var load = load
      load.eventsPerSecond = rate
      return ScaleEstimate(load, costs: costs, limits: limits)
    }
    guard estimate(1).isPossible else { return nil }
    if estimate(most).isPossible { return estimate(most) }
    var (low, high) = (1.0, most)
    while high / low > 1.001 {
      let middle = (low * high).squareRoot()
      if estimate(middle).isPossible { low = middle } else { high = middle }
    }
    return estimate(low)
  }
}

/// What one instance does: its flushes come as far apart as they take, and the further apart they come the more rows each has.
private struct Flow {
  let eventsPerSecond: Double
  /// From flush to flush.
  let seconds: Double
  /// Of a flush.
  let rows: Double

  private static let longest = 3_600.0
  /// As `FLUSH_INTERVAL_MS` has it.
  private static let fewRecords = 100.0
  private static let patience = 2.5

  init(_ eventsPerSecond: Double, _ costs: ScaleCosts) {
    func rows(_ seconds: Double) -> Double {
      costs.aggregates.reduce(0) {
        $0 + RowSpread.rows(events: eventsPerSecond * seconds, keys: $1.keys, evenness: $1.evenness)
      }
    }
    /// How long the transaction of a flush takes that gathers so many seconds.
    func takes(_ seconds: Double) -> Double {
      costs.transaction.total(events: 0, rows: rows(seconds), flushes: 1)
    }
    // With few records a processor waits for more.
    var seconds = costs.flushSeconds * (eventsPerSecond * costs.flushSeconds < Self.fewRecords ? Self.patience : 1)
    if takes(seconds) > seconds {
      var (low, high) = (seconds, Self.longest)
      if takes(high) > high { low = high }
      while high - low > 1e-6 * high {
        let middle = (low + high) / 2
        if takes(middle) > middle { low = middle } else { high = middle }
      }
      seconds = high
    }
    self.eventsPerSecond = eventsPerSecond
    self.seconds = seconds
    self.rows = rows(seconds)
  }

  func perSecond(_ shares: ScaleCosts.Shares) -> Double {
    shares.total(events: eventsPerSecond, rows: rows / seconds, flushes: 1 / seconds)
  }
}

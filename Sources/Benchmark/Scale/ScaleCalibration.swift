import Glibc
import Plan
import Sizing

/// What the project costs on this machine, from a few short runs of its demo load.
public struct ScaleCalibration {
  private let workspace: Workspace
  private let demo: [String]
  private let manyKeys: [String]
  private let flushSeconds: Double
  private let report: (String) -> Void

  /// Events per second; nil: as fast as it goes.
  private static let rates: [Double?] = [nil, 200, 4_000, 20_000]
  private static let checkedRates: [Double] = [1_000, 10_000, 30_000]
  private static let seconds = 5.0
  /// Where flushes have many rows, if the demo load can have more keys.
  private static let manyKeysRate = 10_000.0

  /// - Parameters:
  ///   - demo: the arguments of event-generator that make the project's events.
  ///   - manyKeys: further arguments, with which they have some thousand keys; none: what a row costs is told from few.
  ///   - report: is told what goes on.
  public init(
    _ workspace: Workspace, demo: [String], manyKeys: [String], flushIntervalMilliseconds: Int,
    report: @escaping (String) -> Void
  ) {
    self.workspace = workspace
    self.demo = demo
    self.manyKeys = manyKeys
    flushSeconds = Double(flushIntervalMilliseconds) / 1000
    self.report = report
  }

  /// Measures; takes about a minute.
  public func costs() throws -> ScaleCosts {
    let system = try ScaleSystem(workspace, demo: demo)
    defer { system.close() }
    return try costs(system)
  }

  /// A size that was measured, and what is said of it by costs that were measured at others.
  public struct Check: Sendable {
    public var measured: ScaleMeasurement
    public var estimate: ScaleEstimate
  }

  /// Measures the costs, then three sizes that had no part in them.
  public func check() throws -> (costs: ScaleCosts, checks: [Check]) {
    let system = try ScaleSystem(workspace, demo: demo)
    defer { system.close() }
    let costs = try costs(system)
    let limits = ScaleLimits(postgresCores: 1, logBytesPerSecond: 1, storageBytes: 1)
    let checks = try Self.checkedRates.map { rate in
      report("measuring \(short(rate)) events/s …")
      let measured = try system.load(eventsPerSecond: rate, seconds: Self.seconds).measurement
      let load = ScaleLoad(eventsPerSecond: measured.events / measured.seconds, partitions: 1, instances: 1)
      return Check(measured: measured, estimate: ScaleEstimate(load, costs: costs, limits: limits))
    }
    return (costs, checks)
  }

  private func costs(_ system: ScaleSystem) throws -> ScaleCosts {
    let runs = try Self.rates.map { rate in
      report("measuring \(rate.map(short) ?? "as many") events/s\(rate == nil ? " as it takes" : "") …")
      return try system.load(eventsPerSecond: rate, seconds: Self.seconds)
    }
    let stored = try system.stored()
    var measured = runs.map(\.measurement)
    if !manyKeys.isEmpty {
      report("measuring \(short(Self.manyKeysRate)) events/s of many keys …")
      measured.append(
        try system.load(eventsPerSecond: Self.manyKeysRate, seconds: Self.seconds, more: manyKeys).measurement)
    }
    guard measured.allSatisfy({ $0.events > 0 && $0.rows > 0 && $0.flushes > 0 }) else {
      throw BenchmarkError.wrongAnswer("of the demo load's events none has changed a row")
    }
    let aggregates = workspace.stream.plan.aggregates.enumerated().map { index, plan in
      let keys = max(1, stored[index].keys)
      // A flush of the first run has what a few partitions bring at once, and so fewer keys than as many events of all.
      let seen = runs.dropFirst().map { run in
        (events: run.measurement.events / run.measurement.flushes, rows: run.rows[index] / run.measurement.flushes)
      }
      return ScaleCosts.Aggregate(
        name: plan.name, keys: keys,
        evenness: RowSpread.evenness(seen: seen, keys: keys), rowBytes: stored[index].rowBytes,
        windowSeconds: Double(plan.window.ofPanes.stepMicroseconds) / 1e6,
        retentionSeconds: plan.retentionMicroseconds.map { Double($0) / 1e6 })
    }
    return ScaleCosts(
      processor: .init(explaining: \.processorSeconds, in: measured),
      worker: .init(explaining: \.workerSeconds, in: measured),
      postgres: .init(explaining: \.postgresSeconds, in: measured, hasEvents: false),
      log: .init(explaining: \.logBytes, in: measured, hasEvents: false),
      transaction: .init(explaining: \.transactionSeconds, in: measured, hasEvents: false),
      flushSeconds: flushSeconds, aggregates: aggregates)
  }

  /// Bytes that this machine's disk takes of a write-ahead log in a second: pieces of 256 KiB, each waited for.
  public func logBytesPerSecond() throws -> Double {
    let path = workspace.folder + "/log"
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw BenchmarkError.setup("\(path): \(String(cString: strerror(errno)))") }
    defer {
      close(file)
      unlink(path)
    }
    let piece = [UInt8](repeating: 0xA5, count: 256 << 10)
    var written = 0
    let start = monotonicSeconds()
    while monotonicSeconds() - start < 1 {
      guard write(file, piece, piece.count) == piece.count, fdatasync(file) == 0 else {
        throw BenchmarkError.setup("\(path): \(String(cString: strerror(errno)))")
      }
      written += piece.count
    }
    return Double(written) / (monotonicSeconds() - start)
  }
}

import Kafka

/// The benches by name.
public enum Bench: String, CaseIterable, Sendable {
  case engine, language, keys, detect, alerts, pipeline, streams, freshness, recovery, api, push, memory, demo
}

/// Runs benches with the same options.
public struct BenchmarkSuite {
  /// How much is measured.
  public struct Options: Sendable {
    public var rounds: Int
    /// Size of the backlog.
    public var events: Int
    /// How long `memory` looks.
    public var minutes: Double
    /// What the processors are told.
    public var flushIntervalMilliseconds: Int

    public init(rounds: Int, events: Int, minutes: Double, flushIntervalMilliseconds: Int) {
      self.rounds = rounds
      self.events = events
      self.minutes = minutes
      self.flushIntervalMilliseconds = flushIntervalMilliseconds
    }
  }

  private let workspace: Workspace
  private let cluster: KafkaConfiguration?
  private let options: Options

  /// - Parameter cluster: nil: the in-process broker.
  public init(_ workspace: Workspace, cluster: KafkaConfiguration?, _ options: Options) {
    self.workspace = workspace
    self.cluster = cluster
    self.options = options
  }

  /// Runs one bench, with servers of its own that are gone afterwards.
  public func run(_ bench: Bench) throws -> BenchReport {
    let (events, rounds) = (options.events, options.rounds)
    switch bench {
    // Their rounds take a tenth of a second, which somebody else's short work can spoil: more of them are cheap.
    case .engine:
      let avro = try EngineBench(workspace: workspace, events: 500_000, rounds: 3 * rounds).run()
      let json = try JSONEngineBench(workspace: workspace, events: 300_000, rounds: 3 * rounds).run()
      return BenchReport(avro.figures + json.figures, notes: avro.notes + json.notes)
    case .language: return try LanguageBench(workspace: workspace, events: 500_000, rounds: 3 * rounds).run()
    case .keys: return try KeysBench(workspace: workspace, rounds: 3 * rounds).run()
    case .detect: return DetectBench(points: events, rounds: rounds).run()
    case .alerts: return try AlertsBench(workspace: workspace, rounds: 3 * rounds).run()
    case .pipeline:
      return try PipelineBench(workspace: workspace, cluster: cluster, events: events, rounds: rounds).run()
    case .streams:
      return try StreamsBench(workspace: workspace, cluster: cluster, events: events / 4, rounds: rounds).run()
    case .freshness:
      return try FreshnessBench(
        workspace: workspace, cluster: cluster, rounds: rounds,
        flushMilliseconds: Double(options.flushIntervalMilliseconds)
      ).run()
    case .recovery:
      return try RecoveryBench(workspace: workspace, cluster: cluster, events: events, rounds: rounds).run()
    case .api: return try APIBench(workspace: workspace, rounds: rounds).run()
    case .push: return try PushBench(workspace: workspace, rounds: rounds).run()
    case .memory: return try MemoryBench(workspace: workspace, minutes: options.minutes).run()
    case .demo: return try DemoBench(workspace: workspace, rounds: rounds).run()
    }
  }
}

import Kafka

/// The benches by name.
public enum Bench: String, CaseIterable, Sendable {
  case engine, keys, pipeline, freshness, recovery, api, memory
}

/// Runs benches with the same options.
public struct BenchmarkSuite {
  public struct Options: Sendable {
    public var rounds: Int
    /// Size of the backlog.
    public var events: Int
    /// How long `memory` looks.
    public var minutes: Double

    public init(rounds: Int, events: Int, minutes: Double) {
      self.rounds = rounds
      self.events = events
      self.minutes = minutes
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

  public func run(_ bench: Bench) throws -> BenchReport {
    switch bench {
    case .engine:
      return BenchReport(
        try EngineBench(
          project: workspace.project, schemaJSON: workspace.schemaJSON, events: 500_000, rounds: options.rounds
        ).run())
    case .pipeline:
      return try PipelineBench(workspace, cluster: cluster, events: options.events, rounds: options.rounds).run()
    default:
      throw BenchmarkError.setup("not there yet")
    }
  }
}

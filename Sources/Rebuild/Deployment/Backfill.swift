import Dataflow
import Faults
import Kafka
import Plan
import Postgres
import Project
import Registry
import SQLQuoting
import Storage

/// Puts definitions in force of which some rows have to be made anew first: beside the running processors, and all of them
/// in place in one transaction, in which the definitions come into force.
///
/// An interrupted one leaves everything as it was, but for tables that nobody reads. The next one that makes the same rows goes
/// on with them; another one takes them away.
public final class Backfill {
  /// An aggregate whose rows are made, and where its records are.
  public struct Part {
    public var stream: Stream
    public var aggregate: String
    public var topic: String
    public var group: String
    /// It has had no rows: those of windows whose records the topic still holds will do.
    public var isNew: Bool

    public init(stream: Stream, aggregate: String, topic: String, group: String, isNew: Bool = false) {
      self.stream = stream
      self.aggregate = aggregate
      self.topic = topic
      self.group = group
      self.isNew = isNew
    }
  }

  /// Is told now and then how far an aggregate's rows are; what it throws ends the run, and nothing has changed.
  public var progress: ((_ aggregate: String, _ read: Int64, _ total: Int64) throws -> Void)?

  /// Is told of an aggregate with whose rows it goes on, and how many records these are made of.
  public var resumed: ((_ aggregate: String, _ records: Int64) -> Void)?

  /// Aggregates that go when the others are in place, with their rows.
  public var removed: [AggregatePlan] = []

  private let connection: PostgresConnection
  private let migrator: Migrator
  private let project: Project
  let replays: [Replay]

  /// - Parameters:
  ///   - connection: is used for this alone. `Migrator.prepare` has been called.
  ///   - schemas: knows those of records that are not the project's own; nil: there are none.
  ///   - limits: how large tables of reference data may be in memory.
  public init(
    _ connection: PostgresConnection, _ migrator: Migrator, _ project: Project, _ parts: [Part],
    kafka: KafkaConfiguration, schemas: SchemaSource?, limits: ReferenceLimits = ReferenceLimits()
  ) throws(PipelineError) {
    self.connection = connection
    self.migrator = migrator
    self.project = project
    var replays: [Replay] = []
    // A topic is read once for all of its aggregates.
    var readers: [String: TopicReader] = [:]
    for part in parts {
      let replay = try Replay(
        connection, part.stream, aggregate: part.aggregate, views: project.views, kafka: kafka, topic: part.topic,
        group: part.group, schemas: schemas, limits: limits, reader: readers[part.topic])
      readers[part.topic] = replay.reader
      replay.takesWhatIsThere = part.isNew
      replay.isResumable = true
      replays.append(replay)
    }
    self.replays = replays
  }

  /// Makes the rows, and returns when the definitions are in force.
  ///
  /// - Parameter version: what is in force now, and must still be in the end; 0: nothing is.
  public func run(instead version: Int64) throws(PipelineError) -> [ReplayReport] {
    for replay in replays {
      let name = replay.aggregate.name
      replay.progress = { [weak self] in try self?.progress?(name, $0, $1) }
    }
    return try alone(replays[...]) {
      try dropLeftovers()
      let names = Set(replays.map(\.aggregate.name))
      var swap = ReplaySwap(connection, replays, views: ResultViews(connection, project.views))
      swap.changesAllViews = true
      swap.fences = true
      swap.keepsUnfinished = true
      swap.begun = { [weak self] in for replay in $0 { self?.resumed?(replay.aggregate.name, replay.resumedCount) } }
      swap.arrange = { [migrator, project] in try migrator.change(project, besides: names) }
      swap.review = { [connection, project] in
        try StatementCheck(connection, isInTransaction: true).require([.endpoint, .alert], of: project) { _ in }
      }
      swap.conclude = { [migrator, project, removed] in
        for aggregate in removed { try migrator.remove(aggregate) }
        try migrator.putInForce(project, instead: version)
      }
      return try swap.run(from: nil)
    }
  }

  private func alone<Value>(
    _ replays: ArraySlice<Replay>, _ body: () throws -> Value
  ) throws(PipelineError) -> Value {
    guard let first = replays.first else {
      do {
        return try body()
      } catch {
        throw PipelineError(error)
      }
    }
    return try first.alone { try alone(replays.dropFirst(), body) }
  }

  /// Shadow tables that were left by one that was interrupted, of aggregates that are not made anew now.
  private func dropLeftovers() throws(PostgresError) {
    let found = try connection.query(
      "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p') AND NOT relispartition",
      [.text(quotedIdentifier(connection.replaySchema))])
    // Streams of which nobody else can replay now.
    let made = Set(replays.map(\.aggregate.name))
    let others = replays.flatMap(\.streamAggregates).filter { !made.contains($0.name) }
    try Bookmark.remove(others.map(\.name), connection)
    let own = Set(others.flatMap(\.relationNames))
    for row in 0..<found.rowCount {
      guard let name = found[row, 0], own.contains(name) else { continue }
      try connection.execute("DROP TABLE \(quotedIdentifier(connection.replaySchema)).\(quotedIdentifier(name))")
    }
  }
}

import Audit
import Dataflow
import Events
import Formats
import Plan
import Postgres
import Project
import Storage

@testable import Processing

/// A migrated database, the shipped definitions, and a sink with a connection of its own.
final class Bench {
  static let cluster = "cluster-1"
  static let topic = "content-downloads"
  /// Of `pg_locks`, which shows the locks of all tests' databases.
  static let lockIsHere = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
  /// Of `pg_stat_activity`, which shows the sessions of all tests.
  static let sessionIsHere = "datname = current_database()"

  let settings: ConnectionSettings
  let project: Project
  let connection: PostgresConnection
  let sink: Sink
  let plan: StreamPlan

  /// - Parameters:
  ///   - project: nil: the shipped one.
  ///   - tables: makes tables of reference data.
  ///   - change: of its definitions, for the sink alone.
  init(project: Project? = nil, tables: String = "", _ change: (inout StreamPlan) -> Void = { _ in }) throws {
    settings = try TestCluster.makeDatabase()
    self.project = try project ?? Project(folder: repository)
    connection = try PostgresConnection(settings)
    try connection.execute(tables)
    _ = try Migrator(connection) { _ in }.migrate(self.project)
    var plan = self.project.streams[0].plan
    change(&plan)
    self.plan = plan
    sink = Sink(plan, owner: "test")
  }

  deinit {
    connection.close()
  }

  /// The project's only one.
  var stream: Stream { project.streams[0] }

  /// How many events the regions' rows hold.
  var total: Int {
    get throws { Int(try rows("SELECT coalesce(sum(total_downloads), 0) FROM region_health")[0]) ?? -1 }
  }

  func claim(_ partitions: Int32..., from start: Offset = 0) throws -> [PartitionClaim] {
    try sink.claim(
      Dictionary(uniqueKeysWithValues: partitions.map { (TopicPartition(topic: Bench.topic, partition: $0), start) }),
      cluster: Bench.cluster, connection
    ).sorted { $0.partition < $1.partition }
  }

  /// What a worker would commit that has read these records from the claim's position on.
  ///
  /// - Parameters:
  ///   - watermark: what is stored for the partition.
  ///   - lateBefore: the watermark that late events are judged by.
  ///   - now: the wall clock in microseconds since 1970.
  func checkpoint(
    _ claim: PartitionClaim, _ downloads: [Download], watermark: Int64? = nil, lateBefore: Int64? = nil,
    now: Int64 = .max / 2
  ) throws -> Checkpoint {
    let batch = EventBatch(specs: plan.columns, capacity: max(downloads.count, 1))
    let records = RecordBatch(
      copying: downloads.map(\.encoded), partition: claim.partition.partition, firstOffset: claim.next)
    try stream.makeDecoder().decode(records, into: batch)
    let windows = WindowOperator(plan, batch: batch, seed: 1)
    let run = PartitionRun(partition: claim.partition.partition, rows: 0..<downloads.count)
    let counts = windows.process(batch, runs: [run], now: now, watermark: lateBefore)
    var letters = batch.failures.map {
      DeadLetter(
        records.records[$0.row], topic: claim.partition.topic, headers: [], schemaID: nil, code: $0.code,
        reason: $0.message)
    }
    letters += windows.lateEvents.map {
      let aggregate = plan.aggregates[$0.aggregate].name
      return DeadLetter(
        records.records[$0.row], topic: claim.partition.topic, headers: [], schemaID: nil, code: .late,
        reason: $0.reason(aggregate), late: (aggregate, $0.windowStart))
    }
    return Checkpoint(
      advances: [
        PartitionAdvance(
          partition: claim.partition, epoch: claim.epoch, expected: claim.next,
          next: claim.next + Int64(downloads.count), segment: claim.next, missing: 0, counts: counts[0],
          watermark: watermark)
      ], deltas: windows.drain(), deadLetters: letters, gaps: [])
  }

  func commit(_ checkpoint: Checkpoint) throws {
    try sink.commit(checkpoint, cluster: Bench.cluster, connection)
  }

  func outcome(_ checkpoint: Checkpoint) throws -> CommitOutcome {
    try checkpoint.outcome(given: sink.positions(cluster: Bench.cluster, connection))
  }

  /// Claims, commits these downloads, and returns the claim.
  @discardableResult
  func commit(
    _ partition: Int32, _ downloads: [Download], watermark: Int64? = nil, lateBefore: Int64? = nil,
    now: Int64 = .max / 2
  ) throws -> PartitionClaim {
    let claim = try claim(partition)[0]
    try commit(checkpoint(claim, downloads, watermark: watermark, lateBefore: lateBefore, now: now))
    return claim
  }

  /// The result as lines of values separated by blanks.
  func rows(_ sql: String) throws -> [String] {
    let result = try connection.query(sql)
    return (0..<result.rowCount).map { row in
      (0..<result.columnCount).map { result[row, $0] ?? "NULL" }.joined(separator: " ")
    }
  }

  func verify() throws -> VerificationReport { try Verifier(connection, [plan]).verify() }
}

/// In tests a number alone is a partition of the bench's topic.
extension TopicPartition: ExpressibleByIntegerLiteral {
  public init(integerLiteral partition: Int32) {
    self.init(topic: Bench.topic, partition: partition)
  }
}

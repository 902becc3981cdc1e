import Dataflow
import Dialects
import Events
import JSON
import Plan
import Postgres
import Storage

/// Writes checkpoints: positions, rows, ledger, dead letters and sampled events in one transaction and one round trip.
///
/// Owns no connection: the sink thread hands one in and decides what an error means.
package struct Sink: Sendable {
  let stream: String
  let owner: String
  /// Where dead letters are forwarded to, if anywhere.
  let deadLetterTopic: String?
  /// Between two events of a partition in `event_log`, in microseconds.
  let sampleInterval: Int64
  private let aggregates: [(plan: AggregatePlan, upsert: String)]
  private let shapes: [(name: String, shape: TableShape)]
  private let definitions: Int64?
  private let plantedBug: PlantedBug?

  /// - Parameter definitions: the version that was in force when these were loaded; nil: whether others are now does not
  ///   matter.
  package init(_ plan: StreamPlan, owner: String, definitions: Int64? = nil, plantedBug: PlantedBug? = nil) {
    self.definitions = definitions
    stream = plan.definition.name
    self.owner = owner
    deadLetterTopic = plan.definition.deadLetterTopic
    sampleInterval = plan.definition.sampleIntervalMicroseconds ?? 0
    self.plantedBug = plantedBug
    aggregates = plan.aggregates.map { ($0, ResultTable($0).upsertStatement) }
    shapes = plan.aggregates.map { ($0.name, TableShape($0, of: plan)) }
  }

  // MARK: Claims

  /// Takes partitions over. Returns where each goes on; `starts` counts for those that nobody has read yet.
  package func claim(
    _ starts: [TopicPartition: Offset], cluster: String, _ connection: PostgresConnection
  ) throws(PostgresError) -> [PartitionClaim] {
    var claims: [PartitionClaim] = []
    for (topic, starts) in starts.sorted(by: { $0.key < $1.key }).byTopic(\.key) {
      claims += try claim(starts, of: topic, cluster, connection)
    }
    return claims
  }

  private func claim(
    _ starts: [(key: TopicPartition, value: Offset)], of topic: String, _ cluster: String,
    _ connection: PostgresConnection
  ) throws(PostgresError) -> [PartitionClaim] {
    var numbers = PostgresArray(.integer)
    var offsets = PostgresArray(.bigint)
    for (partition, offset) in starts {
      numbers.append(Int64(partition.partition))
      offsets.append(offset)
    }
    let result = try connection.query(
      """
      SELECT partition, next_offset, epoch, (extract(epoch FROM watermark) * 1000000)::bigint, last_record
      FROM \(connection.pulse).claim($1, $2, $3, $4, $5, $6)
      """,
      [.text(stream), .text(cluster), .text(topic), .array(numbers), .array(offsets), .text(owner)])
    return (0..<result.rowCount).compactMap { row in
      guard let partition = result.integer(row, 0), let next = result.integer(row, 1),
        let epoch = result.integer(row, 2)
      else { return nil }
      return PartitionClaim(
        partition: TopicPartition(topic: topic, partition: Int32(partition)), next: next, epoch: epoch,
        watermark: result.integer(row, 3),
        last: result.integer(row, 4).map { RecordFingerprint(rawValue: $0) })
    }
  }

  /// Why this instance's definitions are not those in force or of the tables (any more); nil when they are. A replay with
  /// a changed definition fences all instances, and those that run with the former one must not go on.
  func redefinition(_ connection: PostgresConnection) throws(PostgresError) -> String? {
    if let definitions, let current = try Deployments(connection).current(), current.number > definitions {
      return "version \(current.number) of the definitions is in force by now"
    }
    return try Migrator.redefinition(shapes, connection)
  }

  // MARK: Commits

  /// Commits the checkpoint.
  ///
  /// - Throws: `SinkProtocol.fencedState` when another instance owns a partition; then nothing has changed. After a
  ///   connection error the outcome is unknown: ask for the `positions`.
  package func commit(_ checkpoint: Checkpoint, cluster: String, _ connection: PostgresConnection) throws(PostgresError)
  {
    let advances = checkpoint.advances.byTopic(\.partition)
    let pulse = connection.pulse
    let positions = advances.map { advance($0.elements, of: $0.topic, cluster, pulse) }
    var statements = checkpoint.deltas.flatMap { upsert($0, connection) }
    for (topic, advances) in advances { statements += ledger(advances, of: topic, cluster, pulse) }
    for (topic, gaps) in checkpoint.gaps.byTopic(\.gap.partition) {
      statements.append(record(gaps, of: topic, cluster, pulse))
    }
    if !checkpoint.deadLetters.isEmpty { statements.append(insert(checkpoint.deadLetters, cluster, pulse)) }
    if !checkpoint.samples.isEmpty { statements.append(log(checkpoint.samples, cluster)) }
    // Parsed and planned once per connection: a flush comes many times a second.
    for statement in positions + statements { try connection.prepare(statement.name, statement.sql) }
    if plantedBug == .positionBeforeRows {
      _ = try connection.pipeline(positions.map { PostgresStatement(prepared: $0.name, $0.parameters) })
      // A short test has few faults: one of them has to fall in between.
      _ = try connection.query("SELECT pg_sleep(0.1)")
    } else {
      statements.insert(contentsOf: positions, at: 0)
    }
    // Without an explicit BEGIN the pipeline is one implicit transaction, committed at its end or not at all.
    _ = try connection.pipeline(statements.map { PostgresStatement(prepared: $0.name, $0.parameters) })
  }

  /// The tables that a commit of the checkpoint changes, without the engine's own.
  func changedTables(_ checkpoint: Checkpoint) -> Set<String> {
    var tables = Set(checkpoint.deltas.map { aggregates[$0.aggregate].plan.name })
    if !checkpoint.deadLetters.isEmpty { tables.insert("dead_letters") }
    if !checkpoint.samples.isEmpty { tables.insert("event_log") }
    return tables
  }

  struct Statement {
    var name: String
    var sql: String
    var parameters: [PostgresParameter]
  }

  /// The positions of all partitions, by which a commit is judged whose answer was lost.
  func positions(
    cluster: String, _ connection: PostgresConnection
  ) throws(PostgresError) -> [TopicPartition: StoredPosition] {
    let result = try connection.query(
      """
      SELECT topic, partition, next_offset, epoch FROM \(connection.pulse).progress WHERE stream = $1 AND cluster = $2
      """, [.text(stream), .text(cluster)])
    var stored: [TopicPartition: StoredPosition] = [:]
    for row in 0..<result.rowCount {
      guard let topic = result[row, 0], let partition = result.integer(row, 1), let next = result.integer(row, 2),
        let epoch = result.integer(row, 3)
      else { continue }
      stored[TopicPartition(topic: topic, partition: Int32(partition))] = StoredPosition(next: next, epoch: epoch)
    }
    return stored
  }

  private func advance(
    _ advances: [PartitionAdvance], of topic: String, _ cluster: String, _ pulse: String
  ) -> Statement {
    var partitions = PostgresArray(.integer)
    var epochs = PostgresArray(.bigint)
    var expected = PostgresArray(.bigint)
    var next = PostgresArray(.bigint)
    var watermarks = PostgresArray(.timestamptz)
    var idle = PostgresArray(.boolean)
    var last = PostgresArray(.bigint)
    for advance in advances {
      partitions.append(Int64(advance.partition.partition))
      epochs.append(advance.epoch)
      expected.append(advance.expected)
      next.append(advance.next)
      if let watermark = advance.watermark { watermarks.append(watermark) } else { watermarks.appendNull() }
      idle.append(advance.isIdle)
      if let record = advance.last { last.append(record.rawValue) } else { last.appendNull() }
    }
    return Statement(
      name: "advance", sql: "SELECT \(pulse).advance($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      parameters: [
        .text(stream), .text(cluster), .text(topic), .array(partitions), .array(epochs), .array(expected), .array(next),
        .array(watermarks), .array(idle), .array(last),
      ])
  }

  private func upsert(_ delta: WindowDelta, _ connection: PostgresConnection) -> [Statement] {
    let aggregate = aggregates[delta.aggregate]
    let locks = SessionLocks.statement(for: delta, of: aggregate.plan, connection).map {
      Statement(name: "session locks", sql: $0.sql, parameters: $0.parameters)
    }
    return [locks].compactMap { $0 } + [
      Statement(name: "upsert \(delta.aggregate)", sql: aggregate.upsert, parameters: delta.upsertParameters)
    ]
  }

  /// Segments of the ledger: one that begins with this flush is new, the others are there already.
  private func ledger(
    _ advances: [PartitionAdvance], of topic: String, _ cluster: String, _ pulse: String
  ) -> [Statement] {
    let moved = advances.filter { $0.next != $0.expected }
    guard !moved.isEmpty else { return [] }
    var partitions = PostgresArray(.integer)
    var numbers = (0..<7).map { _ in PostgresArray(.bigint) }
    var latest = PostgresArray(.timestamptz)
    var countPartitions = PostgresArray(.integer)
    var names = PostgresArray(.text)
    var counts = (0..<5).map { _ in PostgresArray(.bigint) }
    var rowCounts = PostgresArray(.bigint)
    var hasRows = false
    for advance in moved {
      partitions.append(Int64(advance.partition.partition))
      let values = [
        advance.segment, advance.expected, advance.next, Int64(advance.counts.consumed), advance.missing,
        Int64(advance.counts.dead), advance.epoch,
      ]
      for (index, value) in values.enumerated() { numbers[index].append(value) }
      if let time = advance.counts.maxEventTime { latest.append(time) } else { latest.appendNull() }
      for (aggregate, count) in zip(aggregates, advance.counts.aggregates) {
        countPartitions.append(Int64(advance.partition.partition))
        names.append(aggregate.plan.name)
        let values = [
          advance.segment, Int64(count.aggregated), Int64(count.filtered), Int64(count.late), Int64(count.dead),
        ]
        for (index, value) in values.enumerated() { counts[index].append(value) }
        rowCounts.append(Int64(count.rows))
        hasRows = hasRows || count.rows > 0
      }
    }
    let parameters: [PostgresParameter] =
      [.text(stream), .text(cluster), .text(topic), .array(partitions)] + numbers.map { .array($0) }
      + [.array(latest), .array(countPartitions), .array(names)] + counts.map { .array($0) }
    let list = (1...parameters.count).map { "$\($0)" }.joined(separator: ", ")
    var statements = [
      Statement(name: "ledger", sql: "SELECT \(pulse).enter_ledger(\(list))", parameters: parameters)
    ]
    if hasRows {
      statements.append(
        Statement(
          name: "ledger rows", sql: "SELECT \(pulse).enter_rows($1, $2, $3, $4, $5, $6, $7)",
          parameters: [
            .text(stream), .text(cluster), .text(topic), .array(countPartitions), .array(names), .array(counts[0]),
            .array(rowCounts),
          ]))
    }
    return statements
  }

  private func record(
    _ gaps: [ExplainedGap], of topic: String, _ cluster: String, _ pulse: String
  ) -> Statement {
    var partitions = PostgresArray(.integer)
    var first = PostgresArray(.bigint)
    var next = PostgresArray(.bigint)
    var reasons = PostgresArray(.text)
    for explained in gaps {
      partitions.append(Int64(explained.gap.partition.partition))
      first.append(explained.gap.first)
      next.append(explained.gap.next)
      reasons.append(explained.reason.rawValue)
    }
    return Statement(
      name: "gaps",
      sql: "SELECT \(pulse).record_gaps($1, $2, $3, $4, $5, $6, $7)",
      parameters: [
        .text(stream), .text(cluster), .text(topic), .array(partitions), .array(first), .array(next), .array(reasons),
      ])
  }
}

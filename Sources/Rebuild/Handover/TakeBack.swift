import Dataflow
import Dialects
import Events
import Faults
import Kafka
import Plan
import Postgres
import Project
import Registry
import SQLQuoting
import Storage

/// Takes a stream back from Apache Flink, in one transaction.
///
/// Positions become those that Flink has committed: every record before them is in rows of Flink or takes part in the rows
/// that are made anew here, every one behind them is the processors'. Which windows Flink had written by then follows from
/// the events before these positions, because an export emits its watermark with each event and the sink has written what a
/// checkpoint comes after.
public final class TakeBack {
  /// From where our processors go on.
  public enum Place: Sendable {
    /// Where Flink's consumer group stands.
    case committed(group: String)
    /// Where ours had stopped: all since is read again.
    case ownPositions
  }

  /// What was made of an aggregate.
  public struct Share: Sendable {
    public var name: String
    /// Windows from here on were made anew, as text; nil: what was read since the hand-over was added to the rows.
    public var boundary: String?
    public var removed: Int
    public var rows: Int
  }

  public struct Result: Sendable {
    public var stream: String
    public var topic: String
    /// Where our processors begin.
    public var positions: [Int32: Offset]
    /// From where on records were read for the rows.
    public var starts: [Int32: Offset]
    public var readAgain: Int
    public var shares: [Share]
    /// Up to here, as text, windows are not judged by a recount: Flink has counted their records.
    public var unjudgedUntil: String?
  }

  /// What is known before anything is changed.
  struct Outline {
    var positions: [Int32: Offset]
    var tasks: [String: OpenRows.Task]
    var watermarks: [Int32: Int64] = [:]
    var isOwn: Bool

    /// What has to be read of each partition.
    var ranges: [Int32: Range<Offset>] {
      var ranges: [Int32: Range<Offset>] = [:]
      for (partition, end) in positions {
        let start = tasks.values.map { $0.starts[partition] ?? end }.min() ?? end
        if start < end { ranges[partition] = start..<end }
      }
      return ranges
    }
  }

  /// So many records before a position say how far event time had come there.
  private static let tail: Offset = 2_000

  let connection: PostgresConnection
  private let stream: Stream
  private let handover: Handover?
  private let admin: KafkaAdmin
  private let reader: TopicReader
  let topic: String
  private let schemas: SchemaSource?
  private let limits: ReferenceLimits

  private var plan: StreamPlan { stream.plan }
  var name: String { plan.definition.name }

  /// - Parameters:
  ///   - handover: by which it went over; nil: the job has begun by itself.
  ///   - group: names the reader to the broker.
  public init(
    _ connection: PostgresConnection, _ stream: Stream, handover: Handover?, kafka: KafkaConfiguration, topic: String,
    group: String, schemas: SchemaSource?, limits: ReferenceLimits
  ) throws(PipelineError) {
    self.connection = connection
    self.stream = stream
    self.handover = handover
    self.topic = topic
    self.schemas = schemas
    self.limits = limits
    do throws(KafkaError) {
      admin = try KafkaAdmin(configuration: kafka)
      reader = try TopicReader(kafka, topic: topic, group: group)
    } catch {
      throw .kafka(error)
    }
  }

  /// In the caller's transaction.
  public func run(_ place: Place) throws(PipelineError) -> Result {
    do {
      try connection.execute("SET LOCAL TIME ZONE 'UTC'")
      let cluster = try reader.cluster()
      let outline: Outline
      switch place {
      case .committed(let group): outline = try atCommitted(group)
      case .ownPositions: outline = try atOwn(cluster)
      }
      var rows = try OpenRows(
        connection, stream, topic: topic, tasks: outline.tasks, passesOverFailures: !outline.isOwn, schemas: schemas,
        limits: limits)
      let ranges = outline.ranges
      let made = try rows.make(reader, ranges)
      try Handovers(connection).takeBack(stream: name, at: outline.positions)
      var until: Int64?
      if !outline.isOwn {
        until = rows.latestEvent
        try setBooksAside(cluster, outline, until: until)
      }
      for made in made {
        try record(made, cluster, outline, records: rows.readCount)
      }
      return Result(
        stream: name, topic: topic, positions: outline.positions, starts: ranges.mapValues(\.lowerBound),
        readAgain: rows.readCount,
        shares: try made.map {
          Share(
            name: $0.aggregate.name, boundary: try outline.tasks[$0.aggregate.name]?.boundary.map(text),
            removed: $0.removed, rows: $0.rows)
        }, unjudgedUntil: try until.map(text))
    } catch {
      throw PipelineError(error)
    }
  }

  private func text(_ time: Int64) throws(PostgresError) -> String {
    try connection.query("SELECT $1::timestamptz::text", [.timestamptz(microseconds: time)])[0, 0] ?? ""
  }

  // MARK: Where ours had stopped

  private func atOwn(_ cluster: String) throws -> Outline {
    guard let handover else {
      throw PipelineError.definition(
        "\(name) was not handed over by streampulse: nothing says which rows are ours\n  hint: leave --anew out")
    }
    for (partition, start) in handover.starts.sorted(by: { $0.key < $1.key }) {
      let low = try reader.watermarks(partition).low
      guard low <= start || start == handover.positions[partition] else {
        throw PipelineError.definition(
          """
          partition \(partition) of \(topic) begins at offset \(low) by now, and the windows that were open at the \
          hand-over need all from \(start) on: Flink's rows are all that is left of them
            hint: leave --anew out, to begin where Flink's group stands
          """)
      }
    }
    var tasks: [String: OpenRows.Task] = [:]
    for (name, boundary) in handover.boundaries {
      var task = OpenRows.Task(boundary: boundary, starts: handover.starts)
      for (partition, start) in handover.starts {
        let end = handover.positions[partition] ?? start
        let found = try connection.query(
          DeadRecords.offsets(of: plan, connection),
          [
            .text(cluster), .text(topic), .text(name), .bigint(Int64(partition)), .bigint(start), .bigint(end),
          ])
        task.dead[partition] = Set((0..<found.rowCount).compactMap { found.integer($0, 0) })
      }
      tasks[name] = task
    }
    return Outline(positions: handover.positions, tasks: tasks, isOwn: true)
  }

  // MARK: Where Flink's group stands

  private func atCommitted(_ group: String) throws -> Outline {
    let positions = try committed(group)
    let (reached, watermarks) = try eventTime(before: positions)
    guard let reached else {
      throw PipelineError.definition(
        """
        before the offsets that the group \(group) has committed of \(topic) there is no event in a partition: nothing says \
        which windows Flink has written
        """)
    }
    var boundaries: [String: Int64] = [:]
    for aggregate in plan.aggregates where !wasLeftOut(aggregate.name) {
      guard let open = aggregate.window.firstOpen(at: reached) else {
        throw PipelineError.definition(
          """
          the sessions of \(aggregate.name) may be of any length: nothing says from where on the open ones have to be read
            hint: --anew goes on where ours had stopped; or give them a longest length, session(…, gap, longest)
          """)
      }
      // Windows before the hand-over's boundary are ours, and whole.
      boundaries[aggregate.name] = max(open, handover?.boundaries[aggregate.name] ?? .min)
    }
    let starts = try starts(of: boundaries.values.min() ?? .min, positions)
    var tasks = boundaries.mapValues { OpenRows.Task(boundary: $0, starts: starts) }
    if let handover {
      for aggregate in plan.aggregates where wasLeftOut(aggregate.name) {
        try checkRecords(since: handover, for: aggregate.name)
        tasks[aggregate.name] = OpenRows.Task(boundary: nil, starts: handover.positions)
      }
    }
    return Outline(positions: positions, tasks: tasks, watermarks: watermarks, isOwn: false)
  }

  private func wasLeftOut(_ aggregate: String) -> Bool { handover.map { $0.boundaries[aggregate] == nil } ?? false }

  /// An aggregate that was left out misses what Flink has read: the topic has to hold all of it.
  private func checkRecords(since handover: Handover, for aggregate: String) throws {
    for (partition, position) in handover.positions.sorted(by: { $0.key < $1.key }) {
      let low = try reader.watermarks(partition).low
      guard low > position else { continue }
      throw PipelineError.definition(
        """
        \(aggregate) was left out of the hand-over, and partition \(partition) of \(topic) begins at offset \(low) by now: \
        the records from \(position) on, which it misses, are gone
          hint: remove its definition, take the stream back, and define it again
        """)
    }
  }

  private func committed(_ group: String) throws -> [Int32: Offset] {
    guard let count = try admin.partitionCount(topic) else {
      throw PipelineError.definition("there is no topic \(topic)")
    }
    let stored = try admin.committedOffsets(group: group, topic: topic)
    guard !stored.isEmpty else {
      throw PipelineError.definition(
        """
        the group \(group) has committed nothing of \(topic): Flink commits with each checkpoint
          hint: --group names another one; --anew goes on where ours had stopped
        """)
    }
    var positions: [Int32: Offset] = [:]
    for partition in 0..<Int32(count) {
      let log = try reader.watermarks(partition)
      guard let offset = stored[partition] ?? (log.high == log.low ? log.low : nil) else {
        throw PipelineError.definition(
          """
          the group \(group) has committed nothing of partition \(partition) of \(topic), which has records
            hint: let the job come to its next checkpoint
          """)
      }
      if let own = handover?.positions[partition], offset < own {
        throw PipelineError.definition(
          """
          Flink's group stands at offset \(offset) of partition \(partition), before \(own), where ours had stopped: it has \
          not come to anything new
            hint: --anew goes on where ours had stopped
          """)
      }
      positions[partition] = offset
    }
    return positions
  }

  /// How far event time had come at least before these positions, as the export's watermark has it; and in each partition.
  /// A partition without a record says nothing.
  private func eventTime(before positions: [Int32: Offset]) throws -> (Int64?, [Int32: Int64]) {
    var ranges: [Int32: Range<Offset>] = [:]
    for (partition, end) in positions {
      let start = max(try reader.watermarks(partition).low, end - Self.tail)
      if start < end { ranges[partition] = start..<end }
    }
    let decoder = try stream.makeDecoder(topic: topic)
    let batch = EventBatch(specs: plan.columns, capacity: TopicReader.batchSize)
    let delay = plan.definition.outOfOrdernessMicroseconds / 1_000 * 1_000
    var reached: [Int32: Int64] = [:]
    try reader.read(ranges) { records in
      try schemas?.supply(decoder, for: records.records)
      decoder.decode(records, into: batch)
      let times = batch.columns[plan.eventTimeColumn]
      for row in 0..<records.count where batch.live[row] == 1 && times.validity[row] == 1 {
        let record = records.records[row]
        var time = times.integers[row]
        // No event carries Flink's watermark further ahead of its clock, which was not behind the record's own time.
        if let stamp = record.timestampMicroseconds {
          time = min(time, stamp + plan.definition.maxWatermarkAheadMicroseconds)
        }
        let watermark = time / 1_000 * 1_000 - delay
        reached[record.partition] = max(reached[record.partition] ?? watermark, watermark)
      }
    }
    for partition in ranges.keys where reached[partition] == nil { return (nil, [:]) }
    return (reached.values.min(), reached)
  }

  /// From where on all events of windows are that begin at that time or later: no event is further ahead of its record's own
  /// time than `max_ahead`, or Flink has left it out.
  private func starts(of boundary: Int64, _ positions: [Int32: Offset]) throws -> [Int32: Offset] {
    let since = (boundary - plan.definition.maxAheadMicroseconds) / 1_000
    let found = try admin.offsets(of: topic, partitions: positions.keys.sorted(), since: since)
    var starts: [Int32: Offset] = [:]
    for (partition, end) in positions {
      let low = try reader.watermarks(partition).low
      var start = min((found[partition] ?? nil) ?? end, end)
      // What lies before the hand-over's start is of windows that are ours.
      if let own = handover?.starts[partition] { start = max(start, own) }
      // The first that is held is not older: those that are gone may be of these windows.
      guard start > low || low == 0 || start == end || handover?.starts[partition] == low else {
        throw PipelineError.definition(
          """
          partition \(partition) of \(topic) begins at offset \(low) by now: it no longer holds all records of the windows \
          from \(try text(boundary)) on, which Flink may not have written
            hint: run Flink on until these windows have closed and it has come to newer records of this partition
          """)
      }
      starts[partition] = start
    }
    return starts
  }
}

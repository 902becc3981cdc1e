import Events
import Faults
import Formats
import Kafka
import Plan
import Postgres
import Registry

/// Decodes records into `recount_events`, and counts how many came of each ledger segment.
struct EventLoader {
  private let connection: PostgresConnection
  private let plan: StreamPlan
  private let decoder: RecordDecoder
  private let schemas: SchemaSource?
  private let batch: EventBatch
  private let segments: [RecountSnapshot.Segment]
  /// The segment that each partition is in now: records come in order.
  private var current: [Int32: Int] = [:]
  private var counts: [Int]
  private(set) var total = 0

  init(
    _ connection: PostgresConnection, _ plan: StreamPlan, _ snapshot: RecountSnapshot, decoder: RecordDecoder,
    schemas: SchemaSource?
  ) {
    self.connection = connection
    self.plan = plan
    self.decoder = decoder
    self.schemas = schemas
    batch = EventBatch(specs: plan.columns, capacity: TopicReader.batchSize)
    segments = snapshot.segments
    counts = Array(repeating: 0, count: segments.count)
    for index in segments.indices.reversed() { current[segments[index].partition] = index }
  }

  /// What there is to read of each partition.
  func ranges(from lows: [Int32: Offset]) -> [Int32: Range<Offset>] {
    var ranges: [Int32: Range<Offset>] = [:]
    for segment in segments {
      let start = ranges[segment.partition]?.lowerBound ?? max(segment.range.lowerBound, lows[segment.partition] ?? 0)
      ranges[segment.partition] = start..<max(start, segment.range.upperBound)
    }
    return ranges
  }

  /// Segments of which the topic holds fewer records than were counted.
  var incomplete: [Int] { segments.indices.filter { counts[$0] < segments[$0].consumed } }

  /// Segments of which the topic holds more records than were counted, and how many.
  var surplus: [(RecountSnapshot.Segment, Int)] {
    segments.indices.filter { counts[$0] > segments[$0].consumed }.map { (segments[$0], counts[$0]) }
  }

  mutating func load(_ recordBatch: borrowing RecordBatch) throws(PipelineError) {
    do throws(PostgresError) {
      try schemas?.supply(decoder, for: recordBatch.records)
    } catch {
      throw .postgres(error)
    }
    decoder.decode(recordBatch, into: batch)
    let records = recordBatch.records
    total += records.count
    var numbers = PostgresArray(.integer, capacityHint: records.count)
    var partitions = PostgresArray(.integer, capacityHint: records.count)
    var offsets = PostgresArray(.bigint, capacityHint: records.count)
    var exact = PostgresArray(.boolean, capacityHint: records.count)
    for row in records.indices {
      let segment = take(records[row])
      guard batch.live[row] == 1 else { continue }
      if let segment { numbers.append(Int64(segment)) } else { numbers.appendNull() }
      partitions.append(Int64(records[row].partition))
      offsets.append(records[row].offset)
      exact.append(batch.columns.allSatisfy { $0.isExact(row) })
    }
    let columns = batch.columns.map { PostgresParameter.array(PostgresArray($0, of: batch)) }
    do throws(PostgresError) {
      try connection.prepare("recount events", RecountQueries.eventInsertion(plan))
      _ = try connection.queryPrepared(
        "recount events", [.array(numbers), .array(partitions), .array(offsets), .array(exact)] + columns)
      if !batch.failures.isEmpty { try note(records) }
    } catch {
      throw .postgres(error)
    }
  }

  /// The segment that the record belongs to; nil when the ledger has none for it.
  private mutating func take(_ record: Record) -> Int? {
    guard var index = current[record.partition] else { return nil }
    while segments[index].range.upperBound <= record.offset {
      guard index + 1 < segments.count, segments[index + 1].partition == record.partition else { return nil }
      index += 1
    }
    current[record.partition] = index
    guard segments[index].range.contains(record.offset) else { return nil }
    counts[index] += 1
    return index
  }

  private func note(_ records: UnsafeMutableBufferPointer<Record>) throws(PostgresError) {
    var partitions = PostgresArray(.integer)
    var offsets = PostgresArray(.bigint)
    var codes = PostgresArray(.text)
    for failure in batch.failures {
      partitions.append(Int64(records[failure.row].partition))
      offsets.append(records[failure.row].offset)
      codes.append(failure.code.rawValue)
    }
    _ = try connection.query(
      "INSERT INTO recount_failed SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[])",
      [.array(partitions), .array(offsets), .array(codes)])
  }
}

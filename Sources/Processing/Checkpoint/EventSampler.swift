import Dataflow
import Events
import Formats
import Plan

/// The events that the next checkpoint writes to `event_log`: at most one in the stream's `sample` and partition.
///
/// The wall clock decides (microseconds since 1970), because whoever has a partition next goes on by what is in the
/// table.
struct EventSampler {
  /// While the database is away, no more than this waits for it: a sample may leave out what it likes.
  static let maximumWaiting = 1_000
  static let maximumBytes = 4 << 20
  /// Bytes of a text that are kept.
  static let longestValue = 16 << 10

  private let interval: Int64
  private let eventTimeColumn: Int
  private let documents: EventDocuments
  /// When the latest event was taken of each partition.
  private var latest: [Int32: Int64] = [:]
  private var events: [SampledEvent] = []
  private var byteCount = 0

  /// nil for a stream without a sample.
  init?(_ plan: StreamPlan) {
    guard let interval = plan.definition.sampleIntervalMicroseconds else { return nil }
    self.interval = interval
    eventTimeColumn = plan.eventTimeColumn
    documents = EventDocuments(plan.columns, longestValue: EventSampler.longestValue)
  }

  /// Takes the first good event of each run whose partition is due.
  ///
  /// - Parameters:
  ///   - batch: decoded from a part of the records, and processed, so that its live rows are good events.
  ///   - runs: cover the batch's rows in order.
  ///   - topic: of the records.
  ///   - firstRow: the record that is the batch's row 0.
  mutating func collect(
    from batch: EventBatch, _ runs: [PartitionRun], _ records: borrowing RecordBatch, topic: String, firstRow: Int,
    watermark: Int64?, now: Int64
  ) {
    for run in runs where isDue(run.partition, now) {
      guard events.count < EventSampler.maximumWaiting, byteCount < EventSampler.maximumBytes else { return }
      guard let row = run.rows.first(where: { batch.live[$0] == 1 }) else { continue }
      latest[run.partition] = now
      let record = records.records[firstRow + row]
      var document: [UInt8] = []
      documents.append(batch, row: row, to: &document)
      let event = SampledEvent(
        partition: TopicPartition(topic: topic, partition: run.partition), offset: record.offset,
        recordTimestamp: record.timestampMicroseconds, eventTime: batch.columns[eventTimeColumn].integers[row],
        watermark: watermark, document: document, sampledAt: now)
      byteCount += event.byteCount
      events.append(event)
    }
  }

  /// A clock that was set back is no reason to wait until it is where it was.
  private func isDue(_ partition: Int32, _ now: Int64) -> Bool {
    guard let latest = latest[partition] else { return true }
    return now < latest || now - latest >= interval
  }

  /// Hands the events over.
  mutating func empty() -> [SampledEvent] {
    defer {
      events = []
      byteCount = 0
    }
    return events
  }
}

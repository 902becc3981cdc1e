import Dataflow
import Events
import Plan
import Storage

/// The dead letters that wait for the next checkpoint.
struct LetterTray {
  private var letters: [DeadLetter] = []
  /// What they hold, about, for bounding memory.
  private(set) var byteCount = 0

  /// Copies the records that no aggregate takes, and those that are late for one.
  ///
  /// - Parameters:
  ///   - batch: decoded from a part of the records, and processed by `windows`.
  ///   - topic: of the records.
  ///   - firstRow: the record that is the batch's row 0.
  ///   - schemaID: of a record in Confluent framing, where it can be read.
  mutating func collect(
    from batch: EventBatch, _ windows: WindowOperator, _ plan: StreamPlan, _ records: borrowing RecordBatch,
    topic: String, firstRow: Int, schemaID: (Record) -> UInt32?
  ) {
    for failure in batch.failures {
      let record = records.records[firstRow + failure.row]
      append(
        DeadLetter(
          record, topic: topic, headers: records.headers(of: record), schemaID: schemaID(record), code: failure.code,
          reason: failure.message))
    }
    for event in windows.lateEvents {
      let record = records.records[firstRow + event.row]
      let aggregate = plan.aggregates[event.aggregate].name
      append(
        DeadLetter(
          record, topic: topic, headers: records.headers(of: record), schemaID: schemaID(record), code: .late,
          reason: event.reason(aggregate), late: (aggregate, event.windowStart)))
    }
  }

  private mutating func append(_ letter: DeadLetter) {
    byteCount += letter.byteCount
    letters.append(letter)
  }

  /// Hands the letters over.
  mutating func empty() -> [DeadLetter] {
    defer { self = LetterTray() }
    return letters
  }
}

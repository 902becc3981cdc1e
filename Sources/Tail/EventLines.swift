import Dataflow
import Events
import Formats
import JSON
import Plan
import Project

/// Makes lines of a stream's records: decodes all that its events have, judges them, and writes those that are wanted.
///
/// For one thread.
public final class EventLines {
  /// What a line says.
  public struct Form: Hashable, Sendable {
    /// One JSON object a line.
    public var isJSON: Bool
    /// The payload's own bytes in place of the columns.
    public var isRaw: Bool

    public init(isJSON: Bool = false, isRaw: Bool = false) {
      self.isJSON = isJSON
      self.isRaw = isRaw
    }
  }

  /// Rows that are decoded together. Somebody waits for the first of them.
  private static let batchCapacity = 512

  private let selection: EventSelection
  private let decoder: RecordDecoder
  private let batch: EventBatch
  private let filter: EventFilter?
  private let writer: EventLineWriter
  private var line: [UInt8] = []

  /// Records that could not be decoded.
  public private(set) var undecodable = 0
  /// Events that the condition was an error of.
  public private(set) var unjudged = 0

  /// - Parameter topic: that the records come from.
  public init(_ stream: Stream, _ selection: EventSelection, topic: String, form: Form) throws(ProjectError) {
    self.selection = selection
    decoder = try stream.makeDecoder(for: selection, topic: topic)
    let plan = selection.stream
    let batch = EventBatch(specs: plan.columns, capacity: Self.batchCapacity)
    self.batch = batch
    filter = selection.condition.map { EventFilter($0, batch: batch) }
    writer = EventLineWriter(
      documents: EventDocuments(plan.columns, shown: selection.shown), eventTimeColumn: plan.eventTimeColumn, form: form
    )
  }

  /// Hands over the line of each record that is wanted, in their order, until `take` has enough.
  ///
  /// Without a condition all records are wanted, also those that cannot be decoded: their lines say why. With one only
  /// the events that it is true of.
  /// - Parameters:
  ///   - now: the wall clock, in microseconds since 1970; lateness counts up to it.
  ///   - take: given the line with its end; returns whether it wants more.
  /// - Returns: whether more is wanted.
  public func write(
    _ records: borrowing RecordBatch, now: Int64, _ take: ([UInt8]) throws -> Bool
  ) rethrows -> Bool {
    for slice in batch.slices(of: records.count) {
      decoder.decode(records, slice, into: batch)
      let undecoded = batch.failures.count
      filter?.run(batch)
      undecodable += undecoded
      unjudged += batch.failures.count - undecoded
      let failures = Dictionary(batch.failures.map { ($0.row, $0) }) { first, _ in first }
      for row in 0..<batch.count {
        let isWanted = filter.map { batch.live[row] == 1 && $0.passes(row) } ?? true
        guard isWanted else { continue }
        line.removeAll(keepingCapacity: true)
        let record = records.records[slice.lowerBound + row]
        writer.append(batch, row: row, of: record, failure: failures[row], now: now, to: &line)
        if try !take(line) { return false }
      }
    }
    return true
  }
}

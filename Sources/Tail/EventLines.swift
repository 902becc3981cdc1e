import Dataflow
import Events
import Formats
import JSON
import Plan
import Project
import Registry

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

  private let decoder: RecordDecoder
  private let batch: EventBatch
  private let filter: EventFilter?
  private let writer: EventLineWriter
  private let schemas: LookedUpSchemas
  private var line: [UInt8] = []

  /// Records that could not be decoded, and events that the condition was an error of: what a condition left out beside
  /// what it is not true of.
  public private(set) var leftOut = (undecodable: 0, unjudged: 0)

  /// - Parameters:
  ///   - topic: that the records come from.
  ///   - schemas: called once, when the first record names a schema that the project does not have.
  public init(
    _ stream: Stream, _ selection: EventSelection, topic: String, form: Form,
    schemas: @escaping () -> SchemaSource? = { nil }
  ) throws(ProjectError) {
    self.schemas = LookedUpSchemas(schemas)
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
  ) throws -> Bool {
    try schemas.supply(decoder, for: records.records)
    for slice in batch.slices(of: records.records) {
      decoder.decode(records, slice, into: batch)
      let undecoded = batch.failures.count
      filter?.run(batch)
      // A row fails once; those that fail when they are judged stand behind the others.
      let failures = Dictionary(batch.failures.enumerated().map { ($1.row, $0) }) { first, _ in first }
      for row in 0..<batch.count {
        let failure = failures[row]
        if let filter {
          if let failure { count(isUndecodable: failure < undecoded) }
          guard failure == nil, filter.passes(row) else { continue }
        }
        line.removeAll(keepingCapacity: true)
        writer.append(
          batch, row: row, of: records.records[slice.lowerBound + row], failure: failure.map { batch.failures[$0] },
          now: now, to: &line)
        if try !take(line) { return false }
      }
    }
    return true
  }

  private func count(isUndecodable: Bool) {
    if isUndecodable { leftOut.undecodable += 1 } else { leftOut.unjudged += 1 }
  }
}

import Events

/// Decodes the records of one stream into columns: only the columns asked for, everything else is skipped.
///
/// For one thread at a time. It must outlive the batches it wrote, which point to its texts (symbols and defaults).
public final class AvroDecoder {
  /// A schema that records may be written with but that cannot be read as the reader's: its records fail with
  /// `.unresolvable`. Not worth a word when it belongs to another stream.
  public struct Incompatibility: Sendable {
    public let file: String
    public let error: AvroError
  }

  /// Where in the batch each column is, and what it is made of.
  public let columns: [(index: Int, spec: ColumnSpec)]
  public let framing: Framing
  public private(set) var incompatibilities: [Incompatibility] = []

  /// Names the plan for payloads without a header; other routes count into `schemas.entries`.
  private static let ownRoute = -1

  let schemas: SchemaSet
  let reader: AvroSchema
  private let ownPlan: DecodePlan
  /// Of the entries, then of schemas that were learnt.
  var plans: [DecodePlan?] = []
  /// Why there is no plan.
  private var reasons: [String] = []
  private var loops = ColumnLoops()
  /// The last header seen, because the next is most likely the same.
  private var lastFingerprint: (value: UInt64, route: Int)?
  var lastConfluentID: (value: UInt32, route: Int)?
  /// What was learnt while decoding, see `learn`: the routes of ids, and why other ids have none.
  var learnt: [UInt32: Int] = [:]
  var refused: [UInt32: RowFailure] = [:]

  /// Compiles a plan for each schema that records may be written with.
  ///
  /// - Parameters:
  ///   - reader: the stream's schema; also the writer's for payloads without a header.
  ///   - schemas: the schemas that a payload's header may name.
  ///   - columns: for each column that is to be written its index in the batch and what it is, with the types of
  ///     `AvroSchema.column(at:)`; a column may be declared nullable though the schema says otherwise. Other columns of
  ///     the batch are left alone.
  /// - Throws: when a column is not what the reader's schema says.
  public init(
    reader: AvroSchema, schemas: SchemaSet, columns: [(index: Int, spec: ColumnSpec)], framing: Framing = .auto
  ) throws(AvroError) {
    for (_, spec) in columns {
      let column = try reader.column(at: spec.path)
      guard column.type == spec.type, spec.isNullable || !column.isNullable else {
        throw .columnMismatch(path: spec.path, asked: Self.text(spec), schema: Self.text(column.spec))
      }
    }
    self.columns = columns
    self.framing = framing
    self.schemas = schemas
    self.reader = reader
    ownPlan = try PlanCompiler.compile(writer: reader, reader: reader, specs: columns)
    for entry in schemas.entries {
      do {
        plans.append(try PlanCompiler.compile(writer: entry.schema, reader: reader, specs: columns))
        reasons.append("")
      } catch {
        plans.append(nil)
        reasons.append("written with \(entry.file): \(error)")
        incompatibilities.append(Incompatibility(file: entry.file, error: error))
      }
    }
  }

  /// A decoder of a batch that has these columns and no others.
  public convenience init(
    reader: AvroSchema, schemas: SchemaSet, columns: [ColumnSpec], framing: Framing = .auto
  ) throws(AvroError) {
    let columns = columns.enumerated().map { (index: $0, spec: $1) }
    try self.init(reader: reader, schemas: schemas, columns: columns, framing: framing)
  }

  private static func text(_ spec: ColumnSpec) -> String {
    "\(spec.type)\(spec.isNullable ? ", nullable" : "")"
  }

  /// Makes `batch` a batch of a slice of these records: row `i` is record `slice.lowerBound + i`, or a failure that says
  /// why it could not be decoded. The payloads behind the slice are expected next, and asked for from memory.
  ///
  /// Texts point into the payloads, into the batch's arena and into this decoder.
  /// - Parameter batch: has this decoder's columns, and room for the slice.
  public func decode(_ all: UnsafeMutableBufferPointer<Record>, _ slice: Range<Int>, into batch: EventBatch) {
    batch.columns.withUnsafeBufferPointer { decode(all, slice, into: batch, $0) }
  }

  /// The same with other columns than the batch's, into which the decoder's indices count.
  ///
  /// - Parameter columns: begin with the batch's own; all have room for the slice.
  public func decode(
    _ all: UnsafeMutableBufferPointer<Record>, _ slice: Range<Int>, into batch: EventBatch,
    _ columns: UnsafeBufferPointer<Column>
  ) {
    for (index, spec) in self.columns {
      precondition(
        columns[index].type == spec.type && columns[index].isNullable == spec.isNullable,
        "a batch of other columns than the decoder's")
    }
    let records = UnsafeMutableBufferPointer(rebasing: all[slice])
    batch.reset(count: records.count)
    guard let columns = columns.baseAddress else { return }
    var reader = RowReader(batch: batch, columns: columns, plan: ownPlan)
    reader.framing = framing
    reader.refused = refused
    var row = 0
    while row < records.count {
      let plan = open(records, from: row, &reader)
      row += loops.count
      let upcoming = all[(slice.lowerBound + row)...].prefix(ColumnLoops.capacity)
      loops.run(plan, &reader, upcoming: UnsafeBufferPointer(rebasing: upcoming))
      loops.checkEnds(&reader)
    }
    if refused.count > Self.maximumRefusals { forgetRefusals() }
  }

  /// Makes `batch` a batch of all these records.
  public func decode(_ records: UnsafeMutableBufferPointer<Record>, into batch: EventBatch) {
    decode(records, 0..<records.count, into: batch)
  }

  /// Takes up records from `first` on as long as they share a plan.
  private func open(
    _ records: UnsafeMutableBufferPointer<Record>, from first: Int, _ reader: inout RowReader
  ) -> DecodePlan {
    loops.firstRow = first
    let limit = min(ColumnLoops.capacity, records.count - first)
    if framing == .bare || framing == .auto {
      loops.takeBare(records, limit, mayBeFramed: framing == .auto)
      if loops.count > 0 { return plan(nil, &reader) }
    }
    reader.mayBeFramed = false
    loops.count = 0
    var shared: Int?
    var failed: [Int] = []
    taking: while loops.count < limit {
      let index = loops.count
      let payload = records[first + index].payloadBytes
      let start = payload.baseAddress ?? TextView.empty.start
      loops.starts[index] = start
      loops.ends[index] = start + payload.count
      switch route(records[first + index]) {
      case .decode(let route, let headerCount):
        guard shared == nil || shared == route else { break taking }
        shared = route
        loops.cursors[index] = start + headerCount
      case .fail(let code, let message):
        failed.append(index)
        reader.fail(first + index, RowFailure(code: code, message: message), payload: payload)
      }
      loops.count += 1
    }
    let plan = plan(shared, &reader)
    for index in failed { loops.setAside(index, plan) }
    return plan
  }

  private func plan(_ route: Int?, _ reader: inout RowReader) -> DecodePlan {
    let route = route ?? Self.ownRoute
    let plan = route == Self.ownRoute ? ownPlan : plans[route] ?? ownPlan
    reader.plan = plan
    reader.mayBeFramed = framing == .auto && route == Self.ownRoute
    return plan
  }

  /// The schema id in front of a record's payload, when it is in Confluent framing as far as can be told.
  public func confluentID(of record: Record) -> UInt32? {
    guard framing == .auto || framing == .confluent, let id = FrameHeader.confluentID(in: record.payloadBytes) else {
      return nil
    }
    let isLikely = framing == .confluent || index(confluentID: id) != nil || FrameHeader.isLikely(id: id)
    return isLikely ? id : nil
  }

  private enum Decision {
    case decode(route: Int, headerCount: Int)
    case fail(EventErrorCode, String)
  }

  private func route(_ record: Record) -> Decision {
    let payload = record.payloadBytes
    guard record.payload != nil else { return .fail(.tombstone, "the record has no payload") }
    guard payload.count > 0 else { return .fail(.empty, "the payload has no bytes") }
    switch framing {
    case .bare: return .decode(route: Self.ownRoute, headerCount: 0)
    case .auto:
      if let fingerprint = FrameHeader.fingerprint(in: payload), let route = route(fingerprint: fingerprint) {
        return decision(route, headerCount: FrameHeader.singleObjectCount)
      }
      if let id = FrameHeader.confluentID(in: payload) {
        if let route = route(confluentID: id) { return decision(route, headerCount: FrameHeader.confluentCount) }
        // Somebody knows the id, so it is one; what nobody knows may be the beginning of a bare record.
        if let refusal = refused[id], refusal.code == .unresolvable { return .fail(refusal.code, refusal.message) }
      }
      return .decode(route: Self.ownRoute, headerCount: 0)
    case .singleObject:
      guard let fingerprint = FrameHeader.fingerprint(in: payload) else {
        return .fail(.malformed, "the payload does not begin with C3 01 and a fingerprint")
      }
      guard let route = route(fingerprint: fingerprint) else {
        return .fail(.unknownSchema, FrameHeader.unknown(fingerprint: fingerprint))
      }
      return decision(route, headerCount: FrameHeader.singleObjectCount)
    case .confluent:
      guard let id = FrameHeader.confluentID(in: payload) else {
        return .fail(.malformed, "the payload does not begin with a zero byte and a schema id")
      }
      guard let route = route(confluentID: id) else {
        let refusal = refused[id]
        return .fail(refusal?.code ?? .unknownSchema, refusal?.message ?? FrameHeader.unknown(confluentID: id))
      }
      return decision(route, headerCount: FrameHeader.confluentCount)
    }
  }

  private func decision(_ route: Int, headerCount: Int) -> Decision {
    plans[route] == nil ? .fail(.unresolvable, reasons[route]) : .decode(route: route, headerCount: headerCount)
  }

  private func route(fingerprint: UInt64) -> Int? {
    if let last = lastFingerprint, last.value == fingerprint { return last.route }
    guard let route = schemas.index(fingerprint: fingerprint) else { return nil }
    lastFingerprint = (fingerprint, route)
    return route
  }

  private func route(confluentID: UInt32) -> Int? {
    if let last = lastConfluentID, last.value == confluentID { return last.route }
    guard let route = index(confluentID: confluentID) else { return nil }
    lastConfluentID = (confluentID, route)
    return route
  }

  /// The project's own files go before what was learnt.
  func index(confluentID: UInt32) -> Int? { schemas.index(confluentID: confluentID) ?? learnt[confluentID] }
}

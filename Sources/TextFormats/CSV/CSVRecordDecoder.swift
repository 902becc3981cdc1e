import CPrefetch
import Events
import Plan

/// Decodes records that are lines of CSV (RFC 4180), one a record, into the columns that are wanted.
///
/// Each line is taken apart as a whole, and must have as many fields as columns are declared; only fields of wanted
/// columns are read as values. For one thread at a time.
public final class CSVRecordDecoder {
  /// A column that is written.
  struct Target {
    /// In the batch.
    let index: Int
    let column: DeclaredColumn
  }

  /// Records at a time: their fields fit the first-level cache.
  static let capacity = 64
  /// Payloads that are asked for before they are read.
  private static let prefetchDistance = 16
  private static let prefetchedBytes = 256
  private static let cacheLine = 64

  let targets: [Target]
  private let declared: [DeclaredColumn]
  private let line: CSVLine
  private let delimiter: UInt8
  /// For each declared column its place among the targets; -1 when it is not wanted.
  private let places: UnsafeMutablePointer<Int32>
  /// The fields of each target in the records of a block.
  let fields: UnsafeMutablePointer<CSVField>
  /// What an unquoted field is that is NULL.
  let null: TextView
  /// Of no columns, since documents are only checked; nil when no `jsonb` is wanted.
  private let documents: PathTree?

  /// - Parameters:
  ///   - columns: for each column of the batch that is to be written its index there, and its declaration, which is one of
  ///     `declared`. The batch's other columns are left alone.
  ///   - declared: all columns of the stream, in the order of the fields.
  ///   - csv: how the lines are written.
  public init(
    columns: [(index: Int, declared: DeclaredColumn)], declared: [DeclaredColumn], csv: StreamDefinition.CSV
  ) {
    targets = columns.map { Target(index: $0.index, column: $0.declared) }
    self.declared = declared
    line = CSVLine(delimiter: csv.delimiter)
    delimiter = csv.delimiter
    places = .allocate(capacity: declared.count)
    places.initialize(repeating: -1, count: declared.count)
    for (place, target) in targets.enumerated() {
      let field = declared.firstIndex { $0.name == target.column.name }
      guard let field else { preconditionFailure("the column \(target.column.name) is not declared") }
      places[field] = Int32(place)
    }
    fields = .allocate(capacity: columns.count * Self.capacity)
    fields.initialize(repeating: .empty, count: columns.count * Self.capacity)
    let nullBytes = Array(csv.null.utf8)
    let start = UnsafeMutablePointer<UInt8>.allocate(capacity: max(nullBytes.count, 1))
    start.initialize(from: nullBytes, count: nullBytes.count)
    null = TextView(start: start, count: nullBytes.count)
    let hasDocuments = columns.contains { $0.declared.type == .jsonb }
    documents = hasDocuments ? PathTree(columns: [], seed: 0) : nil
  }

  deinit {
    places.deallocate()
    fields.deallocate()
    null.start.deallocate()
  }

  /// Makes `batch` a batch of a slice of these records: row `i` is record `slice.lowerBound + i`, or a failure that says
  /// why it could not be decoded. The payloads behind the slice are expected next, and asked for from memory.
  ///
  /// Texts point into the payloads and into the batch's arena.
  public func decode(_ all: UnsafeMutableBufferPointer<Record>, _ slice: Range<Int>, into batch: EventBatch) {
    for target in targets {
      precondition(
        batch.specs[target.index].type == target.column.type
          && batch.specs[target.index].isNullable == target.column.isNullable,
        "a batch of other columns than the decoder's")
    }
    batch.reset(count: slice.count)
    batch.columns.withUnsafeBufferPointer { columns in
      var json: JSONReader?
      if let documents, let columns = columns.baseAddress {
        json = JSONReader(batch: batch, columns: columns, tree: documents, seed: 0)
      }
      var first = 0
      while first < slice.count {
        let rows = first..<min(first + Self.capacity, slice.count)
        for row in rows {
          let ahead = slice.lowerBound + row + Self.prefetchDistance
          if ahead < all.count { prefetch(all[ahead]) }
          split(all[slice.lowerBound + row], row: row, slot: row - first, batch)
        }
        for place in targets.indices { convert(place, rows, batch, &json) }
        first = rows.upperBound
      }
    }
  }

  /// Makes `batch` a batch of all these records.
  public func decode(_ records: UnsafeMutableBufferPointer<Record>, into batch: EventBatch) {
    decode(records, 0..<records.count, into: batch)
  }

  /// Asks for a payload, of a long one for its beginning.
  @inline(__always)
  private func prefetch(_ record: Record) {
    guard var line = record.payload else { return }
    let end = line + min(record.payloadCount, Self.prefetchedBytes)
    while line < end {
      streampulse_prefetch(line)
      line += Self.cacheLine
    }
  }

  /// Finds the fields of a record, or fails its row.
  @inline(__always)
  private func split(_ record: Record, row: Int, slot: Int, _ batch: EventBatch) {
    let payload = record.payloadBytes
    guard payload.count > 0 else {
      let code: EventErrorCode = record.payload == nil ? .tombstone : .empty
      return batch.fail(row, code, "the \(code == .empty ? "payload has no bytes" : "record has no payload")")
    }
    let (places, fields, declaredCount) = (places, fields, declared.count)
    do throws(CSVLineFault) {
      let count = try line.read(payload) { index, field in
        guard index < declaredCount, places[index] >= 0 else { return }
        fields[Int(places[index]) &* Self.capacity &+ slot] = field
      }
      if count != declaredCount { fail(row, fields: count, payload, batch) }
    } catch {
      fail(row, error, payload, batch)
    }
  }

  // MARK: - Failures

  @inline(never)
  private func fail(
    _ row: Int, _ fault: CSVLineFault, _ payload: UnsafeBufferPointer<UInt8>, _ batch: EventBatch
  ) {
    func name(_ field: Int) -> String {
      declared.indices.contains(field) ? declared[field].name : "field \(field + 1)"
    }
    let message =
      switch fault {
      case .quoteInside(let field, let byte):
        "\(name(field)): a quote inside of a field that does not begin with one (at byte \(byte)); "
          + (beginsLikeJSON(payload)
            ? "the payload begins like JSON" : "write the field in quotes, and quotes in it twice")
      case .textBehindQuote(let field, let byte):
        "\(name(field)): text behind the quote that ends the field (at byte \(byte)); write quotes in a field twice"
      case .endInsideQuotes(let field): "\(name(field)): the line ends inside of a quoted field"
      case .lineBreak(let field, let byte):
        "\(name(field)): a line break outside of quotes (at byte \(byte)); a record is one line"
      case .tooLong: "the payload is longer than \(Int32.max) bytes"
      }
    batch.fail(row, .malformed, message)
  }

  @inline(never)
  private func fail(_ row: Int, fields count: Int, _ payload: UnsafeBufferPointer<UInt8>, _ batch: EventBatch) {
    func counted(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
    var message =
      "the line has \(counted(count, "field")) where \(counted(declared.count, "column")) "
      + (declared.count == 1 ? "is declared" : "are declared")
    if beginsLikeJSON(payload) {
      message += "; it begins like JSON"
    } else if let other = otherDelimiter(payload) {
      message += "; with the delimiter \(other) it would have as many"
    }
    batch.fail(row, .malformed, message)
  }

  private func beginsLikeJSON(_ payload: UnsafeBufferPointer<UInt8>) -> Bool {
    payload.first { !TextInput.isBlank($0) } == UInt8(ascii: "{")
  }

  /// Another delimiter that is often used and would make the number of fields right.
  private func otherDelimiter(_ payload: UnsafeBufferPointer<UInt8>) -> String? {
    let usual: [(byte: UInt8, name: String)] = [
      (UInt8(ascii: ","), "','"), (UInt8(ascii: ";"), "';'"), (UInt8(ascii: "\t"), "tab"), (UInt8(ascii: "|"), "'|'"),
    ]
    for other in usual where other.byte != delimiter && declared.count > 1 {
      do throws(CSVLineFault) {
        if try CSVLine(delimiter: other.byte).read(payload, { _, _ in }) == declared.count { return other.name }
      } catch {
        continue
      }
    }
    return nil
  }
}

import Events
import Plan
import TextFormats

/// What became of a record.
enum Outcome: Equatable {
  /// The wanted columns as text.
  case row([String])
  case failure(EventErrorCode, String)

  var isRow: Bool {
    if case .row = self { true } else { false }
  }
}

func specs(of columns: [DeclaredColumn]) -> [ColumnSpec] {
  columns.map { ColumnSpec(path: [$0.name], type: $0.type, isNullable: $0.isNullable) }
}

func targets(of columns: [DeclaredColumn]) -> [(index: Int, declared: DeclaredColumn)] {
  columns.enumerated().map { (index: $0.offset, declared: $0.element) }
}

func decode(
  _ lines: [String], _ declared: [DeclaredColumn], wanted: [DeclaredColumn]? = nil,
  csv: StreamDefinition.CSV = .init(), capacity: Int = 1000
) -> [Outcome] {
  decode(payloads: lines.map { Array($0.utf8) }, declared, wanted: wanted, csv: csv, capacity: capacity)
}

/// - Parameter capacity: of the batch; more records are decoded in slices.
func decode(
  payloads: [[UInt8]?], _ declared: [DeclaredColumn], wanted: [DeclaredColumn]? = nil,
  csv: StreamDefinition.CSV = .init(), capacity: Int = 1000
) -> [Outcome] {
  let wanted = wanted ?? declared
  let batch = EventBatch(specs: specs(of: wanted), capacity: capacity)
  let decoder = CSVRecordDecoder(columns: targets(of: wanted), declared: declared, csv: csv)
  let records = RecordBatch(copying: payloads)
  var outcomes: [Outcome] = []
  for slice in batch.slices(of: records.records) {
    decoder.decode(records.records, slice, into: batch)
    outcomes += batch.outcomes()
  }
  return outcomes
}

extension EventBatch {
  func outcomes() -> [Outcome] {
    var outcomes = (0..<count).map { row in Outcome.row(columns.map { $0.shown(row) }) }
    for failure in failures { outcomes[failure.row] = .failure(failure.code, failure.message) }
    return outcomes
  }
}

extension Column {
  fileprivate func shown(_ row: Int) -> String {
    guard validity[row] == 1 else { return "NULL" }
    return switch type.physical {
    case .boolean: booleans[row] == 1 ? "true" : "false"
    case .integer: "\(integers[row])"
    case .decimal: "\(decimals[row])"
    case .double: "\(doubles[row])"
    case .text: texts[row].description
    }
  }
}

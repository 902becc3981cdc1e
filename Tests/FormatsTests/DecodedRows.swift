import Avro
import Events
import Formats
import Plan

/// A stream of format 'json' with the columns that a test needs.
func jsonPlan(_ declared: [DeclaredColumn], columns: [ColumnSpec]) -> StreamPlan {
  plan(format: .json, declared, columns: columns)
}

func plan(format: StreamDefinition.Format, _ declared: [DeclaredColumn], columns: [ColumnSpec]) -> StreamPlan {
  let definition = StreamDefinition(
    name: "s", topic: "declared-topic", format: format, columns: declared, eventTime: ["kafka", "timestamp"],
    outOfOrdernessMicroseconds: 0, idleTimeoutMicroseconds: 0, maxAheadMicroseconds: 0, deadLetterTopic: nil,
    framing: .bare)
  return StreamPlan(definition: definition, columns: columns, eventTimeColumn: 0, aggregates: [])
}

func spec(_ column: MetadataColumn) -> ColumnSpec {
  ColumnSpec(path: column.path, type: column.type, isNullable: column.isNullable)
}

extension RecordDecoder {
  /// What each record became: its cells as text, or why it is none.
  func rows(_ records: [OwnedRecord], _ plan: StreamPlan, capacity: Int = EventBatch.sliceCapacity) -> [[String]] {
    let source = RecordBatch(copying: records)
    let batch = EventBatch(specs: plan.columns, capacity: capacity)
    var rows: [[String]] = []
    for slice in batch.slices(of: source.records) {
      decode(source, slice, into: batch)
      for row in 0..<batch.count {
        guard batch.live[row] == 1 else {
          let failure = batch.failures.first { $0.row == row }
          rows.append(["\(failure?.code.rawValue ?? "") \(failure?.message ?? "")"])
          continue
        }
        rows.append(batch.columns.map { cell($0, row) })
      }
    }
    return rows
  }
}

private func cell(_ column: Column, _ row: Int) -> String {
  guard column.validity[row] == 1 else { return "NULL" }
  switch column.type.physical {
  case .boolean: return column.booleans[row] == 1 ? "true" : "false"
  case .integer: return String(column.integers[row])
  case .decimal:
    guard case .numeric(let scale) = column.type else { return "" }
    return DecimalText(unscaled: column.decimals[row], scale: scale).text
  case .double: return String(column.doubles[row])
  case .text: return column.texts[row].description
  }
}

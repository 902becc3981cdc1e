import Dataflow
import Events
import Plan

/// Tables of reference data that have a row for each value of a batch of made-up events, so that joins find something.
struct MadeUpReferences {
  private let batch: EventBatch

  /// - Parameter batch: filled.
  init(_ batch: EventBatch) {
    self.batch = batch
  }

  func tables(of joins: [JoinPlan]) -> ReferenceSet {
    ReferenceSet(joins.compactMap(table))
  }

  private func table(_ join: JoinPlan) -> ReferenceTable? {
    let builder = ReferenceTableBuilder(join.reference, seed: 1)
    var known: Set<[String]> = []
    do throws(ReferenceFault) {
      for row in -1..<batch.count {
        let key = join.keys.map { row < 0 ? nil : text(of: $0, row) }
        let values = zip(key, join.reference.key).map { $0 ?? Self.constant(join.reference.columns[$1].type) }
        guard known.insert(values).inserted else { continue }
        try builder.addRow { column, take in
          guard join.reference.validity?.from != column, join.reference.validity?.to != column else { return take(nil) }
          let position = join.reference.key.firstIndex(of: column)
          var text = position.map { values[$0] } ?? Self.constant(join.reference.columns[column].type)
          text.withUTF8 { take($0) }
        }
      }
      return try builder.finish()
    } catch {
      return nil
    }
  }

  /// The value of a column of the event; nil for another expression and for NULL.
  private func text(of key: Expression, _ row: Int) -> String? {
    guard case .column(let index, _) = key, batch.columns[index].validity[row] == 1 else { return nil }
    let column = batch.columns[index]
    switch column.type.physical {
    case .boolean: return column.booleans[row] == 1 ? "t" : "f"
    case .integer: return String(column.integers[row])
    case .text: return column.texts[row].description
    case .decimal, .double: return nil
    }
  }

  /// A value of which every row has the same: a join by it finds one, too.
  private static func constant(_ type: SQLType) -> String {
    switch type.physical {
    case .boolean: "t"
    case .integer, .decimal, .double: "1"
    case .text: type == .uuid ? "00000000-0000-0000-0000-000000000001" : "1"
    }
  }
}

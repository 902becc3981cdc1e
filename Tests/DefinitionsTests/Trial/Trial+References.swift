import Dataflow
import Events
import Plan

@testable import PostgresOracle

extension Trial {
  /// The tables that a plan is joined with, as the engine has them in memory.
  func referenceSet(for plan: StreamPlan) throws -> ReferenceSet {
    var set = ReferenceSet()
    for reference in plan.references {
      guard let table = references.first(where: { $0.name == reference.name }) else { continue }
      let builder = ReferenceTableBuilder(reference, seed: schedule)
      let indices = reference.columns.map { column in table.columns.firstIndex { $0.name == column.name } ?? 0 }
      for row in table.rows {
        try builder.addRow { column, take in
          guard let value = row[indices[column]] else { return take(nil) }
          var text = value.loadedText
          text.withUTF8 { take($0) }
        }
      }
      set.insert(try builder.finish())
    }
    return set
  }
}

extension Datum {
  /// As `ReferenceTableBuilder` takes a value.
  fileprivate var loadedText: String {
    switch self {
    case .boolean(let value): value ? "t" : "f"
    case .integer(let value): "\(value)"
    case .decimal(let value, _): "\(value)"
    case .double(let value): "\(value)"
    case .text(let text): text
    case .array: ""
    }
  }
}

import Events
import Plan
import SQLQuoting

/// What explanations say of a stream.
struct StreamFacts {
  let definition: StreamDefinition

  /// What an Avro stream is read with; nil for other formats.
  var schema: String? {
    switch definition.schema {
    case .file(let name)?: "schemas/\(name)"
    case .subject(let subject)?: StreamDefinition.SchemaSource.subjectPrefix + subject
    case nil: nil
    }
  }

  var eventTime: String { quotedPath(definition.eventTime) }

  /// `avro in topic orders, with schemas/order.avsc; event time created`.
  var source: String {
    let with = schema.map { ", with \($0)" } ?? ""
    return "\(definition.format.rawValue) in topic \(definition.topic)\(with); event time \(eventTime)"
  }
}

extension ColumnSpec {
  var name: String { quotedPath(path) }

  var typeText: String { type.shortName + (isNullable ? "" : " NOT NULL") }
}

extension StreamPlan {
  /// The columns that the aggregate makes use of, the event time among them.
  func columns(of aggregate: AggregatePlan) -> [ColumnSpec] {
    let used = aggregate.usedColumns.union([eventTimeColumn])
    return columns.indices.filter(used.contains).map { columns[$0] }
  }
}

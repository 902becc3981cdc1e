import Avro
import Events
import Plan
import TextFormats

/// Where each column of a stream's plan comes from: a column that the stream declares, a field of its schema, or the
/// records' metadata.
struct StreamSources {
  private var declared: [(index: Int, declared: DeclaredColumn)] = []
  private var fields: [(index: Int, spec: ColumnSpec)] = []
  private(set) var metadata: [(index: Int, column: MetadataColumn)] = []
  private let plan: StreamPlan

  init(_ plan: StreamPlan, _ schema: RecordSchema) {
    self.plan = plan
    // Then the name is a field's, see `SchemaFields`.
    let hidesMetadata = if case .avro(let reader, _) = schema { reader.hasField(MetadataColumn.record) } else { false }
    for (index, spec) in plan.columns.enumerated() {
      let column = spec.path.count == 1 ? plan.definition.columns.first { $0.name == spec.path[0] } : nil
      if let column {
        declared.append((index, column))
      } else if !hidesMetadata, let column = MetadataColumn(path: spec.path) {
        metadata.append((index, column))
      } else {
        fields.append((index, spec))
      }
    }
  }

  /// A decoder of the payloads in the stream's format.
  func payloads(_ schema: RecordSchema) throws(AvroError) -> RecordDecoder.Payloads {
    let definition = plan.definition
    switch (definition.format, schema) {
    case (_, .avro(let reader, let schemas)): return try avro(reader, schemas)
    case (.avro, .declared): throw .schema(file: definition.name, position: nil, message: "the stream has no schema")
    case (.json, .declared): return .json(JSONRecordDecoder(columns: declared))
    case (.csv, .declared):
      return .csv(CSVRecordDecoder(columns: declared, declared: definition.columns, csv: definition.csv))
    }
  }

  private func avro(_ reader: AvroSchema, _ schemas: SchemaSet) throws(AvroError) -> RecordDecoder.Payloads {
    var columns = fields
    var converted: [DeclaredFields.Field] = []
    for (index, column) in declared {
      let field = try reader.column(at: column.fieldPath ?? [])
      let raw = field.spec
      let isSame =
        raw.type == column.type && column.unit == nil && column.maximumCharacters == nil
        && (column.isNullable || !raw.isNullable)
      if isSame {
        columns.append((index, ColumnSpec(path: raw.path, type: raw.type, isNullable: column.isNullable)))
      } else {
        converted.append(
          DeclaredFields.Field(index: index, declared: column, raw: raw, elementUnit: field.element?.unit))
      }
    }
    let batchColumns = plan.columns.count
    columns += DeclaredFields.columns(of: converted, batchColumns: batchColumns)
    let decoder = try AvroDecoder(
      reader: reader, schemas: schemas, columns: columns, framing: Framing(plan.definition.framing))
    return .avro(
      decoder, declared: converted.isEmpty ? nil : DeclaredFields(converted, batchColumns: batchColumns))
  }
}

extension AvroElement {
  /// What a logical type says that numbers of a time count.
  fileprivate var unit: DeclaredColumn.EpochUnit? {
    switch unitMicroseconds {
    case 1000: .milliseconds
    case 1: .microseconds
    default: nil
    }
  }
}

extension Framing {
  fileprivate init(_ framing: StreamDefinition.Framing) {
    switch framing {
    case .automatic: self = .auto
    case .bare: self = .bare
    case .singleObject: self = .singleObject
    case .confluent: self = .confluent
    }
  }
}

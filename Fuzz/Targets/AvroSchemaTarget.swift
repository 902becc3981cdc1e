import Avro
import AvroTestSupport

extension FuzzTarget {
  /// A schema's canonical form is a schema of the same form, its columns can be asked for, and records can be decoded
  /// with it. The text may be followed by a zero byte and a payload.
  static let avroSchema = FuzzTarget("avro-schema", seedFolders: ["schemas"], maximumInputBytes: 8192) {
    { input in
      let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = parts.first, let text = String(validating: first, as: UTF8.self),
        let schema = try? AvroSchema(parsing: text)
      else { return }
      let canonical = try AvroSchema(parsing: schema.canonicalForm)
      try require(
        canonical.canonicalForm == schema.canonicalForm && canonical.fingerprint == schema.fingerprint,
        "the canonical form of \(schema.canonicalForm) is \(canonical.canonicalForm)")

      let columns = Array(schema.leafColumns().prefix(64))
      for column in columns {
        try require(try schema.column(at: column.path) == column, "\(column.path) is another column when asked for")
      }
      let payload = parts.count > 1 ? Array(parts[1]) : [0, 0, 0, 0]
      for columns in [columns, []] {
        let decoder: AvroDecoder
        do {
          decoder = try AvroDecoder(
            reader: schema, schemas: try SchemaSet(files: []), columns: columns.map(\.spec), framing: .bare)
        } catch AvroError.unresolvable {
          // A schema that needs too many instructions.
          continue
        }
        _ = decoder.outcomes([payload])
      }
    }
  }
}

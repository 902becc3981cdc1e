import Avro
import Events
import Plan

/// Writers' schemas that become known while records are decoded.
extension RecordDecoder {
  /// nil: the format has no schemas.
  private var avro: AvroDecoder? {
    if case .avro(let decoder, _) = payloads { decoder } else { nil }
  }

  /// Whether records can name schemas that have to be asked for.
  public var canLearn: Bool { avro?.canLearn ?? false }

  /// The first record of each run that names a schema of which nothing is known yet.
  public func unknownSchemas(
    in records: UnsafeMutableBufferPointer<Record>, runs: some Sequence<Range<Int>>
  ) -> [AvroDecoder.UnknownSchema] {
    avro?.unknownSchemas(in: records, runs: runs) ?? []
  }

  /// Takes up what became of the question for an id. Between batches.
  public func learn(_ answer: SchemaAnswer, id: UInt32) {
    avro?.learn(answer, id: id)
  }

  /// Lets the ids be asked for again that nobody knew.
  public func forgetUnknownSchemas() {
    avro?.forgetUnknownSchemas()
  }
}

extension AvroDecoder {
  fileprivate func learn(_ answer: SchemaAnswer, id: UInt32) {
    let name = "the schema \(id) of the registry"
    switch answer {
    case .schema(let schema):
      do throws(AvroError) {
        learn(try AvroSchema(schema, named: name), id: id, name: name)
      } catch {
        refuse(id, .unresolvable, "\(error)")
      }
    case .unknown(let reason): refuse(id, .unknownSchema, reason)
    case .unusable(let reason): refuse(id, .unresolvable, reason)
    }
  }
}

extension AvroSchema {
  /// - Parameter name: names the schema in errors.
  public init(_ schema: RegisteredSchema, named name: String) throws(AvroError) {
    try self.init(
      parsing: schema.text, file: name,
      referringTo: schema.references.map { (name: "\($0.name), to which \(name) refers", text: $0.text) })
  }
}

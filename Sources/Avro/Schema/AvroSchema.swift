import JSON

/// An Avro schema (specification 1.11), parsed and checked.
public struct AvroSchema: Sendable {
  let types: [AvroType]
  let root: Int
  /// The schema in Parsing Canonical Form: what two texts of the same meaning for a decoder have in common.
  public let canonicalForm: String
  /// The 64-bit Rabin fingerprint (CRC-64-AVRO) of the canonical form.
  public let fingerprint: UInt64

  /// Parses the text of an `.avsc` file.
  ///
  /// Refused: JSON that is not valid, what the specification forbids (invalid or undefined names, names and symbols
  /// that repeat, unions in unions, defaults that do not fit, records that contain themselves without end). Ignored, as
  /// the specification says: unknown attributes, and logical types that are unknown or do not fit their type.
  /// - Parameter file: names the schema in errors.
  public init(parsing text: String, file: String = "schema") throws(AvroError) {
    let json: JSONValue
    do {
      json = try JSONValue(parsing: text)
    } catch {
      throw .schema(file: file, position: error.position, message: error.message)
    }
    var parser = AvroSchemaParser()
    do {
      root = try parser.parseSchema(json)
    } catch {
      throw .schema(file: file, position: JSONPosition(of: error.path, in: text), message: error.message)
    }
    types = parser.types
    canonicalForm = CanonicalForm.text(of: types, root: root)
    fingerprint = rabinFingerprint(canonicalForm.utf8)
  }

  /// The root type's full name; nil when it is no record, enum or fixed.
  public var name: String? { types[root].name?.full }

  /// The root type's documentation.
  public var doc: String? { types[root].doc }
}

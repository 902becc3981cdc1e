/// What precedes the Avro bytes of each record, so that a reader can tell the schema.
public enum EventFraming: Equatable, Sendable {
  /// Nothing: the reader knows the schema.
  case bare
  /// Avro single-object encoding: `C3 01` and the schema's CRC-64 fingerprint.
  case singleObject
  /// The wire format of Confluent's schema registry: a zero byte and the schema's id.
  case confluent(id: UInt32)

  /// Reads `bare`, `single-object` or `confluent:ID`.
  public init(parsing text: String) throws(EncodingError) {
    switch text {
    case "bare": self = .bare
    case "single-object": self = .singleObject
    default:
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      // The registry's ids are positive 32-bit numbers of Java.
      guard parts.count == 2, parts[0] == "confluent", let id = UInt32(parts[1]), (1...0x7fff_ffff).contains(id) else {
        throw .unknownFraming(text)
      }
      self = .confluent(id: id)
    }
  }

  /// The bytes themselves. `fingerprint` is the CRC-64-AVRO of the schema's parsing canonical form.
  public func header(fingerprint: @autoclosure () -> UInt64) -> [UInt8] {
    switch self {
    case .bare: []
    case .singleObject:
      [0xc3, 0x01] + withUnsafeBytes(of: fingerprint().littleEndian) { Array($0) }
    case .confluent(let id):
      [0x00] + withUnsafeBytes(of: id.bigEndian) { Array($0) }
    }
  }
}

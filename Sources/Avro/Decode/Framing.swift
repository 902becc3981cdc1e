import Hexadecimal

/// How a payload tells which schema it was written with.
public enum Framing: String, Hashable, Sendable, CaseIterable {
  /// Whatever the payload looks like. In front of the other two stands a marker and a schema that is known; anything
  /// else is bare.
  case auto
  /// Nothing in front: written with the stream's own schema.
  case bare
  /// Avro's single-object encoding: `C3 01`, then the schema's fingerprint in 8 bytes, little-endian.
  case singleObject
  /// Confluent's wire format: a zero byte, then the schema's id in 4 bytes, big-endian.
  case confluent
}

/// What stands in front of a payload.
enum FrameHeader {
  static let singleObjectStart: UInt8 = 0xC3
  static let confluentStart: UInt8 = 0
  static let singleObjectCount = 10
  static let confluentCount = 5

  /// Reads `C3 01` and a fingerprint.
  static func fingerprint(in payload: UnsafeBufferPointer<UInt8>) -> UInt64? {
    guard payload.count >= singleObjectCount, payload[0] == singleObjectStart, payload[1] == 0x01 else { return nil }
    return UInt64(littleEndian: UnsafeRawBufferPointer(payload).loadUnaligned(fromByteOffset: 2, as: UInt64.self))
  }

  /// Reads a zero byte and an id.
  static func confluentID(in payload: UnsafeBufferPointer<UInt8>) -> UInt32? {
    guard payload.count >= confluentCount, payload[0] == confluentStart else { return nil }
    return UInt32(bigEndian: UnsafeRawBufferPointer(payload).loadUnaligned(fromByteOffset: 1, as: UInt32.self))
  }

  /// Registries count ids from 1, so a second byte other than zero is hardly an id's.
  static func isLikely(id: UInt32) -> Bool { (1..<1 << 24).contains(id) }

  /// What to say of a payload that is not bare Avro after all and looks like a frame; nil when it does not.
  ///
  /// - Parameter refused: why ids have no schema.
  static func suspicion(of payload: UnsafeBufferPointer<UInt8>, refused: [UInt32: RowFailure]) -> String? {
    if let fingerprint = fingerprint(in: payload) { return unknown(fingerprint: fingerprint) }
    if let id = confluentID(in: payload), isLikely(id: id) { return refused[id]?.message ?? unknown(confluentID: id) }
    return nil
  }

  static func unknown(fingerprint: UInt64) -> String {
    "no schema of the project has the fingerprint \(fingerprint.hexadecimal)"
  }

  static func unknown(confluentID id: UInt32) -> String {
    "confluent-ids.json has no schema for the id \(id)"
  }
}

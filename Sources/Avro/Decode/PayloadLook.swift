import Events

/// What a payload that is no record of the stream looks like, so that a dead letter says what its producer does.
///
/// Looked at once for each record that fails, never for others.
enum PayloadLook {
  /// `it begins like JSON`; nil when it looks like nothing that is known.
  ///
  /// - Parameter framing: the stream's, whose own header says nothing.
  static func description(of payload: UnsafeBufferPointer<UInt8>, framing: Framing) -> String? {
    if framing == .auto || framing == .confluent, let id = FrameHeader.confluentID(in: payload),
      FrameHeader.isLikely(id: id)
    {
      let what = format(of: rest(payload, FrameHeader.confluentCount))
      return what.map { "behind the schema id \(id) it begins like \($0)" }
    }
    if framing == .auto || framing == .singleObject, FrameHeader.fingerprint(in: payload) != nil {
      let what = format(of: rest(payload, FrameHeader.singleObjectCount))
      return what.map { "behind the fingerprint it begins like \($0)" }
    }
    return (format(of: payload) ?? header(of: payload)).map { "it begins like \($0)" }
  }

  private static func rest(_ payload: UnsafeBufferPointer<UInt8>, _ count: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: payload.dropFirst(count))
  }

  /// Headers that the stream's framing does not have.
  private static func header(of payload: UnsafeBufferPointer<UInt8>) -> String? {
    if FrameHeader.fingerprint(in: payload) != nil { return "Avro's single-object encoding (C3 01 and a fingerprint)" }
    if let id = FrameHeader.confluentID(in: payload), FrameHeader.isLikely(id: id) {
      let behind = format(of: rest(payload, FrameHeader.confluentCount)).map { ", and behind it \($0)" } ?? ""
      return "a Confluent header with the schema id \(id)\(behind)"
    }
    // Apicurio's ids have 8 bytes unless it is told to be like Confluent.
    if payload.count > 9, payload.prefix(5).allSatisfy({ $0 == 0 }), payload[5..<9].contains(where: { $0 != 0 }) {
      let id = payload[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      return "Apicurio's header with the 8-byte id \(id) (its setting as-confluent gives ids of 4 bytes)"
    }
    if payload.count > 18, payload[0] == 3, payload[1] == 0 || payload[1] == 5 {
      let version = String(decoding: UUIDText.text(of: UnsafeBufferPointer(rebasing: payload[2..<18])), as: UTF8.self)
      return "AWS Glue's header with the schema version \(version)\(payload[1] == 5 ? ", compressed with zlib" : "")"
    }
    return nil
  }

  private static let formats: [(start: [UInt8], name: String)] = [
    (Array("Obj".utf8) + [1], "an Avro container file, where a record without the file's header is expected"),
    ([0x1F, 0x8B, 0x08], "gzip data"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd data"), ([0x04, 0x22, 0x4D, 0x18], "lz4 data"),
    ([0xFF, 0x06, 0x00, 0x00, 0x73, 0x4E, 0x61, 0x50], "snappy data"), ([0x82] + Array("SNAPPY".utf8), "snappy data"),
    (Array("PK".utf8) + [3, 4], "a zip archive"), (Array("PAR1".utf8), "a Parquet file"),
  ]

  private static func format(of payload: UnsafeBufferPointer<UInt8>) -> String? {
    if let known = formats.first(where: { payload.starts(with: $0.start) }) { return known.name }
    var text = payload[...]
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
    while let byte = text.first, isSpace(byte) { text.removeFirst() }
    while let byte = text.last, isSpace(byte) { text.removeLast() }
    guard let first = text.first, let last = text.last, text.count > 1,
      text.prefix(64).allSatisfy({ $0 >= 0x20 || isSpace($0) })
    else { return nil }
    switch (first, last) {
    case (UInt8(ascii: "{"), UInt8(ascii: "}")), (UInt8(ascii: "["), UInt8(ascii: "]")),
      (UInt8(ascii: "\""), UInt8(ascii: "\"")):
      return "JSON"
    case (UInt8(ascii: "<"), UInt8(ascii: ">")): return "XML"
    default: return text.count >= 8 && text.allSatisfy({ (0x20...0x7E).contains($0) || isSpace($0) }) ? "text" : nil
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
}

import JSON

/// A result's rows, as other forms than JSON list them. What stands beside the rows is left out.
struct Rows {
  private let rows: [JSONValue]

  /// - Parameter json: what Postgres has made of an endpoint: an object with the rows in `data`, or the only row.
  init(_ json: [UInt8], hasData: Bool) throws {
    let value = try JSONValue(parsing: json)
    rows = hasData ? value["data"]?.arrayValue ?? [] : [value]
  }

  /// An object a line.
  var jsonLines: [UInt8] {
    var bytes: [UInt8] = []
    for row in rows {
      row.append(to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  /// A line of names, then a line for each row (RFC 4180). NULL is an empty field, an empty text is `""`; what is no
  /// plain value stands as JSON. Without rows there are no names either.
  var csv: [UInt8] {
    var bytes: [UInt8] = []
    for (index, row) in rows.enumerated() {
      guard case .object(let members) = row else { continue }
      if index == 0 { Self.append(members.map { Array($0.name.utf8) }, to: &bytes) }
      Self.append(members.map { Self.field($0.value) }, to: &bytes)
    }
    return bytes
  }

  /// nil: NULL.
  private static func field(_ value: JSONValue) -> [UInt8]? {
    switch value {
    case .null: return nil
    case .string(let text): return Array(text.utf8)
    default:
      var bytes: [UInt8] = []
      value.append(to: &bytes)
      return bytes
    }
  }

  private static func append(_ fields: [[UInt8]?], to bytes: inout [UInt8]) {
    for (index, field) in fields.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      guard let field else { continue }
      guard field.isEmpty || field.contains(where: { "\",\r\n".utf8.contains($0) }) else {
        bytes += field
        continue
      }
      bytes.append(UInt8(ascii: "\""))
      for byte in field {
        if byte == UInt8(ascii: "\"") { bytes.append(byte) }
        bytes.append(byte)
      }
      bytes.append(UInt8(ascii: "\""))
    }
    bytes += "\r\n".utf8
  }
}

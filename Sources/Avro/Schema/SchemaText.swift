import JSON

/// The text of a schema file.
struct SchemaText: Sendable {
  /// As errors name it.
  let file: String
  /// Without comments, which Avro's own tools take; everything else keeps its place.
  let text: String

  init(file: String, text: String) {
    self.file = file
    self.text = text.utf8.contains(UInt8(ascii: "/")) ? withoutComments(text) : text
  }

  func parsed() throws(AvroError) -> JSONValue {
    do {
      return try JSONValue(parsing: text)
    } catch {
      let isEmpty = text.utf8.allSatisfy { $0 <= 0x20 }
      throw .schema(
        file: file, position: error.position, message: isEmpty ? "the file holds no schema" : error.message)
    }
  }

  func position(of path: [JSONPathStep]) -> JSONPosition? { JSONPosition(of: path, in: text) }
}

/// Spaces in place of `// …` and `/* … */` outside of strings.
private func withoutComments(_ text: String) -> String {
  var bytes = Array(text.utf8)
  var index = 0
  func next() -> UInt8? { index + 1 < bytes.count ? bytes[index + 1] : nil }
  while index < bytes.count {
    switch (bytes[index], next()) {
    case (UInt8(ascii: "\""), _):
      index += 1
      while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
        index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
      }
      index += 1
    case (UInt8(ascii: "/"), UInt8(ascii: "/")):
      while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
        blank(&bytes, index)
        index += 1
      }
    case (UInt8(ascii: "/"), UInt8(ascii: "*")):
      // One without an end stays, and the JSON is refused there.
      var end = index + 2
      while end + 1 < bytes.count, bytes[end] != UInt8(ascii: "*") || bytes[end + 1] != UInt8(ascii: "/") { end += 1 }
      guard end + 1 < bytes.count else { return String(decoding: bytes, as: UTF8.self) }
      for place in index..<end + 2 { blank(&bytes, place) }
      index = end + 2
    default: index += 1
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

private func blank(_ bytes: inout [UInt8], _ index: Int) {
  if bytes[index] != UInt8(ascii: "\n"), bytes[index] != UInt8(ascii: "\r") { bytes[index] = UInt8(ascii: " ") }
}

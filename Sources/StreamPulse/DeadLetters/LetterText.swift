import Hexadecimal
import JSON
import Storage

/// Dead letters as text for a terminal.
enum LetterText {
  /// Bytes of a key or a value that are shown; all of them are in the JSON.
  private static let shownBytes = 4096

  /// A line for each, under a heading.
  static func table(_ lines: [LetterListing.Line]) -> String {
    let heading = ["ID", "TIME", "STREAM", "PARTITION", "OFFSET", "CODE", "AGGREGATE", "STATE", "REASON"]
    let rows =
      [heading]
      + lines.map {
        [
          "\($0.id)", $0.createdAt, $0.stream, $0.partition, $0.offset, $0.code, $0.aggregate, $0.state,
          printable($0.reason),
        ]
      }
    let widths = heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).dropLast().map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        + "  " + (row.last ?? "")
    }.joined(separator: "\n")
  }

  /// All there is to a letter, from what `LetterListing.documents` gives.
  static func page(_ document: String) -> String {
    guard let members = (try? JSONValue(parsing: document))?.objectValue else { return document }
    var text = ""
    for member in members {
      switch (member.name, member.value) {
      case ("headers", .array(let headers)): for header in headers { text += line("header", self.header(header)) }
      case ("key", let value), ("value", let value): text += bytes(member.name, value)
      case ("outcomes", .object(let outcomes)):
        for outcome in outcomes { text += line("outcome", "\(outcome.name): \(outcome.value.stringValue ?? "")") }
      case (_, .null): break
      case (_, let value): text += line(member.name, printable(value.stringValue ?? value.text))
      }
    }
    return text
  }

  private static func line(_ name: String, _ value: String) -> String {
    name + String(repeating: " ", count: max(20 - name.count, 1)) + value + "\n"
  }

  private static func header(_ header: JSONValue) -> String {
    let name = printable(header["name"]?.stringValue ?? "")
    guard let value = header["value"]?.stringValue else { return name }
    return "\(name): " + characters([UInt8](hexadecimal: value))
  }

  private static func bytes(_ name: String, _ value: JSONValue) -> String {
    guard let hexadecimal = value.stringValue else { return line(name, "none") }
    let bytes = [UInt8](hexadecimal: hexadecimal)
    var text = line(name, "\(bytes.count) bytes")
    for start in stride(from: 0, to: min(bytes.count, shownBytes), by: 16) {
      let row = bytes[start..<min(start + 16, bytes.count)]
      let digits = row.hexadecimal(separator: " ")
      text += "  \(UInt32(start).hexadecimal)  "
      text += digits + String(repeating: " ", count: 49 - digits.count) + "|\(characters(row))|\n"
    }
    if bytes.count > shownBytes { text += "  … \(bytes.count - shownBytes) more; --json has all\n" }
    return text
  }

  private static func characters(_ bytes: some Sequence<UInt8>) -> String {
    String(String.UnicodeScalarView(bytes.map { (0x20...0x7E).contains($0) ? UnicodeScalar($0) : "." }))
  }
}

import Dialects
import Hexadecimal
import JSON

/// Where a page of rows ends, as requests say it: an order's name and the values of the last row's columns, in JSON, in
/// base64url. What it says is a client's word: values are bound, and read by the database as the columns' types.
enum RowCursor {
  /// Of keys as long as an index takes them.
  static let maximumCharacters = 7_000

  /// The values; nil when the text is no cursor of that order.
  static func values(of text: String, in order: [RowSelection.Order]) -> [String?]? {
    let digits = text.utf8.map { digit in
      switch digit {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      // Not of the alphabet, so that every cursor has one spelling.
      case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): UInt8(ascii: " ")
      default: digit
      }
    }
    guard let bytes = Base64.decode(String(decoding: digits, as: UTF8.self)),
      let items = (try? JSONValue(parsing: bytes))?.arrayValue, items.count == order.count + 1,
      items[0].stringValue == Relation.name(of: order)
    else { return nil }
    var values: [String?] = []
    for item in items.dropFirst() {
      switch item {
      case .null: values.append(nil)
      // Postgres takes no zero byte.
      case .string(let text) where !text.utf8.contains(0): values.append(text)
      default: return nil
      }
    }
    return values
  }
}

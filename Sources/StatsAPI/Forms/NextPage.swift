/// The member `next` of an answer with pages, which is its last one.
enum NextPage {
  private static let name = Array(#""next" :"#.utf8)

  /// Its value: a number, or a text of letters that JSON does not escape. nil: null, or it is not there. The rows are not
  /// looked at: they may be many.
  static func cursor(endOf json: [UInt8]) -> String? {
    guard json.last == UInt8(ascii: "}") else { return nil }
    var value = json.dropLast()[...]
    while value.last == UInt8(ascii: " ") { value.removeLast() }
    let isText = value.last == UInt8(ascii: "\"")
    if isText { value.removeLast() }
    let isPart: (UInt8) -> Bool = { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard let start = value.lastIndex(where: { !isPart($0) }) else { return nil }
    var front = value[...start]
    let cursor = value[(start + 1)...]
    if isText {
      guard front.last == UInt8(ascii: "\"") else { return nil }
      front.removeLast()
    }
    while front.last == UInt8(ascii: " ") { front.removeLast() }
    guard front.suffix(name.count).elementsEqual(name), !cursor.isEmpty else { return nil }
    let text = String(decoding: cursor, as: UTF8.self)
    return text == "null" && !isText ? nil : text
  }
}

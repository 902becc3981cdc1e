import Events
import Plan
import Postgres

/// Arrays of events as Postgres writes them: `{1,NULL,"a b"}`.
package struct ArrayText {
  private let element: ArrayElement
  private let value: Column

  package init(_ element: ArrayElement) {
    self.element = element
    value = Column(type: element.type, isNullable: true, capacity: 1)
  }

  package func deallocate() {
    value.deallocate()
  }

  /// - Parameter replaced: what stands for the text of an element, e.g. of one that Postgres cannot store.
  package func text(of array: TextView, _ replaced: (TextView) -> TextView = { $0 }) -> [UInt8] {
    let array = ArrayView(array, of: element)
    var text: [UInt8] = [UInt8(ascii: "{")]
    for index in 0..<array.count {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      array.copy(index..<index + 1, to: value, at: 0)
      if value.validity[0] == 0 {
        text += "NULL".utf8
      } else if element.type.physical == .text {
        appendQuoted(replaced(value.texts[0]).bytes, to: &text)
      } else {
        appendQuoted(Array(scalar.utf8), to: &text)
      }
    }
    text.append(UInt8(ascii: "}"))
    return text
  }

  private var scalar: String {
    switch element {
    case .boolean: value.booleans[0] == 1 ? "t" : "f"
    case .integer, .bigint: String(value.integers[0])
    case .numeric(let scale): DecimalText(unscaled: value.decimals[0], scale: scale).text
    case .doublePrecision: doubleText(value.doubles[0])
    case .timestamptz: DateTimeText.iso8601(timestamp: value.integers[0], zone: "+00")
    case .timestamp: DateTimeText.iso8601(timestamp: value.integers[0], zone: "")
    case .date: DateTimeText.date(days: value.integers[0])
    case .time: DateTimeText.time(microseconds: value.integers[0])
    case .text, .uuid, .jsonb: value.texts[0].description
    }
  }

  private func appendQuoted(_ bytes: some Sequence<UInt8>, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in bytes {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
      text.append(byte)
    }
    text.append(UInt8(ascii: "\""))
  }
}

extension SQLType {
  /// The type in which values of events travel to Postgres in an array: of arrays, which cannot lie in arrays, the text.
  package var transportType: String { element == nil ? sqlName : "text" }
}

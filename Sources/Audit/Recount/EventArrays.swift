import Dataflow
import Events
import JSON
import Postgres
import Storage

extension PostgresArray {
  /// The live rows of an event column, as Postgres takes them.
  ///
  /// What Postgres cannot store may still have been counted, since the engine only looked at it, in a filter for example.
  /// Something stands for it that makes no difference there: a text that no event has and that is another for each such
  /// text, or a document, since all that can be done with a `jsonb` but showing it is to ask whether it is there. A time
  /// out of range becomes NULL; `Column.isExact` knows.
  init(_ column: Column, of batch: EventBatch) {
    self.init(PostgresArray.element(column.type), capacityHint: batch.count)
    if let element = column.type.element {
      append(arrays: column, of: element, in: batch)
      return
    }
    let range = column.type.storableRange ?? .min ... .max
    for row in 0..<batch.count where batch.live[row] == 1 {
      guard column.validity[row] == 1 else {
        appendNull()
        continue
      }
      switch column.type.physical {
      case .boolean: append(column.booleans[row] == 1)
      case .integer:
        if range.contains(column.integers[row]) { append(column.integers[row]) } else { appendNull() }
      case .decimal: append(unscaled: column.decimals[row], scale: column.type.scale)
      case .double: append(column.doubles[row])
      case .text: append(text: column.texts[row], column.type)
      }
    }
  }

  /// As texts; the times in them are within the range that Postgres can store.
  private mutating func append(arrays column: Column, of element: ArrayElement, in batch: EventBatch) {
    let writer = ArrayText(element)
    defer { writer.deallocate() }
    for row in 0..<batch.count where batch.live[row] == 1 {
      guard column.validity[row] == 1 else {
        appendNull()
        continue
      }
      let text = writer.text(of: column.texts[row]) { value in
        element == .jsonb && !isJSONB(value.bytes) ? nullDocument : value
      }
      text.withUnsafeBufferPointer { append(bytes: $0) }
    }
  }

  private mutating func append(text: TextView, _ type: SQLType) {
    switch type {
    case .text where !isStorableText(text): append(standIn(for: text.bytes))
    case .jsonb where !isJSONB(text.bytes): append("null")
    default: append(bytes: text.bytes)
    }
  }
}

extension Column {
  /// Whether the row reaches Postgres as what it is, for every use of it.
  func isExact(_ row: Int) -> Bool {
    guard validity[row] == 1, let range = type.storableRange else { return true }
    return range.contains(integers[row])
  }
}

/// A text that Postgres can store, different for different bytes; begins with characters that are no text's.
private func standIn(for bytes: UnsafeBufferPointer<UInt8>) -> String {
  var text = "\u{10FFFF}\u{10FFFE}"
  for byte in bytes { text += String(byte, radix: 16) + "." }
  return text
}

nonisolated(unsafe) private let nullDocument: TextView = {
  let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 4)
  bytes.initialize(from: Array("null".utf8), count: 4)
  return TextView(start: UnsafePointer(bytes), count: 4)
}()

private func isJSONB(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  var text: [UInt8] = []
  do throws(JSONBError) {
    try appendJSONBText(of: bytes, to: &text, limit: .max)
    return true
  } catch {
    return false
  }
}

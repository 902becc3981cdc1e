import Events
import Hexadecimal
import JSON
import Plan

/// Fills the columns of a batch that hold what records have beside their payload, column by column.
///
/// Nothing in it makes an event a dead letter. For one thread at a time; it must outlive the batches that it wrote, which
/// point to the topic's name.
final class MetadataReader {
  let columns: [(index: Int, column: MetadataColumn)]
  private let topic: UnsafeMutableBufferPointer<UInt8>
  private var json: [UInt8] = []

  /// - Parameter topic: that all records come from.
  init(_ columns: [(index: Int, column: MetadataColumn)], topic: String) {
    self.columns = columns
    self.topic = .allocate(capacity: topic.utf8.count)
    _ = self.topic.initialize(from: topic.utf8)
  }

  deinit {
    topic.deallocate()
  }

  /// Writes the live rows of a batch that was made of a slice of these records.
  func read(_ records: borrowing RecordBatch, _ slice: Range<Int>, into batch: EventBatch) {
    let live = batch.live
    for (index, column) in columns {
      let target = batch.columns[index]
      let first = slice.lowerBound
      let all = records.records
      switch column {
      case .topic:
        let name = topic.baseAddress.map { TextView(start: $0, count: topic.count) } ?? .empty
        for row in 0..<slice.count where live[row] == 1 { target.texts[row] = name }
      case .partition:
        for row in 0..<slice.count where live[row] == 1 { target.integers[row] = Int64(all[first + row].partition) }
      case .offset:
        for row in 0..<slice.count where live[row] == 1 { target.integers[row] = all[first + row].offset }
      case .timestamp:
        for row in 0..<slice.count where live[row] == 1 {
          let microseconds = all[first + row].timestampMicroseconds
          target.validity[row] = microseconds == nil ? 0 : 1
          target.integers[row] = microseconds ?? 0
        }
      case .key:
        for row in 0..<slice.count where live[row] == 1 {
          let key = Self.text(all[first + row].keyBytes)
          target.validity[row] = key == nil ? 0 : 1
          target.texts[row] = key ?? .empty
        }
      case .headers:
        for row in 0..<slice.count where live[row] == 1 {
          target.texts[row] = headers(records.headers(of: all[first + row]), &batch.arena)
        }
      }
    }
  }

  /// nil for bytes that are no text which Postgres could store.
  private static func text(_ bytes: UnsafeBufferPointer<UInt8>?) -> TextView? {
    guard let bytes else { return nil }
    guard let start = bytes.baseAddress, bytes.count > 0 else { return .empty }
    let text = TextView(start: start, count: bytes.count)
    return isStorableText(text) ? text : nil
  }

  /// `{"name": "value"}`, the last of equal names; a value that is no text as Postgres shows its bytes: `\x00ff`.
  private func headers(_ headers: [RecordHeader], _ arena: inout TextArena) -> TextView {
    json.removeAll(keepingCapacity: true)
    json.append(UInt8(ascii: "{"))
    for (index, header) in headers.enumerated() {
      if headers[(index + 1)...].contains(where: { $0.name == header.name }) { continue }
      if json.count > 1 { json.append(UInt8(ascii: ",")) }
      appendJSONString(header.name, to: &json)
      json.append(UInt8(ascii: ":"))
      append(header.value)
    }
    json.append(UInt8(ascii: "}"))
    return json.withUnsafeBufferPointer { arena.append($0) }
  }

  private func append(_ value: [UInt8]?) {
    guard let value else { return json.append(contentsOf: "null".utf8) }
    value.withUnsafeBufferPointer { bytes in
      if Self.text(bytes) != nil {
        appendJSONString(utf8: bytes, to: &json)
      } else {
        appendJSONString("\\x" + bytes.hexadecimal(), to: &json)
      }
    }
  }
}

import Events
import Hexadecimal
import JSON
import Plan

/// Rows of a batch as JSON documents, for people who look at events: a member for each column, and an object for each
/// record around one, in the form that Postgres shows `jsonb` in.
///
/// NULL is null; numbers are numbers, except NaN and the infinities, which JSON does not have; times (in UTC), uuids and
/// bytes are texts. Postgres takes each of the documents as `jsonb`: characters that it cannot store are shown as U+FFFD,
/// and a document that it could not hold is shown as a text.
public struct EventDocuments: Sendable {
  private struct Member: Sendable {
    var name: String
    /// The name as JSON, with the colon.
    var label: [UInt8]
    var value: Value

    init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
      label = []
      appendJSONString(name, to: &label)
      label += ": ".utf8
    }
  }

  private indirect enum Value: Sendable {
    case column(Int)
    case record([Member])
  }

  private var members: [Member] = []
  private let longestValue: Int

  /// - Parameters:
  ///   - columns: of the batches.
  ///   - shown: which of them, in the order of the members; nil: all.
  ///   - longestValue: bytes of a text, or of a document in a `jsonb`, beyond which it is cut, with `…` at its end.
  public init(_ columns: [ColumnSpec], shown: [Int]? = nil, longestValue: Int = .max) {
    self.longestValue = longestValue
    for column in shown ?? Array(columns.indices) {
      let path = columns[column].path
      if !Self.insert(column, path[...], into: &members) {
        // A column is called like a record around another one.
        members.append(Member(path.joined(separator: "."), .column(column)))
      }
    }
  }

  /// - Returns: false when the way is barred by a column, or ends at a record.
  private static func insert(_ column: Int, _ path: ArraySlice<String>, into members: inout [Member]) -> Bool {
    guard let name = path.first else { return false }
    let found = members.firstIndex { $0.name == name }
    if path.count == 1 {
      if found == nil { members.append(Member(name, .column(column))) }
      return found == nil
    }
    guard let found else {
      var inner: [Member] = []
      let isInserted = insert(column, path.dropFirst(), into: &inner)
      members.append(Member(name, .record(inner)))
      return isInserted
    }
    guard case .record(var inner) = members[found].value else { return false }
    let isInserted = insert(column, path.dropFirst(), into: &inner)
    members[found].value = .record(inner)
    return isInserted
  }

  /// Appends the document of a live row.
  public func append(_ batch: EventBatch, row: Int, to output: inout [UInt8]) {
    append(members, batch.columns, row, to: &output)
  }

  private func append(_ members: [Member], _ columns: [Column], _ row: Int, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "{"))
    for (index, member) in members.enumerated() {
      if index > 0 { output.append(contentsOf: ", ".utf8) }
      output.append(contentsOf: member.label)
      switch member.value {
      case .column(let column): append(columns[column], row, to: &output)
      case .record(let inner): append(inner, columns, row, to: &output)
      }
    }
    output.append(UInt8(ascii: "}"))
  }

  private func append(_ column: Column, _ row: Int, to output: inout [UInt8]) {
    guard column.validity[row] == 1 else { return output.append(contentsOf: "null".utf8) }
    switch column.type {
    case .boolean: output.append(contentsOf: (column.booleans[row] == 1 ? "true" : "false").utf8)
    case .integer, .bigint: output.append(contentsOf: String(column.integers[row]).utf8)
    case .numeric(let scale):
      output.append(contentsOf: DecimalText(unscaled: column.decimals[row], scale: scale).text.utf8)
    case .doublePrecision:
      let value = column.doubles[row]
      if value.isFinite {
        output.append(contentsOf: doubleText(value).utf8)
      } else {
        appendJSONString(doubleText(value), to: &output)
      }
    case .timestamptz:
      appendJSONString(DateTimeText.iso8601(timestamp: column.integers[row], zone: "Z"), to: &output)
    case .timestamp: appendJSONString(DateTimeText.iso8601(timestamp: column.integers[row], zone: ""), to: &output)
    case .date: appendJSONString(DateTimeText.date(days: column.integers[row]), to: &output)
    case .time: appendJSONString(DateTimeText.iso8601(time: column.integers[row]), to: &output)
    case .text, .uuid: append(text: column.texts[row].bytes, to: &output)
    // No column is one.
    case .interval: output.append(contentsOf: "null".utf8)
    case .bytea, .bits: append(bytes: column.texts[row].bytes, to: &output)
    case .jsonb: append(document: column.texts[row].bytes, to: &output)
    case .array(let element): append(array: ArrayView(column.texts[row], of: element), of: element, to: &output)
    }
  }

  /// Of an array as many elements are shown as are within the bound.
  private func append(array: ArrayView, of element: ArrayElement, to output: inout [UInt8]) {
    let value = Column(type: element.type, isNullable: true, capacity: 1)
    defer { value.deallocate() }
    let start = output.count
    output.append(UInt8(ascii: "["))
    for index in 0..<array.count {
      if index > 0 { output.append(contentsOf: ", ".utf8) }
      guard output.count - start <= longestValue else {
        output.append(contentsOf: "\"…\"".utf8)
        break
      }
      array.copy(index..<index + 1, to: value, at: 0)
      append(value, 0, to: &output)
    }
    output.append(UInt8(ascii: "]"))
  }

  private func append(text: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
    let shown = text.prefix(ofCharacters: longestValue)
    if let start = shown.baseAddress, !isStorableText(TextView(start: start, count: shown.count)) {
      let scalars = String(decoding: shown, as: UTF8.self).unicodeScalars
      appendJSONString(
        String(String.UnicodeScalarView(scalars.map { $0 == "\0" ? "\u{FFFD}" : $0 })), to: &output)
    } else {
      appendJSONString(utf8: shown, to: &output)
    }
    if shown.count < text.count { appendCut(to: &output) }
  }

  /// As `to_jsonb` has a `bytea`.
  private func append(bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
    let shown = bytes.prefix(longestValue)
    appendJSONString("\\x" + shown.hexadecimal(), to: &output)
    if shown.count < bytes.count { appendCut(to: &output) }
  }

  private func append(document: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
    let start = output.count
    do throws(JSONBError) {
      try appendJSONBText(of: document, to: &output, limit: longestValue)
    } catch {
      output.removeSubrange(start...)
      append(text: document, to: &output)
    }
  }

  /// The string that was written last goes on.
  private func appendCut(to output: inout [UInt8]) {
    output.removeLast()
    output.append(contentsOf: "…\"".utf8)
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// The first bytes, at most so many, that do not end within a character.
  fileprivate func prefix(ofCharacters bytes: Int) -> UnsafeBufferPointer<UInt8> {
    guard count > bytes else { return self }
    var end = bytes
    // A character has at most three bytes that continue it.
    while end > 0, bytes - end < 3, self[end] & 0xC0 == 0x80 { end -= 1 }
    return UnsafeBufferPointer(rebasing: self[..<end])
  }
}

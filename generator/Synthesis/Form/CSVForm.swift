import Events

/// Writes rows as lines of CSV (RFC 4180), without a header.
public struct CSVForm: Sendable {
  private let delimiter: UInt8
  private let null: [UInt8]
  private let timeText: TimeText

  /// - Parameters:
  ///   - delimiter: one byte of ASCII.
  ///   - null: what an unquoted field says that has no value.
  public init(delimiter: UInt8 = UInt8(ascii: ","), null: String = "", timeText: TimeText) {
    self.delimiter = delimiter
    self.null = Array(null.utf8)
    self.timeText = timeText
  }

  /// Appends the line, without its end.
  public func append(_ row: EventRow, to output: inout [UInt8]) {
    append(row, columns: row.values.indices, to: &output)
  }

  /// Appends a line of some of the columns; nil stands for one that has no value.
  public func append(_ row: EventRow, columns: some Collection<Int?>, to output: inout [UInt8]) {
    for (index, column) in columns.enumerated() {
      if index > 0 { output.append(delimiter) }
      append(column.map { row[$0] } ?? .null, to: &output)
    }
  }

  func append(_ row: EventRow, columns: Range<Int>, to output: inout [UInt8]) {
    for column in columns {
      if column > columns.lowerBound { output.append(delimiter) }
      append(row[column], to: &output)
    }
  }

  private func append(_ value: FieldValue, to output: inout [UInt8]) {
    switch value {
    case .null: output.append(contentsOf: null)
    case .text(let text), .json(let text): append(text.bytes, to: &output)
    case .integer(let number): output.append(contentsOf: String(number).utf8)
    case .double(let number): output.append(contentsOf: number.description.utf8)
    case .tags(let tags):
      var json: [UInt8] = []
      appendJSON(tags, to: &json)
      json.withUnsafeBufferPointer { append($0, to: &output) }
    case .time(let milliseconds):
      switch timeText {
      case .epochMilliseconds: output.append(contentsOf: String(milliseconds).utf8)
      case .iso8601: appendISO8601(milliseconds: milliseconds, to: &output)
      }
    }
  }

  /// In quotes when it would be read as something else without.
  private func append(_ text: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
    let isSpecial = text.contains { $0 == delimiter || $0 == 0x22 || $0 == 0x0a || $0 == 0x0d }
    guard isSpecial || text.isEmpty || text.elementsEqual(null) else {
      output.append(contentsOf: text)
      return
    }
    output.append(0x22)
    for byte in text {
      if byte == 0x22 { output.append(0x22) }
      output.append(byte)
    }
    output.append(0x22)
  }
}

import Events

@testable import PostgresOracle

/// Writes an event as Avro, by the specification alone; and the schema that it is written with.
struct AvroRecordWriter {
  /// A field, or a record of fields.
  private struct Field {
    var name: String
    /// In the order of the stream's columns; one of a field that is no record.
    var columns: [Int]
    var isRecord: Bool
  }

  let columns: [StreamColumn]
  private let fields: [Field]

  init(_ columns: [StreamColumn]) {
    self.columns = columns
    var fields: [Field] = []
    for (index, column) in columns.enumerated() {
      guard case .avro = column.form else { continue }
      if let known = fields.firstIndex(where: { $0.isRecord && $0.name == column.fieldPath[0] }) {
        fields[known].columns.append(index)
      } else {
        fields.append(Field(name: column.fieldPath[0], columns: [index], isRecord: column.fieldPath.count > 1))
      }
    }
    self.fields = fields
  }

  var schema: String {
    let list = fields.enumerated().map { number, field in
      guard field.isRecord else { return member(field.columns[0], number) }
      let inner = field.columns.map { member($0, number) }.joined(separator: ",")
      return #"{"name":"\#(field.name)","type":{"type":"record","name":"R\#(number)","fields":[\#(inner)]}}"#
    }
    return #"{"type":"record","name":"event","fields":[\#(list.joined(separator: ",\n  "))]}"#
  }

  private func member(_ index: Int, _ number: Int) -> String {
    let column = columns[index]
    guard case .avro(let form) = column.form, let name = column.fieldPath.last else { return "" }
    let type = type(form, "T\(number)_\(index)")
    return #"{"name":"\#(name)","type":\#(column.isNullable ? "[\"null\",\(type)]" : type)}"#
  }

  private func type(_ form: WireForm.AvroForm, _ name: String) -> String {
    switch form {
    case .primitive(let type): "\"\(type)\""
    case .logical(let type, let logical): #"{"type":"\#(type)","logicalType":"\#(logical)"}"#
    case .decimal(let precision, let scale):
      #"{"type":"bytes","logicalType":"decimal","precision":\#(precision),"scale":\#(scale)}"#
    case .enumeration(let symbols):
      #"{"type":"enum","name":"\#(name)","symbols":[\#(symbols.map { "\"\($0)\"" }.joined(separator: ","))]}"#
    case .arrayOfLongs: #"{"type":"array","items":"long"}"#
    case .mapOfTexts: #"{"type":"map","values":"string"}"#
    case .array(let form, _): #"{"type":"array","items":["null",\#(self.type(form, name))]}"#
    }
  }

  func payload(_ values: [Datum?]) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in fields.flatMap(\.columns) {
      let column = columns[index]
      guard case .avro(let form) = column.form else { continue }
      if column.isNullable { long(values[index] == nil ? 0 : 1, &bytes) }
      if let value = values[index] { write(value, form, column.column.type, &bytes) }
    }
    return bytes
  }

  private func write(_ value: Datum, _ form: WireForm.AvroForm, _ type: SQLType, _ bytes: inout [UInt8]) {
    switch (value, form) {
    case (.boolean(let value), _): bytes.append(value ? 1 : 0)
    case (.integer(let value), .logical(_, let name)): long(name.hasSuffix("millis") ? value / 1000 : value, &bytes)
    case (.integer(let value), _): long(value, &bytes)
    case (.decimal(let value, _), _):
      let size = 16
      long(Int64(size), &bytes)
      for shift in (0..<size).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> Int128(shift * 8))) }
    case (.double(let value), .primitive("float")):
      withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { bytes += $0 }
    case (.double(let value), _): withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    case (.text(let text), .enumeration(let symbols)): long(Int64(symbols.firstIndex(of: text) ?? 0), &bytes)
    case (.text(let text), .arrayOfLongs):
      items(text) {
        long(Int64($0) ?? 0, &bytes)
      } before: {
        long($0, &bytes)
      }
    case (.text(let text), .mapOfTexts):
      items(text) { entry in
        let parts = entry.split(separator: ":").map { $0.filter { $0 != "\"" } }
        for part in parts { string(part, &bytes) }
      } before: {
        long($0, &bytes)
      }
    case (.text(let text), _): string(text, &bytes)
    case (.array(let elements, let element), .array(let form, _)):
      if !elements.isEmpty { long(Int64(elements.count), &bytes) }
      for value in elements {
        long(value == nil ? 0 : 1, &bytes)
        if let value { write(value, form, element.type, &bytes) }
      }
      long(0, &bytes)
    // Of an array that is none in the schema there is nothing to write.
    case (.array, _): break
    }
  }

  /// The elements or members of a document that `RandomEvents` wrote: nothing in them is escaped or has a comma.
  private func items(_ text: String, _ write: (String) -> Void, before count: (Int64) -> Void) {
    let items = text.dropFirst().dropLast().split(separator: ",").map(String.init)
    if !items.isEmpty {
      count(Int64(items.count))
      items.forEach(write)
    }
    count(0)
  }

  private func string(_ text: String, _ bytes: inout [UInt8]) {
    long(Int64(text.utf8.count), &bytes)
    bytes += text.utf8
  }

  private func long(_ value: Int64, _ bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

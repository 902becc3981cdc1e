import Events
import JSON

/// Values as JSON text: Avro's JSON encoding without the type names around a union's values. Numbers that JSON cannot
/// write become the strings "NaN", "Infinity" and "-Infinity".
extension RowReader {
  mutating func appendJSON(_ node: Int, row: Int) throws(RowFailure) {
    guard json.count <= Self.maximumJSONCount else {
      throw failure(.outOfRange, "the JSON text is longer than \(Self.maximumJSONCount) bytes")
    }
    switch plan.jsonInstructions[node] {
    case .null: json.append(contentsOf: "null".utf8)
    case .boolean: json.append(contentsOf: (try readBoolean() == 1 ? "true" : "false").utf8)
    case .integer(let isInt32): json.append(contentsOf: String(isInt32 ? try readInt() : try readLong()).utf8)
    case .integerToDouble(let isInt32, let toFloat):
      let value = try readPromoted(isInt32: isInt32, toFloat: toFloat)
      append(value, description: toFloat ? Float(value).description : value.description)
    case .float(let toDouble):
      let value = try readFloat()
      append(Double(value), description: toDouble ? Double(value).description : value.description)
    case .double:
      let value = try readDouble()
      append(value, description: value.description)
    case .string: try appendString(try readView(try readLength()))
    case .bytes(let size):
      if let size {
        appendBytes(try readView(size))
      } else {
        appendBytes(try readView(try readLength()))
      }
    case .symbol(let table, let count): try appendString(try readSymbol(table: table, count: count))
    case .record(let first, let count): try appendRecord(first, count, row: row)
    case .array(let node, let minimumSize): try appendArray(node, minimumSize: minimumSize, row: row)
    case .map(let node): try appendMap(node, row: row)
    case .union(let first, let count):
      let branch = try readBranch(count)
      try enter()
      try appendJSON(plan.steps[first + branch].node, row: row)
      depth -= 1
    case .constant(let text): json.append(contentsOf: plan.texts[text].bytes)
    case .unresolvable(let reason): throw RowFailure(code: .unresolvable, message: plan.reasons[reason])
    }
  }

  private mutating func appendRecord(_ first: Int, _ count: Int, row: Int) throws(RowFailure) {
    try enter()
    json.append(UInt8(ascii: "{"))
    var isFirst = true
    for index in first..<first + count {
      let step = plan.steps[index]
      field = step.field
      if step.key < 0 {
        try run(step.node, row: row)
        continue
      }
      if !isFirst { json.append(UInt8(ascii: ",")) }
      isFirst = false
      json.append(contentsOf: plan.texts[step.key].bytes)
      try appendJSON(step.node, row: row)
    }
    json.append(UInt8(ascii: "}"))
    depth -= 1
  }

  private mutating func appendArray(_ node: Int, minimumSize: Int, row: Int) throws(RowFailure) {
    let here = field
    try enter()
    json.append(UInt8(ascii: "["))
    var isFirst = true
    while let block = try readBlock(minimumSize: minimumSize) {
      let start = cursor
      for _ in 0..<block.count {
        if !isFirst { json.append(UInt8(ascii: ",")) }
        isFirst = false
        try appendJSON(node, row: row)
        field = here
      }
      try checkSize(of: block, from: start)
    }
    json.append(UInt8(ascii: "]"))
    depth -= 1
  }

  private mutating func appendMap(_ node: Int, row: Int) throws(RowFailure) {
    let here = field
    try enter()
    json.append(UInt8(ascii: "{"))
    var isFirst = true
    while let block = try readBlock(minimumSize: 1) {
      let start = cursor
      for _ in 0..<block.count {
        if !isFirst { json.append(UInt8(ascii: ",")) }
        isFirst = false
        try appendString(try readView(try readLength()))
        json.append(UInt8(ascii: ":"))
        try appendJSON(node, row: row)
        field = here
      }
      try checkSize(of: block, from: start)
    }
    json.append(UInt8(ascii: "}"))
    depth -= 1
  }

  /// A block that tells a false size would be another value where it is skipped.
  private func checkSize(of block: (count: Int, size: Int?), from start: UnsafePointer<UInt8>) throws(RowFailure) {
    guard let size = block.size, cursor - start != size else { return }
    throw failure(.malformed, "a block of \(size) bytes has \(cursor - start)")
  }

  private mutating func append(_ value: Double, description: String) {
    if value.isFinite {
      json.append(contentsOf: description.utf8)
    } else {
      json.append(contentsOf: (value.isNaN ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\"").utf8)
    }
  }

  private mutating func appendString(_ view: TextView) throws(RowFailure) {
    guard String(validating: view.bytes, as: UTF8.self) != nil else {
      throw failure(.invalidUTF8, "the text is not valid UTF-8")
    }
    appendJSONString(utf8: view.bytes, to: &json)
  }

  private mutating func appendBytes(_ view: TextView) {
    json.append(UInt8(ascii: "\""))
    for byte in view.bytes {
      if byte < 0x20 || byte > 0x7E || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        appendJSONEscape(byte, to: &json)
      } else {
        json.append(byte)
      }
    }
    json.append(UInt8(ascii: "\""))
  }
}

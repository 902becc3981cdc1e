import Avro
import Events
import JSON

/// A random type, and what its values must become.
package indirect enum RandomType {
  case primitive(String)
  case logical(String, String, factor: Int64)
  case decimal(scale: Int)
  case fixed(name: String, size: Int)
  case enumeration(name: String, symbols: [String])
  case array(RandomType)
  case map(RandomType)
  case record(name: String, fields: [(name: String, type: RandomType)])
  /// A union of null and the type; null comes second when `isLast`.
  case nullable(RandomType, isLast: Bool)
  case either([RandomType])

  package var schema: String {
    switch self {
    case .primitive(let name): return "\"\(name)\""
    case .logical(let base, let name, _): return "{\"type\":\"\(base)\",\"logicalType\":\"\(name)\"}"
    case .decimal(let scale):
      return "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":19,\"scale\":\(scale)}"
    case .fixed(let name, let size): return "{\"type\":\"fixed\",\"name\":\"\(name)\",\"size\":\(size)}"
    case .enumeration(let name, let symbols):
      let list = symbols.map { "\"\($0)\"" }.joined(separator: ",")
      return "{\"type\":\"enum\",\"name\":\"\(name)\",\"symbols\":[\(list)]}"
    case .array(let items): return "{\"type\":\"array\",\"items\":\(items.schema)}"
    case .map(let values): return "{\"type\":\"map\",\"values\":\(values.schema)}"
    case .record(let name, let fields):
      let list = fields.map { "{\"name\":\"\($0.name)\",\"type\":\($0.type.schema)}" }.joined(separator: ",")
      return "{\"type\":\"record\",\"name\":\"\(name)\",\"fields\":[\(list)]}"
    case .nullable(let type, let isLast): return isLast ? "[\(type.schema),\"null\"]" : "[\"null\",\(type.schema)]"
    case .either(let types): return "[\(types.map(\.schema).joined(separator: ","))]"
    }
  }

  /// The cells of the leaf columns of a value, which is nil for those of a record that is null.
  package func cells(_ value: AvroValue?) -> [Cell] {
    switch (self, value) {
    case (.record(_, let fields), .record(let values)?):
      return zip(fields, values).flatMap { $0.type.cells($1) }
    case (.record(_, let fields), _): return fields.flatMap { $0.type.cells(nil) }
    case (.nullable(let type, let isLast), .union(let branch, let inner)?):
      return type.cells((branch == 1) == isLast ? nil : inner)
    case (.nullable(let type, _), _): return type.cells(nil)
    case (_, nil): return [.null]
    case (.array, let value?), (.map, let value?), (.either, let value?): return [.text(json(value).text)]
    case (.primitive, let value?), (.enumeration, let value?), (.fixed, let value?): return [cell(value)]
    case (.logical(_, _, let factor), .int(let value)?): return [.integer(Int64(value) * factor)]
    case (.logical(_, _, let factor), .long(let value)?): return [.integer(value * factor)]
    case (.decimal, .bytes(let bytes)?):
      return [.decimal(bytes.reduce(bytes[0] & 0x80 == 0 ? 0 : -1) { $0 << 8 | Int128($1) })]
    default: return []
    }
  }

  private func cell(_ value: AvroValue) -> Cell {
    switch (self, value) {
    case (_, .boolean(let value)): .boolean(value)
    case (_, .int(let value)): .integer(Int64(value))
    case (_, .long(let value)): .integer(value)
    case (_, .float(let value)): .real(Double(value))
    case (_, .double(let value)): .real(value)
    case (_, .bytes(let bytes)), (_, .fixed(let bytes)): .bytes(bytes)
    case (_, .string(let text)): .text(text)
    case (.enumeration(_, let symbols), .symbol(let index)): .text(symbols[index])
    default: .null
    }
  }

  private func json(_ value: AvroValue) -> JSONValue {
    switch (self, value) {
    case (_, .null): .null
    case (_, .boolean(let value)): .bool(value)
    case (_, .int(let value)): .number("\(value)")
    case (_, .long(let value)): .number("\(value)")
    case (_, .float(let value)): .number("\(value)")
    case (_, .double(let value)): .number("\(value)")
    case (_, .bytes(let bytes)), (_, .fixed(let bytes)):
      .string(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })))
    case (_, .string(let text)): .string(text)
    case (.enumeration(_, let symbols), .symbol(let index)): .string(symbols[index])
    case (.array(let items), .array(let values)): .array(values.map { items.json($0) })
    case (.map(let values), .map(let entries)): .object(entries.map { JSONMember($0.key, values.json($0.value)) })
    case (.record(_, let fields), .record(let values)):
      .object(zip(fields, values).map { JSONMember($0.name, $0.type.json($1)) })
    case (.nullable(let type, let isLast), .union(let branch, let inner)):
      (branch == 1) == isLast ? .null : type.json(inner)
    case (.either(let types), .union(let branch, let inner)): types[branch].json(inner)
    default: .null
    }
  }
}

/// Makes types and values out of random bits, wherever those come from.
package struct RandomRecords<Source: RandomBits> {
  private var source: Source
  private var names = 0

  package init(_ source: Source) { self.source = source }

  package mutating func below(_ bound: Int) -> Int { source.below(bound) }

  private mutating func name() -> String {
    names += 1
    return "t\(names)"
  }

  package mutating func record(depth: Int) -> RandomType {
    var fields: [(name: String, type: RandomType)] = []
    for _ in 0..<(1 + below(8)) { fields.append((name(), type(depth: depth - 1))) }
    return .record(name: name(), fields: fields)
  }

  private mutating func type(depth: Int) -> RandomType {
    switch below(depth > 0 ? 14 : 9) {
    case 0...3: return .primitive(["boolean", "int", "long", "float", "double", "bytes", "string"][below(7)])
    case 4: return .primitive("string")
    case 5:
      return [
        .logical("int", "date", factor: 1), .logical("int", "time-millis", factor: 1000),
        .logical("long", "timestamp-millis", factor: 1000), .logical("long", "local-timestamp-micros", factor: 1),
      ][below(4)]
    case 6: return .decimal(scale: below(10))
    case 7: return .fixed(name: name(), size: 1 + below(20))
    case 8: return .enumeration(name: name(), symbols: (0..<(1 + below(5))).map { _ in name() })
    case 9: return .array(type(depth: depth - 1))
    case 10: return .map(type(depth: depth - 1))
    case 11: return record(depth: depth)
    case 12:
      let inner = below(4) == 0 ? record(depth: depth) : type(depth: 0)
      return .nullable(inner, isLast: below(2) == 0)
    default:
      return .either([.primitive("string"), .primitive("long"), .primitive("boolean"), record(depth: depth - 1)])
    }
  }

  package mutating func value(_ type: RandomType) -> AvroValue {
    switch type {
    case .primitive(let name): return primitive(name)
    case .logical("int", _, _): return .int(Int32(below(86_400_000)))
    case .logical: return .long(Int64(bitPattern: source.bits()) >> (12 + below(50)))
    case .decimal: return .bytes([UInt8(below(256))] + (0..<below(7)).map { _ in UInt8(below(256)) })
    case .fixed(_, let size): return .fixed((0..<size).map { _ in UInt8(below(256)) })
    case .enumeration(_, let symbols): return .symbol(below(symbols.count))
    case .array(let items): return .array((0..<below(5)).map { _ in value(items) })
    case .map(let values): return .map((0..<below(4)).map { ("k\"\($0)", value(values)) })
    case .record(_, let fields): return .record(fields.map { value($0.type) })
    case .nullable(let inner, let isLast):
      let isNull = below(2) == 0
      return .union(isNull == isLast ? 1 : 0, isNull ? .null : value(inner))
    case .either(let types):
      let branch = below(types.count)
      return .union(branch, value(types[branch]))
    }
  }

  private mutating func primitive(_ name: String) -> AvroValue {
    switch name {
    case "boolean": .boolean(below(2) == 0)
    case "int": .int(Int32(truncatingIfNeeded: source.bits()) >> Int32(below(32)))
    case "long": .long(Int64(bitPattern: source.bits()) >> Int64(below(64)))
    case "float": .float(Float(below(1_000_000)) / 7)
    case "double": .double(Double(Int64(bitPattern: source.bits())) / 1e9)
    case "bytes": .bytes((0..<below(9)).map { _ in UInt8(below(256)) })
    default: .string(String(repeating: ["a", "é", "\"", "\n", "😀"][below(5)], count: below(12) * below(12)))
    }
  }
}

import CAvro

/// A value to encode, in the shape of its schema.
package indirect enum AvroValue: Sendable {
  case null
  case boolean(Bool)
  case int(Int32)
  case long(Int64)
  case float(Float)
  case double(Double)
  case bytes([UInt8])
  case string(String)
  case fixed([UInt8])
  case symbol(Int)
  case array([AvroValue])
  case map([(key: String, value: AvroValue)])
  /// Fields in the schema's order.
  case record([AvroValue])
  case union(Int, AvroValue)
}

/// The reference: Avro's C library as an encoder for one schema.
package final class LibAvro {
  package enum Failure: Error {
    case schema(String)
    case encoding(String)
  }

  private var schema: avro_schema_t?
  private let interface: UnsafeMutablePointer<avro_value_iface_t>

  package init(_ text: String) throws {
    guard avro_schema_from_json_length(text, text.utf8.count, &schema) == 0,
      let interface = avro_generic_class_from_schema(schema)
    else { throw Failure.schema(String(cString: avro_strerror())) }
    self.interface = interface
  }

  deinit {
    interface.pointee.decref_iface?(interface)
    avro_schema_decref(schema)
  }

  package func encode(_ value: AvroValue) throws -> [UInt8] {
    var target = avro_value_t()
    try check(avro_generic_value_new(interface, &target))
    defer { avro_value_decref(&target) }
    try fill(&target, value)
    var size = 0
    try check(avro_value_sizeof(&target, &size))
    var output = [UInt8](repeating: 0, count: max(size, 1))
    try output.withUnsafeMutableBytes { bytes in
      let writer = avro_writer_memory(bytes.bindMemory(to: CChar.self).baseAddress, Int64(bytes.count))
      defer { avro_writer_free(writer) }
      try check(avro_value_write(writer, &target))
    }
    return Array(output.prefix(size))
  }

  private func fill(_ target: inout avro_value_t, _ value: AvroValue) throws {
    guard let iface = target.iface else { throw Failure.encoding("no interface") }
    let object = target.`self`
    switch value {
    case .null: try check(iface.pointee.set_null?(iface, object))
    case .boolean(let value): try check(iface.pointee.set_boolean?(iface, object, value ? 1 : 0))
    case .int(let value): try check(iface.pointee.set_int?(iface, object, value))
    case .long(let value): try check(iface.pointee.set_long?(iface, object, value))
    case .float(let value): try check(iface.pointee.set_float?(iface, object, value))
    case .double(let value): try check(iface.pointee.set_double?(iface, object, value))
    case .bytes(var bytes):
      let count = bytes.count
      bytes.append(0)
      try bytes.withUnsafeMutableBytes { try check(iface.pointee.set_bytes?(iface, object, $0.baseAddress, count)) }
    case .fixed(var bytes):
      let count = bytes.count
      bytes.append(0)
      try bytes.withUnsafeMutableBytes { try check(iface.pointee.set_fixed?(iface, object, $0.baseAddress, count)) }
    case .string(let text):
      try check(iface.pointee.set_string_len?(iface, object, text, text.utf8.count + 1))
    case .symbol(let index): try check(iface.pointee.set_enum?(iface, object, Int32(index)))
    case .array(let elements):
      for element in elements {
        var child = avro_value_t()
        try check(iface.pointee.append?(iface, object, &child, nil))
        try fill(&child, element)
      }
    case .map(let entries):
      for entry in entries {
        var child = avro_value_t()
        try check(iface.pointee.add?(iface, object, entry.key, &child, nil, nil))
        try fill(&child, entry.value)
      }
    case .record(let fields):
      for (index, field) in fields.enumerated() {
        var child = avro_value_t()
        try check(iface.pointee.get_by_index?(iface, object, index, &child, nil))
        try fill(&child, field)
      }
    case .union(let branch, let value):
      var child = avro_value_t()
      try check(iface.pointee.set_branch?(iface, object, Int32(branch), &child))
      try fill(&child, value)
    }
  }

  private func check(_ status: Int32?) throws {
    guard status == 0 else { throw Failure.encoding(String(cString: avro_strerror())) }
  }
}

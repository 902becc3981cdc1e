import CAvro
import Events
import Synthesis

/// Encodes rows of a form as Avro by libavro.
///
/// The schema must have the form's fields, by name and type, in any order. Others get libavro's zero values; a union has
/// none, so an event of a schema with a further union is refused. To be used on one thread.
public final class EventEncoder {
  /// Where the value of a field goes.
  private struct Slot {
    var value: avro_value_t
    /// Of a nullable field, which is a union: the numbers of its two branches.
    var branches: (null: Int32, content: Int32)?
  }

  private let schema: avro_schema_t
  private let valueClass: UnsafeMutablePointer<avro_value_iface_t>
  private var record: avro_value_t
  private let slots: UnsafeMutableBufferPointer<Slot>
  private let writer: avro_writer_t
  private let buffer: UnsafeMutableBufferPointer<UInt8>
  private let framing: [UInt8]
  /// Texts are copied here because libavro wants a zero byte after them.
  private let text: UnsafeMutableBufferPointer<UInt8>

  /// Longer texts and larger events are refused: a Kafka broker would not take them either.
  public static let maxEventBytes = 512 * 1024

  /// `framing` precedes every event: see `EventFraming.header`.
  public init(form: EventForm, schemaJSON: String, framing: [UInt8] = []) throws(EncodingError) {
    var parsed: avro_schema_t?
    var json = schemaJSON
    let status = json.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        avro_schema_from_json_length($0.baseAddress, $0.count, &parsed)
      }
    }
    guard status == 0, let schema = parsed else { throw .invalidSchema(reason: lastAvroError()) }
    guard let valueClass = avro_generic_class_from_schema(schema) else {
      avro_schema_decref(schema)
      throw .invalidSchema(reason: lastAvroError())
    }
    var record = avro_value_t()
    guard avro_generic_value_new(valueClass, &record) == 0 else {
      shim_avro_value_iface_decref(valueClass)
      avro_schema_decref(schema)
      throw .invalidSchema(reason: lastAvroError())
    }
    let found: [Slot]
    do {
      found = try Self.slots(of: form, in: record)
    } catch {
      avro_value_decref(&record)
      shim_avro_value_iface_decref(valueClass)
      avro_schema_decref(schema)
      throw error
    }
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: framing.count + Self.maxEventBytes)
    let opened = buffer.withMemoryRebound(to: CChar.self) {
      avro_writer_memory($0.baseAddress.map { $0 + framing.count }, Int64(Self.maxEventBytes))
    }
    guard let writer = opened else {
      buffer.deallocate()
      avro_value_decref(&record)
      shim_avro_value_iface_decref(valueClass)
      avro_schema_decref(schema)
      throw .refused(reason: lastAvroError())
    }
    for (offset, byte) in framing.enumerated() { buffer[offset] = byte }
    self.schema = schema
    self.valueClass = valueClass
    self.record = record
    self.writer = writer
    self.buffer = buffer
    self.framing = framing
    slots = .allocate(capacity: found.count)
    _ = slots.initialize(from: found)
    text = .allocate(capacity: Self.maxEventBytes)
  }

  deinit {
    avro_writer_free(writer)
    avro_value_decref(&record)
    shim_avro_value_iface_decref(valueClass)
    avro_schema_decref(schema)
    buffer.deallocate()
    slots.deallocate()
    text.deallocate()
  }

  /// The framing and the event's bytes, valid until the next call.
  public func encode(_ row: EventRow) throws(EncodingError) -> UnsafeRawBufferPointer {
    for index in slots.indices {
      let value = row[index]
      guard let branches = slots[index].branches else {
        try set(&slots[index].value, value)
        continue
      }
      var content = avro_value_t()
      if case .null = value {
        try check(shim_avro_value_set_branch(&slots[index].value, branches.null, &content))
      } else {
        try check(shim_avro_value_set_branch(&slots[index].value, branches.content, &content))
        try set(&content, value)
      }
    }
    avro_writer_reset(writer)
    try check(avro_value_write(writer, &record))
    return UnsafeRawBufferPointer(
      rebasing: UnsafeRawBufferPointer(buffer)[..<(framing.count + Int(avro_writer_tell(writer)))])
  }

  private func set(_ field: inout avro_value_t, _ value: FieldValue) throws(EncodingError) {
    switch value {
    case .text(let view), .json(let view): try set(&field, view)
    case .integer(let number):
      let isLong = shim_avro_value_get_type(&field) == AVRO_INT64
      try check(
        isLong ? shim_avro_value_set_long(&field, number) : shim_avro_value_set_int(&field, Int32(clamping: number)))
    case .double(let number): try check(shim_avro_value_set_double(&field, number))
    case .time(let milliseconds): try check(shim_avro_value_set_long(&field, milliseconds))
    case .tags(let tags): try set(&field, tags)
    case .null: throw .refused(reason: "a field that is no union has no value")
    }
  }

  private func set(_ field: inout avro_value_t, _ view: TextView) throws(EncodingError) {
    let text = try terminated(view)
    try check(shim_avro_value_set_string_len(&field, text, view.count + 1))
  }

  private func set(_ map: inout avro_value_t, _ tags: UnsafeBufferPointer<Tag>) throws(EncodingError) {
    try check(shim_avro_value_reset(&map))
    for tag in tags {
      var value = avro_value_t()
      // The map keeps a copy of the name.
      try check(shim_avro_value_add(&map, try terminated(tag.name), &value))
      try set(&value, tag.value)
    }
  }

  /// The text with a zero byte behind it, until the next one.
  private func terminated(_ view: TextView) throws(EncodingError) -> UnsafePointer<CChar> {
    guard let target = text.baseAddress, view.count < text.count else {
      throw .refused(reason: "a text of \(view.count) bytes is too long")
    }
    target.update(from: view.start, count: view.count)
    target[view.count] = 0
    return UnsafeRawPointer(target).assumingMemoryBound(to: CChar.self)
  }

  private func check(_ status: Int32) throws(EncodingError) {
    guard status == 0 else { throw .refused(reason: lastAvroError()) }
  }
}

extension EventEncoder {
  private static func slots(of form: EventForm, in record: avro_value_t) throws(EncodingError) -> [Slot] {
    var slots: [Slot] = []
    for field in form.fields {
      var value = try find(field, in: record)
      let type = field.type.avroType
      let expected = field.isNullable ? "a union of null and \(typeName(type))" : typeName(type)
      if field.isNullable {
        guard shim_avro_value_get_type(&value) == AVRO_UNION, let branches = branches(of: value, content: type) else {
          throw .unsuitableSchema(field: field.name, expected: expected)
        }
        slots.append(Slot(value: value, branches: branches))
      } else {
        guard shim_avro_value_get_type(&value) == type else {
          throw .unsuitableSchema(field: field.name, expected: expected)
        }
        slots.append(Slot(value: value))
      }
    }
    return slots
  }

  private static func find(_ field: EventForm.Field, in record: avro_value_t) throws(EncodingError) -> avro_value_t {
    var value = record
    for name in field.path {
      var inner = avro_value_t()
      guard shim_avro_value_get_type(&value) == AVRO_RECORD, shim_avro_value_get_by_name(&value, name, &inner) == 0
      else {
        let type = typeName(field.type.avroType)
        throw .unsuitableSchema(field: field.name, expected: field.isNullable ? "a union of null and \(type)" : type)
      }
      value = inner
    }
    return value
  }

  private static func branches(of union: avro_value_t, content type: avro_type_t) -> (null: Int32, content: Int32)? {
    var union = union
    var null: Int32?
    var content: Int32?
    for branch in 0..<Int32(2) {
      var value = avro_value_t()
      guard shim_avro_value_set_branch(&union, branch, &value) == 0 else { break }
      switch shim_avro_value_get_type(&value) {
      case AVRO_NULL: null = branch
      case type: content = branch
      default: break
      }
    }
    guard let null, let content else { return nil }
    return (null, content)
  }

  private static func typeName(_ type: avro_type_t) -> String {
    switch type {
    case AVRO_STRING: "string"
    case AVRO_INT64: "long"
    case AVRO_INT32: "int"
    case AVRO_DOUBLE: "double"
    default: "map"
    }
  }
}

extension FieldType {
  fileprivate var avroType: avro_type_t {
    switch self {
    case .text: AVRO_STRING
    case .integer: AVRO_INT32
    case .bigint: AVRO_INT64
    case .double: AVRO_DOUBLE
    case .time: AVRO_INT64
    case .tags: AVRO_MAP
    }
  }
}

private func lastAvroError() -> String {
  String(cString: avro_strerror())
}

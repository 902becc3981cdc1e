import CAvro
import Downloads
import Events

/// Encodes download events as Avro by libavro: about two million a second on one core.
///
/// The schema must have the fields of a download event, by name and type, in any order. Others get libavro's zero values;
/// a union has none, so an event of a schema with a further union is refused. To be used on one thread.
public final class DownloadEncoder {
  private struct Fields {
    var eventID: avro_value_t
    var timestamp: avro_value_t
    var contentID: avro_value_t
    var title: avro_value_t
    var contentType: avro_value_t
    var sizeGB: avro_value_t
    var userID: avro_value_t
    var region: avro_value_t
    var deviceType: avro_value_t
    var osVersion: avro_value_t
    var status: avro_value_t
    var durationSeconds: avro_value_t
    var speedMbps: avro_value_t
    var errorCode: avro_value_t
  }

  private let schema: avro_schema_t
  private let valueClass: UnsafeMutablePointer<avro_value_iface_t>
  private var record: avro_value_t
  private var fields: Fields
  private let errorBranches: (null: Int32, string: Int32)
  private let writer: avro_writer_t
  private let buffer: UnsafeMutableBufferPointer<UInt8>
  private let framing: [UInt8]
  /// Texts are copied here because libavro wants a zero byte after them.
  private let text: UnsafeMutableBufferPointer<UInt8>

  /// Longer texts and larger events are refused: a Kafka broker would not take them either.
  public static let maxEventBytes = 512 * 1024

  /// `framing` precedes every event: see `EventFraming.header`.
  public init(schemaJSON: String, framing: [UInt8] = []) throws(EncodingError) {
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
    do {
      fields = try Self.fields(of: record)
      errorBranches = try Self.errorBranches(of: fields.errorCode)
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
    text = .allocate(capacity: Self.maxEventBytes)
  }

  deinit {
    avro_writer_free(writer)
    avro_value_decref(&record)
    shim_avro_value_iface_decref(valueClass)
    avro_schema_decref(schema)
    buffer.deallocate()
    text.deallocate()
  }

  /// The framing and the event's bytes, valid until the next call.
  public func encode(_ event: DownloadEvent) throws(EncodingError) -> UnsafeRawBufferPointer {
    try set(&fields.eventID, event.eventID)
    try check(shim_avro_value_set_long(&fields.timestamp, event.timestampMilliseconds))
    try set(&fields.contentID, event.contentID)
    try set(&fields.title, event.title)
    try set(&fields.contentType, event.contentType)
    try check(shim_avro_value_set_double(&fields.sizeGB, event.sizeGB))
    try set(&fields.userID, event.userID)
    try set(&fields.region, event.region)
    try set(&fields.deviceType, event.deviceType)
    try set(&fields.osVersion, event.osVersion)
    try set(&fields.status, event.status.text)
    try check(shim_avro_value_set_int(&fields.durationSeconds, event.durationSeconds))
    try check(shim_avro_value_set_double(&fields.speedMbps, event.speedMbps))
    var branch = avro_value_t()
    if let code = event.errorCode {
      try check(shim_avro_value_set_branch(&fields.errorCode, errorBranches.string, &branch))
      try set(&branch, code)
    } else {
      try check(shim_avro_value_set_branch(&fields.errorCode, errorBranches.null, &branch))
    }
    avro_writer_reset(writer)
    try check(avro_value_write(writer, &record))
    return UnsafeRawBufferPointer(
      rebasing: UnsafeRawBufferPointer(buffer)[..<(framing.count + Int(avro_writer_tell(writer)))])
  }

  private func set(_ field: inout avro_value_t, _ view: TextView) throws(EncodingError) {
    guard let target = text.baseAddress, view.count < text.count else {
      throw .refused(reason: "a text of \(view.count) bytes is too long")
    }
    target.update(from: view.start, count: view.count)
    target[view.count] = 0
    let status = target.withMemoryRebound(to: CChar.self, capacity: view.count + 1) {
      shim_avro_value_set_string_len(&field, $0, view.count + 1)
    }
    try check(status)
  }

  private func check(_ status: Int32) throws(EncodingError) {
    guard status == 0 else { throw .refused(reason: lastAvroError()) }
  }

  private static func fields(of record: avro_value_t) throws(EncodingError) -> Fields {
    Fields(
      eventID: try field(record, "event_id", AVRO_STRING), timestamp: try field(record, "timestamp", AVRO_INT64),
      contentID: try field(record, "content.content_id", AVRO_STRING),
      title: try field(record, "content.title", AVRO_STRING),
      contentType: try field(record, "content.type", AVRO_STRING),
      sizeGB: try field(record, "content.size_gb", AVRO_DOUBLE),
      userID: try field(record, "user.user_id", AVRO_STRING), region: try field(record, "user.region", AVRO_STRING),
      deviceType: try field(record, "user.device_type", AVRO_STRING),
      osVersion: try field(record, "user.os_version", AVRO_STRING),
      status: try field(record, "download.status", AVRO_STRING),
      durationSeconds: try field(record, "download.duration_seconds", AVRO_INT32),
      speedMbps: try field(record, "download.speed_mbps", AVRO_DOUBLE),
      errorCode: try field(record, "download.error_code", AVRO_UNION))
  }

  /// `path` is dotted, from the record's root.
  private static func field(
    _ record: avro_value_t, _ path: String, _ type: avro_type_t
  ) throws(EncodingError) -> avro_value_t {
    var value = record
    for name in path.split(separator: ".") {
      var inner = avro_value_t()
      guard shim_avro_value_get_type(&value) == AVRO_RECORD,
        shim_avro_value_get_by_name(&value, String(name), &inner) == 0
      else { throw .unsuitableSchema(field: path, expected: typeName(type)) }
      value = inner
    }
    guard shim_avro_value_get_type(&value) == type else {
      throw .unsuitableSchema(field: path, expected: typeName(type))
    }
    return value
  }

  private static func errorBranches(of union: avro_value_t) throws(EncodingError) -> (null: Int32, string: Int32) {
    var union = union
    var null: Int32?
    var string: Int32?
    for branch in 0..<Int32(2) {
      var content = avro_value_t()
      guard shim_avro_value_set_branch(&union, branch, &content) == 0 else { break }
      switch shim_avro_value_get_type(&content) {
      case AVRO_NULL: null = branch
      case AVRO_STRING: string = branch
      default: break
      }
    }
    guard let null, let string else {
      throw .unsuitableSchema(field: "download.error_code", expected: typeName(AVRO_UNION))
    }
    return (null, string)
  }

  private static func typeName(_ type: avro_type_t) -> String {
    switch type {
    case AVRO_STRING: "string"
    case AVRO_INT64: "long"
    case AVRO_INT32: "int"
    case AVRO_DOUBLE: "double"
    default: "a union of null and string"
    }
  }
}

private func lastAvroError() -> String {
  String(cString: avro_strerror())
}

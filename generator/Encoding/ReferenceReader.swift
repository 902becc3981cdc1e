import CAvro
import Downloads

/// Decodes download events by libavro's own generic reader: what the product's own decoder is compared with.
public final class ReferenceReader {
  private let schema: avro_schema_t
  private var record = avro_value_t()

  public init(schemaJSON: String) throws(EncodingError) {
    var parsed: avro_schema_t?
    guard avro_schema_from_json_length(schemaJSON, schemaJSON.utf8.count, &parsed) == 0, let schema = parsed,
      let valueClass = avro_generic_class_from_schema(schema)
    else { throw .invalidSchema(reason: String(cString: avro_strerror())) }
    self.schema = schema
    avro_generic_value_new(valueClass, &record)
    shim_avro_value_iface_decref(valueClass)
  }

  deinit {
    avro_value_decref(&record)
    avro_schema_decref(schema)
  }

  /// nil when the bytes are not one event, no more and no less.
  public func read(_ bytes: [UInt8]) -> KeptEvent? {
    bytes.withUnsafeBytes { read($0) }
  }

  /// nil when the bytes are not one event, no more and no less.
  public func read(_ bytes: UnsafeRawBufferPointer) -> KeptEvent? {
    guard decode(bytes) else { return nil }
    var timestamp: Int64 = 0
    var durationSeconds: Int32 = 0
    var field = field("timestamp")
    shim_avro_value_get_long(&field, &timestamp)
    field = self.field("download", "duration_seconds")
    shim_avro_value_get_int(&field, &durationSeconds)
    field = self.field("download", "error_code")
    var error = avro_value_t()
    shim_avro_value_get_current_branch(&field, &error)
    return KeptEvent(
      eventID: text("event_id"), timestampMilliseconds: timestamp, contentID: text("content", "content_id"),
      title: text("content", "title"), contentType: text("content", "type"), sizeGB: double("content", "size_gb"),
      userID: text("user", "user_id"), region: text("user", "region"), deviceType: text("user", "device_type"),
      osVersion: text("user", "os_version"), status: text("download", "status"), durationSeconds: durationSeconds,
      speedMbps: double("download", "speed_mbps"),
      errorCode: shim_avro_value_get_type(&error) == AVRO_STRING ? text(of: error) : nil)
  }

  /// False when the bytes are not one event.
  private func decode(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let reader = avro_reader_memory(bytes.bindMemory(to: CChar.self).baseAddress, Int64(bytes.count)) else {
      return false
    }
    defer { avro_reader_free(reader) }
    var probe: CChar = 0
    return avro_value_read(reader, &record) == 0 && avro_read(reader, &probe, 1) != 0
  }

  private func field(_ names: String...) -> avro_value_t {
    names.reduce(record) { outer, name in
      var outer = outer
      var inner = avro_value_t()
      shim_avro_value_get_by_name(&outer, name, &inner)
      return inner
    }
  }

  private func double(_ record: String, _ name: String) -> Double {
    var field = field(record, name)
    var number = 0.0
    shim_avro_value_get_double(&field, &number)
    return number
  }

  private func text(_ name: String) -> String {
    text(of: field(name))
  }

  private func text(_ record: String, _ name: String) -> String {
    text(of: field(record, name))
  }

  private func text(of value: avro_value_t) -> String {
    var value = value
    var text: UnsafePointer<CChar>?
    var size = 0
    shim_avro_value_get_string(&value, &text, &size)
    return text.map { String(cString: $0) } ?? ""
  }
}

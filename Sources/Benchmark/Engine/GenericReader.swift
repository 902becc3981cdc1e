import CAvro

/// libavro's generic reader: the whole event into an `avro_value_t`, as its users do it.
final class GenericReader {
  private var schema: avro_schema_t?
  private var iface: UnsafeMutablePointer<avro_value_iface_t>?
  private var value = avro_value_t()

  init(schemaJSON: String) throws {
    var schema: avro_schema_t?
    guard avro_schema_from_json_length(schemaJSON, schemaJSON.utf8.count, &schema) == 0 else {
      throw BenchmarkError.setup("libavro: \(String(cString: avro_strerror()))")
    }
    self.schema = schema
    iface = avro_generic_class_from_schema(schema)
    guard avro_generic_value_new(iface, &value) == 0 else {
      throw BenchmarkError.setup("libavro: \(String(cString: avro_strerror()))")
    }
  }

  deinit {
    avro_value_decref(&value)
  }

  func readAll(_ corpus: EventCorpus) throws {
    for index in 0..<corpus.count {
      let payload = corpus.payload(index)
      let reader = payload.withMemoryRebound(to: CChar.self) { avro_reader_memory($0.baseAddress, Int64($0.count)) }
      defer { avro_reader_free(reader) }
      guard avro_value_read(reader, &value) == 0 else {
        throw BenchmarkError.wrongAnswer("libavro: \(String(cString: avro_strerror()))")
      }
    }
  }
}

import Avro
import Events
import Formats
import Plan
import Postgres
import Registry
import RegistryTestSupport
import Storage
import Testing

@testable import ProcessingTestSupport

private let record = #"{"type":"record","name":"R","fields":[{"name":"x","type":"string"}]}"#

@Suite struct SchemaSourceTests {
  private let bench: Bench
  private let registry: TestRegistry

  init() throws {
    bench = try Bench()
    registry = try TestRegistry()
  }

  private func source(_ settings: RegistrySettings? = nil) throws -> SchemaSource {
    try SchemaSource(settings ?? registry.settings, database: bench.settings)
  }

  private func decoder() throws -> RecordDecoder {
    let schema = try AvroSchema(parsing: record)
    let plan = StreamPlan(
      definition: StreamDefinition(
        name: "s", topic: "t", format: .avro, eventTime: ["x"], outOfOrdernessMicroseconds: 0,
        idleTimeoutMicroseconds: 0, maxAheadMicroseconds: 0, deadLetterTopic: nil, framing: .confluent),
      columns: Self.columns, eventTimeColumn: 0, aggregates: [])
    return try RecordDecoder(plan, topic: "t", schema: .avro(reader: schema, schemas: SchemaSet(files: [])))
  }

  private static let columns = [ColumnSpec(path: ["x"], type: .text, isNullable: false)]

  private func codes(_ decoder: RecordDecoder, _ payloads: [[UInt8]], _ source: SchemaSource) throws -> [String] {
    let records = RecordBatch(copying: payloads)
    let batch = EventBatch(specs: Self.columns, capacity: payloads.count)
    try source.supply(decoder, for: records.records)
    decoder.decode(records, into: batch)
    return batch.failures.map { "\($0.row) \($0.code.rawValue): \($0.message)" }
  }

  private func payload(_ id: UInt8) -> [UInt8] { [0, 0, 0, 0, id, 2, 65] }

  @Test("what the registry says is kept, and then known without it")
  func keeps() throws {
    registry.register(id: 7, record)
    let answer = SchemaAnswer.schema(RegisteredSchema(id: 7, text: record))
    #expect(try source().answer(7) == answer)
    registry.stop()
    #expect(try source().answer(7) == answer)
    #expect(try SchemaSource(nil, database: bench.settings).answer(7) == answer)
  }

  @Test("what the registry does not know is asked for again, and not kept")
  func unknown() throws {
    let source = try source()
    guard case .unknown = try source.answer(7) else {
      Issue.record("7 is unknown")
      return
    }
    registry.register(id: 7, record)
    #expect(try source.answer(7) == .schema(RegisteredSchema(id: 7, text: record)))
  }

  @Test("without a registry an id that is not kept is unknown, and it is said what to set")
  func noRegistry() throws {
    let answer = try SchemaSource(nil, database: bench.settings).answer(7)
    #expect(
      answer
        == .unknown(
          reason: "confluent-ids.json has no schema for the id 7, and SCHEMA_REGISTRY_URL names no registry to ask"))
  }

  @Test("a registry or a database that is away is an error, and the source works again when it is back")
  func away() throws {
    registry.register(id: 7, record)
    registry.fail((503, ""))
    let source = try source()
    #expect(throws: SchemaSourceError.self) { try source.answer(7) }
    registry.fail(nil)
    #expect(try source.answer(7) == .schema(RegisteredSchema(id: 7, text: record)))
    let nowhere = try SchemaSource(registry.settings, database: bench.settings.with("dbname", "nowhere"))
    let error = #expect(throws: SchemaSourceError.self) { try nowhere.answer(7) }
    #expect(error?.description.hasPrefix("Postgres: ") == true)
  }

  @Test("records are given all schemas that they name")
  func supplies() throws {
    registry.register(id: 7, record)
    registry.register(id: 8, record, type: "JSON")
    let failures = try codes(decoder(), [payload(7), payload(8), payload(9), payload(7)], source())
    #expect(failures.count == 2)
    #expect(failures[0].hasPrefix("1 UNRESOLVABLE: the schema 8"))
    #expect(failures[1].hasPrefix("2 UNKNOWN_SCHEMA: the schema registry"))
  }

  @Test("a registry that is away is asked once, and what is kept is found all the same")
  func suppliesWithout() throws {
    try KeptSchemas(bench.connection).keep(RegisteredSchema(id: 7, text: record), from: "http://r")
    registry.fail((503, ""))
    let failures = try codes(decoder(), [payload(8), payload(9), payload(7)], source())
    #expect(failures.count == 2)
    #expect(failures[0].hasPrefix("0 UNKNOWN_SCHEMA: the schema registry cannot be asked for the schema 8:"))
    #expect(failures[1].hasPrefix("1 UNKNOWN_SCHEMA: the schema registry cannot be asked for the schema 9:"))
    #expect(registry.asked == ["/schemas/ids/8"])
  }
}

import Plan
import Postgres
import Testing

@testable import ProcessingTestSupport
@testable import Storage

@Suite struct KeptSchemasTests {
  private let bench: Bench
  private let schemas: KeptSchemas

  init() throws {
    bench = try Bench()
    schemas = KeptSchemas(bench.connection)
  }

  private func schema(_ id: UInt32, _ text: String = "\"string\"") -> RegisteredSchema {
    RegisteredSchema(
      id: id, text: text,
      references: [.init(name: "a.B", text: "{\"quoted\": \"\\u0000\"}"), .init(name: "ü", text: "")])
  }

  @Test(
    "a schema is found as it was kept, with what it refers to, up to the greatest id", arguments: [1, 7, UInt32.max])
  func keeps(id: UInt32) throws {
    #expect(try schemas.schema(id: id) == nil)
    try schemas.keep(schema(id), from: "http://r")
    #expect(try schemas.schema(id: id) == schema(id))
    #expect(try bench.rows("SELECT registry FROM pulse.schemas") == ["http://r"])
  }

  @Test("what was said first stays: a registry does not change what an id means")
  func firstStays() throws {
    try schemas.keep(schema(7, "first"), from: "http://a")
    #expect(try schemas.keep(schema(7, "second"), from: "http://b").text == "first")
    #expect(try schemas.schema(id: 7)?.text == "first")
  }

  @Test("the newest are found, no more than were asked for")
  func newest() throws {
    for id in UInt32(1)...5 { try schemas.keep(schema(id), from: "http://r") }
    #expect(try schemas.newest(3).map(\.id) == [5, 4, 3])
    #expect(try schemas.newest(10).count == 5)
  }

  @Test("of a subject the version that was kept last counts")
  func subjects() throws {
    #expect(try schemas.version(of: "s") == nil)
    let versions = [1, 2].map { SubjectVersion(subject: "s", version: $0, schema: schema(UInt32($0), "v\($0)")) }
    for version in versions { try schemas.keep(version, from: "http://r") }
    #expect(try schemas.version(of: "s") == versions[1])
    try schemas.keep(versions[0], from: "http://r")
    #expect(try schemas.version(of: "s") == versions[0])
    #expect(try schemas.newest(10).count == 2)
  }

  @Test("another registry's schema of the same id is refused, and nothing is changed")
  func otherRegistry() throws {
    try schemas.keep(SubjectVersion(subject: "s", version: 1, schema: schema(7, "first")), from: "http://a")
    let error = #expect(throws: StorageError.self) {
      try schemas.keep(SubjectVersion(subject: "s", version: 2, schema: schema(7, "second")), from: "http://b")
    }
    #expect(error?.description.contains("the schema registry http://b has another schema 7") == true)
    #expect(try schemas.version(of: "s")?.version == 1)
  }
}

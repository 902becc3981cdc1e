import Avro
import AvroTestSupport
import Events
import Testing

@Suite struct ColumnMappingTests {
  static let schema = """
    {"type":"record","name":"R","doc":"root","fields":[
      {"name":"id","type":"string","doc":"the id"},
      {"name":"user","type":["null",{"type":"record","name":"U","doc":"a user","fields":[
        {"name":"region","type":"string","doc":"the region"},
        {"name":"home","type":{"type":"record","name":"H","fields":[{"name":"zip","type":["int","null"]}]}}]}]},
      {"name":"tags","type":{"type":"map","values":"string"}},
      {"name":"either","type":["int","string"]},
      {"name":"big","type":{"type":"bytes","logicalType":"decimal","precision":39,"scale":1}},
      {"name":"self","type":["null","R"]}]}
    """

  @Test("a path leads through records, and nullability is inherited")
  func paths() throws {
    let schema = try AvroSchema(parsing: Self.schema)
    #expect(schema.doc == "root")
    let region = try schema.column(at: ["user", "region"])
    #expect(region == AvroColumn(path: ["user", "region"], type: .text, isNullable: true, doc: "the region"))
    #expect(try schema.column(at: ["id"]).isNullable == false)
    #expect(try schema.column(at: ["user", "home", "zip"]).type == .integer)
    #expect(try schema.column(at: ["user"]).type == .jsonb)
    #expect(try schema.column(at: ["user"]).doc == "a user")
    #expect(try schema.column(at: ["either"]).type == .jsonb)
    #expect(try schema.column(at: ["self", "self", "id"]).isNullable)
    #expect(try schema.column(at: []).type == .jsonb)
  }

  @Test("a field that is not there is refused with those that are")
  func unknownField() throws {
    let schema = try AvroSchema(parsing: Self.schema)
    let error = #expect(throws: AvroError.self) { try schema.column(at: ["user", "regio"]) }
    #expect(error == .noSuchField(path: ["user", "regio"], known: [["user", "region"], ["user", "home"]]))
  }

  @Test("fields inside what has none are refused", arguments: [["id", "x"], ["tags", "x"], ["either", "x"]])
  func noRecord(path: [String]) throws {
    let schema = try AvroSchema(parsing: Self.schema)
    let error = try #require(throws: AvroError.self) { try schema.column(at: path) }
    guard case .unsupported(let path, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(path.count == 1)
  }

  @Test("a decimal of more than 38 digits is refused with the reason")
  func decimal() throws {
    let schema = try AvroSchema(parsing: Self.schema)
    let error = try #require(throws: AvroError.self) { try schema.column(at: ["big"]) }
    #expect(error.description.hasPrefix("big: decimals of more than 38 digits"))
  }

  @Test("the leaf columns are what a definition may name")
  func leaves() throws {
    let schema = try AvroSchema(parsing: Self.schema)
    let names = schema.leafColumns().map { $0.path.joined(separator: ".") }
    #expect(names == ["id", "user.region", "user.home.zip", "tags", "either", "self"])
  }

  @Test("a column of another type or nullability than the schema's is refused, a more tolerant one is not")
  func mismatch() throws {
    let schema = try AvroSchema(parsing: Self.schema)
    func make(_ spec: ColumnSpec) throws -> AvroDecoder {
      try AvroDecoder(reader: schema, schemas: SchemaSet(files: []), columns: [spec])
    }
    #expect(throws: AvroError.self) { try make(ColumnSpec(path: ["id"], type: .bigint, isNullable: false)) }
    #expect(throws: AvroError.self) { try make(ColumnSpec(path: ["user", "region"], type: .text, isNullable: false)) }
    #expect(throws: AvroError.self) { try make(ColumnSpec(path: ["nothing"], type: .text, isNullable: false)) }
    #expect(throws: Never.self) { try make(ColumnSpec(path: ["id"], type: .text, isNullable: true)) }
  }
}

import AllocationCounter
import Events
import Plan
import Project
import Testing
import TextFormats

@testable import Benchmark

private let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
  .joined(separator: "/")

/// The guard of the hot loop for JSON: a good event allocates nothing, be it decoded and aggregated as most are, or written
/// in a rare way.
@Suite struct JSONAllocationTests {
  private static let batches = 5
  private static let few = 100
  /// In one slice.
  private static let many = 1_000

  /// Allocations of `run` when all that it meets has been met before.
  private func allocations(_ run: () -> Void) -> UInt64 {
    for _ in 0..<Self.batches { run() }
    let before = streampulse_allocation_count()
    for _ in 0..<Self.batches { run() }
    return streampulse_allocation_count() - before
  }

  @Test func `Decoding and aggregating allocates nothing for an event, however many there are`() throws {
    let stream = try #require(try Project(folder: repository).stream(named: "content_downloads"))
    let plan = try FlatEvent.plan(stream.plan)
    let sequence = try EventSequence(count: Self.many, schemaJSON: readText(repository + "/schemas/event.avsc"))
    let corpus = try EventCorpus(sequence, append: { event, _, bytes in FlatEvent.append(event, to: &bytes) })
    let all = corpus.records()
    defer { all.deallocate() }
    let operators = try EngineRun(json: plan).makeOperators()
    func count(_ events: Int) -> UInt64 {
      let records = UnsafeMutableBufferPointer(rebasing: all[..<events])
      return allocations { #expect(operators.process(records) == events) }
    }
    #expect(count(Self.many) == count(Self.few))
  }

  private static let columns = [
    DeclaredColumn(name: "boolean", type: .boolean, isCoerced: true), DeclaredColumn(name: "integer", type: .integer),
    DeclaredColumn(name: "bigint", type: .bigint, isCoerced: true),
    DeclaredColumn(name: "numeric", type: .numeric(scale: 2), precision: 12),
    DeclaredColumn(name: "double", type: .doublePrecision), DeclaredColumn(name: "text", type: .text),
    DeclaredColumn(name: "varchar", type: .text, maximumCharacters: 3),
    DeclaredColumn(name: "timestamptz", type: .timestamptz), DeclaredColumn(name: "timestamp", type: .timestamp),
    DeclaredColumn(name: "date", type: .date), DeclaredColumn(name: "time", type: .time),
    DeclaredColumn(name: "uuid", type: .uuid), DeclaredColumn(name: "jsonb", type: .jsonb),
    DeclaredColumn(name: "milliseconds", type: .timestamptz, unit: .milliseconds),
    DeclaredColumn(name: "inner", type: .text, path: [.member("list"), .element(1), .member("x")]),
  ]

  private static let documents = [
    """
    {"boolean":true,"integer":42,"bigint":7,"numeric":12.34,"double":1.5,"text":"Paris","varchar":"abc",\
    "timestamptz":"2025-01-15T10:30:00.123Z","timestamp":"2025-01-15 10:30:00","date":"2025-01-15","time":"10:30",\
    "uuid":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","jsonb":[1,{"a":null}],"milliseconds":1736937000000,\
    "list":[0,{"x":"y"}]}
    """,
    """
    {"boolean":null,"integer":null,"bigint":null,"numeric":null,"double":null,"text":null,"varchar":null,"unknown":"x"}
    """,
    """
    { "t\\u0065xt" : "Gr\\u00fc\\u00dfe, \\"Welt\\"! 😀", "boolean" : "off", "integer" : 1.0e1, "bigint" : " 42 ",
      "numeric" : 1.2345e3, "double" : 0.30000000000000004e5, "varchar" : "äöü   ", "uuid" :
      "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", "timestamptz" : "2025-01-15 23:59:59.1234567+01:30:07",
      "milliseconds" : 1736937000000.5, "jsonb" : { "a" : { "b" : [ "\\n" ] } }, "more" : { "é" : -0, "\\u00e8" : [[]] } }
    """,
  ]

  /// A block of 64 rows in which something is rare may cost one.
  @Test func `Documents in rare spellings are decoded without an allocation for an event, too`() {
    let specs = Self.columns.map { ColumnSpec(path: [$0.name], type: $0.type, isNullable: $0.isNullable) }
    let targets = Self.columns.enumerated().map { (index: $0.offset, declared: $0.element) }
    func count(_ events: Int) -> UInt64 {
      let decoder = JSONRecordDecoder(columns: targets)
      let batch = EventBatch(specs: specs, capacity: Self.many)
      let records = RecordBatch(copying: (0..<events).map { Array(Self.documents[$0 % Self.documents.count].utf8) })
      return allocations {
        decoder.decode(records.records, into: batch)
        #expect(batch.failures.isEmpty, "\(batch.failures)")
      }
    }
    #expect(count(Self.many) <= count(Self.few) + UInt64(Self.batches * Self.many / 64))
  }
}

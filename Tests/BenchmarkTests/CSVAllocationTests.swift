import AllocationCounter
import Events
import Plan
import Testing
import TextFormats

/// The guard of the hot loop for lines of CSV: a good event allocates nothing, in common spellings and in rare ones.
@Suite struct CSVAllocationTests {
  private static let batches = 5
  private static let few = 100
  private static let many = EventBatch.sliceCapacity

  private static let columns = [
    DeclaredColumn(name: "boolean", type: .boolean), DeclaredColumn(name: "integer", type: .integer),
    DeclaredColumn(name: "bigint", type: .bigint, isNullable: false),
    DeclaredColumn(name: "numeric", type: .numeric(scale: 2), precision: 12),
    DeclaredColumn(name: "double", type: .doublePrecision), DeclaredColumn(name: "text", type: .text),
    DeclaredColumn(name: "varchar", type: .text, maximumCharacters: 3),
    DeclaredColumn(name: "timestamptz", type: .timestamptz), DeclaredColumn(name: "timestamp", type: .timestamp),
    DeclaredColumn(name: "date", type: .date), DeclaredColumn(name: "time", type: .time),
    DeclaredColumn(name: "uuid", type: .uuid), DeclaredColumn(name: "jsonb", type: .jsonb),
    DeclaredColumn(name: "milliseconds", type: .timestamptz, unit: .milliseconds),
  ]

  private static let lines = [
    "true,42,7,12.34,1.5,Paris,abc,2025-01-15T10:30:00.123Z,2025-01-15 10:30:00,2025-01-15,10:30,"
      + "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,[1],1736937000000",
    ",,9223372036854775807,,,,,,,,,,,\n",
    "\"on\", 42 ,-1,1.2345e3,0.30000000000000004,\"a \"\"quoted\"\", \nlong text\",\"äöü   \","
      + "2025-01-15 23:59:59.1234567+01:30:07, 2025-01-15 ,12025-01-15,23:59:60,{A0EEBC999C0B4EF8BB6D6BB9BD380A11},"
      + "\"{\"\"a\"\": [1, {\"\"b\"\": \"\"ü\\n\"\"}]}\","
      + "1736937000000.5\r\n",
  ]

  /// Allocations while the first `count` lines are decoded, batch after batch. The same has been done before, so that the
  /// arena and every piece of code have been met.
  private func allocations(_ count: Int) -> UInt64 {
    let specs = Self.columns.map { ColumnSpec(path: [$0.name], type: $0.type, isNullable: $0.isNullable) }
    let targets = Self.columns.enumerated().map { (index: $0.offset, declared: $0.element) }
    let decoder = CSVRecordDecoder(columns: targets, declared: Self.columns, csv: StreamDefinition.CSV())
    let batch = EventBatch(specs: specs, capacity: Self.many)
    let records = RecordBatch(copying: (0..<count).map { Array(Self.lines[$0 % Self.lines.count].utf8) })
    func run() -> Int {
      var failures = 0
      for _ in 0..<Self.batches {
        decoder.decode(records.records, into: batch)
        failures += batch.failures.count
      }
      return failures
    }
    _ = run()
    let before = streampulse_allocation_count()
    let failures = run()
    let counted = streampulse_allocation_count() - before
    #expect(failures == 0)
    return counted
  }

  @Test func `Decoding lines of CSV allocates nothing for an event, however many there are`() {
    #expect(allocations(Self.many) == allocations(Self.few))
  }
}

import Events
import Functions
import Plan
import Testing

@testable import Dataflow

@Suite struct MadeTextTests {
  @Test(
    "a text that a function makes is bounded by what it is made of, so that no batch takes more than its events allow")
  func bound() throws {
    let specs = [
      ColumnSpec(path: ["t"], type: .text, isNullable: true),
      ColumnSpec(path: ["n"], type: .integer, isNullable: false),
    ]
    let batch = EventBatch(specs: specs, capacity: 4)
    let program = Program(batch: batch)
    let pad = try #require(ScalarFunction.named("lpad").first { $0.parameters == [.text, .integer] })
    let register = program.compile(.call(pad, [.column(0, .text), .column(1, .integer)], .text))
    batch.reset(count: 4)
    let rows: [(String?, Int64)] = [
      ("a", 32_768), ("a", 2_000_000_000), (String(repeating: "b", count: 20_000), 100_000), (nil, 2_000_000_000),
    ]
    for (row, (text, number)) in rows.enumerated() {
      batch.columns[0].validity[row] = text == nil ? 0 : 1
      batch.columns[0].texts[row] = text.map { batch.arena.append($0) } ?? .empty
      batch.columns[1].integers[row] = number
    }
    program.run(batch)
    #expect(batch.failures.map(\.row) == [1])
    #expect(batch.failures.map(\.code) == [.limitExceeded])
    #expect(program.registers[register].texts[0].count == 32_768)
    #expect(program.registers[register].texts[2].count == 100_000)
  }
}

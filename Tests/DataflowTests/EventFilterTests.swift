import Events
import Plan
import Testing

@testable import Dataflow

@Suite struct EventFilterTests {
  private let specs = [
    ColumnSpec(path: ["i"], type: .integer, isNullable: true), ColumnSpec(path: ["t"], type: .text, isNullable: true),
  ]

  @Test("an event passes for which the condition is true; NULL is not, and an error is the event's failure")
  func judging() {
    let batch = EventBatch(specs: specs, capacity: 8)
    let condition = Expression.and([
      .comparison(
        .greater, .arithmetic(.divide, .literal(.integer(12, .integer)), .column(0, .integer)),
        .literal(.integer(2, .integer))), .comparison(.equal, .column(1, .text), .literal(.text("a", .text))),
    ])
    let filter = EventFilter(condition, batch: batch)
    for _ in 0..<2 {
      batch.fill([[4, "a"], [6, "a"], [4, "b"], [4, nil], [nil, "a"], [0, "a"]])
      batch.fail(0, .malformed, "it was none")
      filter.run(batch)
      #expect((1..<5).map { filter.passes($0) } == [false, false, false, false])
      #expect(batch.failures.map(\.row) == [0, 5])
      #expect(batch.failures.last?.code == .divisionByZero)
      batch.fill([[4, "a"]])
      filter.run(batch)
      #expect(filter.passes(0))
    }
  }

  @Test("a constant is a condition, too", arguments: [true, false])
  func constants(_ value: Bool) {
    let batch = EventBatch(specs: specs, capacity: 2)
    let filter = EventFilter(.literal(.boolean(value)), batch: batch)
    batch.fill([[1, "a"], [nil, nil]])
    filter.run(batch)
    #expect((0..<2).map { filter.passes($0) } == [value, value])
  }
}

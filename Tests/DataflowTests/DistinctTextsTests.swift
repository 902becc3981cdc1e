import Events
import Functions
import Plan
import Testing

@testable import Dataflow

/// Expressions over one text column: the results must be the same whether values repeat or not.
@Suite struct DistinctTextsTests {
  private static let specs = [
    ColumnSpec(path: ["t"], type: .text, isNullable: true), ColumnSpec(path: ["i"], type: .integer, isNullable: false),
  ]
  private static let t = Expression.column(0, .text)

  private static func call(_ name: String, _ arguments: [Expression]) throws -> Expression {
    let types = arguments.map { Parameter($0.type) }
    let function = try #require(ScalarFunction.named(name).first { $0.parameters == types })
    let prepared = try function.prepare(Expression.preparation(of: arguments))
    return .call(function, arguments, prepared.type)
  }

  private static func text(_ value: String) -> Expression { .literal(.text(value, .text)) }
  private static func int(_ value: Int64) -> Expression { .literal(.integer(value, .integer)) }

  /// The results of an expression for batches one after the other.
  private func results(_ expression: Expression, _ batches: [[Value]], capacity: Int = 4096) -> [[Value]] {
    let batch = EventBatch(specs: Self.specs, capacity: capacity)
    let program = Program(batch: batch)
    let register = program.compile(expression)
    return batches.map { values in
      batch.fill(values.map { [$0, 1] })
      program.run(batch)
      return values.indices.map { batch.live[$0] == 1 ? program.registers[register].read($0) : "failed" }
    }
  }

  @Test("a value has one result in all batches, of NULL too")
  func repeats() throws {
    let lower = try Self.call("lower", [Self.t])
    let batch: [Value] = ["Ab", nil, "AB", "", "Ab", "a text of more than thirty-two BYTES, which is long"]
    let expected: [Value] = ["ab", nil, "ab", "", "ab", "a text of more than thirty-two bytes, which is long"]
    #expect(results(lower, [batch, batch.reversed(), batch]) == [expected, expected.reversed(), expected])
  }

  @Test("NULL has a result of its own where an expression makes one of it")
  func null() throws {
    let orNone = Expression.coalesce([try Self.call("lower", [Self.t]), Self.text("none")])
    #expect(results(orNone, [["A", nil, nil]]) == [["a", "none", "none"]])
  }

  @Test("an error belongs to its value, in every batch, and to no other value")
  func failures() throws {
    let part = try Self.call("left", [Self.t, .cast(Self.t, to: .integer)])
    #expect(
      results(part, [["1", "x", "2"], ["x", "2", "1"]]) == [["1", "failed", "2"], ["failed", "2", "1"]])
  }

  @Test("an error in a branch that is not taken does not count, whatever the value's result is elsewhere")
  func branches() throws {
    let number = Expression.cast(try Self.call("btrim", [Self.t]), to: .integer)
    let guarded = Expression.caseWhen(
      [.init(condition: .comparison(.equal, .column(1, .integer), Self.int(1)), value: Self.int(0))], otherwise: number)
    #expect(results(guarded, [["x", " 7 "]]) == [[0, 0]])
    #expect(results(.coalesce([Self.int(0), number]), [["x", " 7 "]]) == [[0, 0]])
    #expect(results(number, [["x", " 7 "]]) == [["failed", 7]])
  }

  @Test("values that do not repeat are evaluated event by event, and remembered again later")
  func highCardinality() throws {
    let lower = try Self.call("lower", [Self.t])
    let batches = (0..<140).map { batch in
      (0..<200).map { row -> Value in batch < 70 ? .text("V\(batch)-\(row)") : .text("V\(row % 3)") }
    }
    let expected = batches.map { batch in
      batch.map { value -> Value in if case .text(let text) = value { .text(text.lowercased()) } else { nil } }
    }
    #expect(results(lower, batches) == expected)
  }

  @Test("more values than are kept do not mix up")
  func bounds() throws {
    let lower = try Self.call("upper", [Self.t])
    // Half of each batch is new, half is old.
    let batches = (0..<60).map { batch in
      (0..<1024).map { row -> Value in row % 2 == 0 ? .text("a\(batch)-\(row / 8)") : .text("a\(row % 7)") }
    }
    let expected = batches.map { batch in
      batch.map { value -> Value in if case .text(let text) = value { .text(text.uppercased()) } else { nil } }
    }
    #expect(results(lower, batches) == expected)
  }

  @Test("a text that is not UTF-8 fails its event where a function reads it")
  func invalidText() throws {
    let batch = EventBatch(specs: Self.specs, capacity: 4)
    let program = Program(batch: batch)
    _ = program.compile(try Self.call("length", [Self.t]))
    batch.fill([["a", 1], ["b", 1]])
    batch.columns[0].texts[1] = [0xFF].withUnsafeBufferPointer { batch.arena.append($0) }
    program.run(batch)
    #expect(batch.failures.map(\.row) == [1])
    #expect(batch.failures.map(\.code) == [.invalidUTF8])
  }
}

import Events
import Plan
import Testing

@testable import Dataflow

/// Expressions over the columns i, j (integer), b (bigint), d (double precision), t (text), f (boolean), all nullable.
@Suite struct ProgramTests {
  private static let specs = [
    ColumnSpec(path: ["i"], type: .integer, isNullable: true),
    ColumnSpec(path: ["j"], type: .integer, isNullable: true),
    ColumnSpec(path: ["b"], type: .bigint, isNullable: true),
    ColumnSpec(path: ["d"], type: .doublePrecision, isNullable: true),
    ColumnSpec(path: ["t"], type: .text, isNullable: true),
    ColumnSpec(path: ["f"], type: .boolean, isNullable: true),
  ]
  private static let i = Expression.column(0, .integer)
  private static let j = Expression.column(1, .integer)
  private static let b = Expression.column(2, .bigint)
  private static let d = Expression.column(3, .doublePrecision)
  private static let t = Expression.column(4, .text)
  private static let f = Expression.column(5, .boolean)
  private static func int(_ value: Int64) -> Expression { .literal(.integer(value, .integer)) }
  private static func text(_ value: String) -> Expression { .literal(.text(value, .text)) }

  private func evaluate(_ expression: Expression, _ row: [Value]) -> (value: Value, failures: [EventFailure]) {
    let batch = EventBatch(specs: ProgramTests.specs, capacity: 4)
    let program = Program(batch: batch)
    let register = program.compile(expression)
    batch.fill([row])
    program.run(batch)
    return (program.registers[register].read(0), batch.failures)
  }

  private struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var expression: Expression
    var row: [Value]
    var expected: Value
    var testDescription: String { name }
  }

  private static let cases: [Case] = {
    func row(
      _ i: Value = nil, _ j: Value = nil, b: Value = nil, d: Value = nil, t: Value = nil, f: Value = nil
    ) -> [Value] { [i, j, b, d, t, f] }
    let isPositive = Expression.comparison(.greater, i, int(0))
    return [
      Case(name: "7 / 2 = 3", expression: .arithmetic(.divide, i, j), row: row(7, 2), expected: 3),
      Case(name: "-7 / 2 = -3", expression: .arithmetic(.divide, i, j), row: row(-7, 2), expected: -3),
      Case(name: "-7 % 2 = -1", expression: .arithmetic(.modulo, i, j), row: row(-7, 2), expected: -1),
      Case(name: "NULL + 1", expression: .arithmetic(.add, i, j), row: row(nil, 1), expected: nil),
      Case(name: "-d", expression: .negate(d), row: row(d: 1.5), expected: -1.5),
      Case(name: "NaN = NaN", expression: .comparison(.equal, d, d), row: row(d: .double(.nan)), expected: true),
      Case(
        name: "NaN > infinity", expression: .comparison(.greater, d, .literal(.double(.infinity))),
        row: row(d: .double(.nan)), expected: true),
      Case(
        name: "t = 'success'", expression: .comparison(.equal, t, text("success")), row: row(t: "success"),
        expected: true),
      Case(
        name: "t = 'success' of a longer text", expression: .comparison(.equal, t, text("success")),
        row: row(t: "successes"), expected: false),
      Case(name: "t <> 'ab'", expression: .comparison(.notEqual, t, text("ab")), row: row(t: "ac"), expected: true),
      Case(
        name: "t = 13 characters", expression: .comparison(.equal, t, text("abcdefghijklm")),
        row: row(t: "abcdefghijklm"), expected: true),
      Case(
        name: "t = 20 characters", expression: .comparison(.equal, t, text("abcdefghijklmnopqrst")),
        row: row(t: "abcdefghijklmnopqrsT"), expected: false),
      Case(name: "NULL = 'x'", expression: .comparison(.equal, t, text("x")), row: row(), expected: nil),
      Case(name: "NULL AND false", expression: .and([f, isPositive]), row: row(0), expected: false),
      Case(name: "NULL AND true", expression: .and([f, isPositive]), row: row(1), expected: nil),
      Case(name: "NULL OR true", expression: .or([f, isPositive]), row: row(1), expected: true),
      Case(name: "NULL OR false", expression: .or([f, isPositive]), row: row(0), expected: nil),
      Case(name: "false OR true", expression: .or([f, isPositive]), row: row(1, f: false), expected: true),
      Case(name: "true AND true", expression: .and([f, isPositive]), row: row(1, f: true), expected: true),
      Case(name: "NOT NULL", expression: .not(f), row: row(), expected: nil),
      Case(name: "NULL IS NULL", expression: .isNull(t), row: row(), expected: true),
      Case(name: "NULL IS TRUE", expression: .isTrue(f), row: row(), expected: false),
      Case(
        name: "coalesce", expression: .coalesce([i, j, int(9)]), row: row(nil, nil), expected: 9),
      Case(
        name: "CASE guards the division",
        expression: .caseWhen(
          [.init(condition: .comparison(.equal, j, int(0)), value: int(-1))],
          otherwise: .arithmetic(.divide, i, j)),
        row: row(1, 0),
        expected: -1),
      Case(
        name: "AND guards the division",
        expression: .and([
          .comparison(.notEqual, j, int(0)), .comparison(.greater, .arithmetic(.divide, i, j), int(1)),
        ]),
        row: row(1, 0),
        expected: false),
      Case(
        name: "a CASE without a true branch takes ELSE, NULL here",
        expression: .caseWhen([.init(condition: isPositive, value: int(1))], otherwise: .literal(.null(.integer))),
        row: row(0),
        expected: nil),
      Case(name: "2.5::integer rounds half to even", expression: .cast(d, to: .integer), row: row(d: 2.5), expected: 2),
      Case(name: "3.5::integer", expression: .cast(d, to: .integer), row: row(d: 3.5), expected: 4),
      Case(name: "i::text", expression: .cast(i, to: .text), row: row(-42), expected: "-42"),
      Case(name: "d::text", expression: .cast(d, to: .text), row: row(d: 0.1), expected: "0.1"),
      Case(name: "1e15::text", expression: .cast(d, to: .text), row: row(d: 1e15), expected: "1e+15"),
      Case(name: "123456::text", expression: .cast(d, to: .text), row: row(d: 123456), expected: "123456"),
      Case(name: "0.00001::text", expression: .cast(d, to: .text), row: row(d: 0.00001), expected: "1e-05"),
      Case(name: "true::text", expression: .cast(f, to: .text), row: row(f: true), expected: "true"),
      Case(name: "' 12 '::integer", expression: .cast(t, to: .integer), row: row(t: " 12 "), expected: 12),
      Case(name: "'yes'::boolean", expression: .cast(t, to: .boolean), row: row(t: "yes"), expected: true),
      Case(
        name: "b::double precision", expression: .cast(b, to: .doublePrecision), row: row(b: 9), expected: 9.0),
    ]
  }()

  @Test("expressions have Postgres' values", arguments: cases)
  private func values(_ test: Case) {
    let (value, failures) = evaluate(test.expression, test.row)
    #expect(value == test.expected)
    #expect(failures.isEmpty)
  }

  @Test(
    "errors of an event name what happened",
    arguments: [
      (.arithmetic(.divide, i, j), [1, 0], .divisionByZero),
      (.arithmetic(.modulo, i, j), [1, 0], .divisionByZero),
      (.arithmetic(.add, i, j), [2_147_483_647, 1], .outOfRange),
      (.arithmetic(.multiply, b, b), [nil, nil, .integer(.max)], .outOfRange),
      (.arithmetic(.multiply, d, d), [nil, nil, nil, 1e300], .outOfRange),
      (.arithmetic(.multiply, d, d), [nil, nil, nil, 1e-300], .outOfRange),
      (.negate(i), [.integer(-2_147_483_648)], .outOfRange),
      (.cast(b, to: .integer), [nil, nil, 4_000_000_000], .outOfRange),
      (.cast(d, to: .bigint), [nil, nil, nil, 1e19], .outOfRange),
      (.cast(d, to: .bigint), [nil, nil, nil, .double(.nan)], .outOfRange),
      (.cast(t, to: .integer), [nil, nil, nil, nil, "12x"], .invalidText),
      (.cast(t, to: .integer), [nil, nil, nil, nil, "4000000000"], .outOfRange),
      (.cast(t, to: .doublePrecision), [nil, nil, nil, nil, "1e-400"], .outOfRange),
      (.cast(t, to: .doublePrecision), [nil, nil, nil, nil, "-1e400"], .outOfRange),
      (.cast(t, to: .doublePrecision), [nil, nil, nil, nil, "1\0"], .invalidText),
    ] as [(Expression, [Value], EventErrorCode)])
  func errors(expression: Expression, row: [Value], code: EventErrorCode) {
    let padded = row + Array(repeating: Value.null, count: ProgramTests.specs.count - row.count)
    #expect(evaluate(expression, padded).failures.map(\.code) == [code])
  }

  @Test("the same expression is evaluated once, however often it is used")
  func sharing() {
    let program = Program(batch: EventBatch(specs: ProgramTests.specs, capacity: 4))
    let condition = Expression.comparison(.equal, ProgramTests.t, ProgramTests.text("success"))
    #expect(program.compile(condition) == program.compile(condition))
    #expect(program.compileMask(condition) == program.compileMask(condition))
  }
}

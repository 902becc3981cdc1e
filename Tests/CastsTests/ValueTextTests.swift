import Events
import Plan
import Postgres
import Testing
import TextFormats

@testable import PostgresOracle

/// Texts of events against a real server: what a column takes, it takes as Postgres does.
@Suite(.serialized) struct ValueTextTests {
  @Test(
    "a text is the value that Postgres reads, and what Postgres reads is refused for known reasons only",
    arguments: ValueTextType.all)
  func agrees(_ type: ValueTextType) throws {
    var random = RandomValues(seed: Comparison.seed)
    let texts = (0..<Comparison.count).map { _ in random.valueText(of: type) }
    let expected = try server(texts, shown: type.type.shownOfText("v"), declaration: type.declaration)
    var taken = 0
    for (text, expected) in zip(texts, expected) {
      switch engine(text, type) {
      case .success(let found):
        taken += 1
        #expect(found == expected, "seed \(Comparison.seed), \(type.name) '\(text)'")
      case .failure(let fault):
        let isKnown = expected.hasPrefix("error") || Refusal(text, type, fault.code) != nil
        #expect(isKnown, "seed \(Comparison.seed), \(type.name) '\(text)': \(fault.message); Postgres has \(expected)")
      }
    }
    #expect(taken > Comparison.count / 8)
  }

  @Test(
    "a number of units since 1970 is the microsecond next to it",
    arguments: [
      DeclaredColumn.EpochUnit.seconds, .milliseconds, .microseconds, .nanoseconds,
    ])
  func epochs(_ unit: DeclaredColumn.EpochUnit) throws {
    var random = RandomValues(seed: Comparison.seed)
    let texts = (0..<Comparison.count).map { _ in random.epochText() }
    let factor =
      switch unit {
      case .seconds: "1000000"
      case .milliseconds: "1000"
      case .microseconds: "1"
      case .nanoseconds: "0.001"
      }
    // A half, of which the half is no whole number, is rounded to the even side by way of its own half.
    let expected = try server(
      texts,
      shown: """
        CASE WHEN r BETWEEN -210866803200000000 AND 9223372036854775806 THEN r::text ELSE 'error range' END
        """,
      declaration: """
        m numeric := \(numericInput(precision: 1000, scale: 100)) * \(factor);
        r numeric := CASE WHEN abs(m - trunc(m)) = 0.5 THEN 2 * round(m * 0.5) ELSE round(m) END;
        """)
    var taken = 0
    for (text, expected) in zip(texts, expected) {
      let found = read(text) { text throws(ValueFault) in
        try ValueText.epoch(text, unit: unit, type: .timestamptz)
      }
      switch found {
      case .success(let value):
        taken += 1
        #expect(String(value) == expected, "seed \(Comparison.seed), '\(text)' \(unit.rawValue)")
      case .failure(let fault):
        let isNumber = Refusal(text, ValueTextType(type: .numeric(scale: 0), name: "numeric"), fault.code) == nil
        #expect(
          expected.hasPrefix("error") || !isNumber,
          "seed \(Comparison.seed), '\(text)' \(unit.rawValue): \(fault.message); Postgres has \(expected)")
      }
    }
    #expect(taken > Comparison.count / 8)
  }

  /// What the server makes of each text `x`, as text, or its error's code.
  private func server(_ texts: [String], shown: String, declaration: String) throws -> [String] {
    let connection = try ScratchServer.connect()
    defer { connection.close() }
    try connection.execute(
      """
      CREATE FUNCTION pg_temp.attempt(x text) RETURNS text LANGUAGE plpgsql AS $body$
      BEGIN
        DECLARE
          \(declaration)
        BEGIN
          RETURN \(shown);
        END;
      EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE;
      END $body$
      """)
    var array = PostgresArray(.text)
    for text in texts { array.append(text) }
    let result = try connection.query(
      "SELECT pg_temp.attempt(x) FROM unnest($1::text[]) WITH ORDINALITY AS v (x, number) ORDER BY number",
      [.array(array)])
    return (0..<result.rowCount).map { result[$0, 0] ?? "NULL" }
  }

  private func engine(_ text: String, _ type: ValueTextType) -> Result<String, ValueFault> {
    let column = Column(type: type.type, isNullable: false, capacity: 1)
    var arena = TextArena()
    defer { column.deallocate() }
    return read(text) { text throws(ValueFault) in
      switch type.type {
      case .timestamptz: column.integers[0] = try ValueText.timestamptz(text)
      case .timestamp: column.integers[0] = try ValueText.timestamp(text)
      case .date: column.integers[0] = try ValueText.date(text)
      case .time: column.integers[0] = try ValueText.time(text)
      case .integer: column.integers[0] = try ValueText.integer(text, is32Bit: true)
      case .bigint: column.integers[0] = try ValueText.integer(text, is32Bit: false)
      case .doublePrecision: column.doubles[0] = try ValueText.double(text)
      case .numeric(let scale):
        return String(try ValueText.decimal(text, precision: type.precision ?? 38, scale: scale))
      case .boolean: column.booleans[0] = try ValueText.boolean(text) ? 1 : 0
      case .uuid: column.texts[0] = try ValueText.uuid(text, arena: &arena)
      default:
        let view = text.baseAddress.map { TextView(start: $0, count: text.count) } ?? .empty
        column.texts[0] = try ValueText.fitted(view, maximumCharacters: type.maximumCharacters ?? .max)
      }
      return column.shown(0)
    }
  }

  private func read<Value>(
    _ text: String, _ read: (UnsafeBufferPointer<UInt8>) throws(ValueFault) -> Value
  ) -> Result<Value, ValueFault> {
    var text = text
    return text.withUTF8 { bytes in
      do throws(ValueFault) { return .success(try read(bytes)) } catch { return .failure(error) }
    }
  }
}

/// SQL that reads `x` by the type's input function, as COPY does: a cast would read a numeric without modifiers first.
private func numericInput(precision: Int, scale: Int) -> String {
  "numeric_in(textout(x), 0, \((precision << 16 | scale) + 4))"
}

extension ValueTextType {
  /// Declares `v`, read from `x`.
  fileprivate var declaration: String {
    guard case .numeric(let scale) = type, let precision else { return "v \(name) := x;" }
    return "v numeric := \(numericInput(precision: precision, scale: scale));"
  }
}

extension SQLType {
  /// As `shown`, but of a numeric its digits without the point.
  fileprivate func shownOfText(_ sql: String) -> String {
    guard case .numeric(let scale) = self else { return shown(sql) }
    return "trunc(\(sql) * 1e\(scale))::text"
  }
}

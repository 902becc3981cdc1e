import Events
import Plan
import TestThreads
import Testing

@testable import Dialects
@testable import PostgresOracle
@testable import SQLFrontend

/// Every cast that a definition may use per event, against a real server. `CAST_VALUES` sets how many random values of
/// each are tried, `CAST_SEED` which.
@Suite(.blocking) struct CastTests {
  struct Cast: CustomTestStringConvertible, Sendable {
    var from: SQLType
    var to: SQLType
    var testDescription: String {
      if case .numeric(let scale) = from {
        "numeric of \(scale) places::\(to.sqlName)"
      } else {
        "\(from.sqlName)::\(to.sqlName)"
      }
    }
  }

  static let types: [SQLType] = [
    .boolean, .integer, .bigint, .numeric(scale: 0), .numeric(scale: 2), .numeric(scale: 9), .numeric(scale: 38),
    .doublePrecision, .text, .timestamptz, .timestamp, .date, .time, .uuid, .jsonb, .bytea,
  ]

  /// The planner's own table of casts.
  static let casts: [Cast] = types.flatMap { from in
    types.filter { from != $0 && from.canCast(to: $0) }.map { Cast(from: from, to: $0) }
  }

  @Test("a cast gives what Postgres gives, value or error", arguments: casts)
  func agrees(_ cast: Cast) throws {
    var random = RandomValues(seed: Comparison.seed)
    var comparison = Comparison(
      name: cast.testDescription, types: [cast.from], expression: .cast(.column(0, cast.from), to: cast.to),
      sql: "x::\(cast.to.sqlName)")
    if cast.from == .date {
      // Counted from 1970, 64 bits of microseconds end thirty years before Postgres' do.
      comparison.mayOverflow = { values in
        if case .integer(let days) = values[0] { (106_751_992...106_762_939).contains(days) } else { false }
      }
    }
    try comparison.run((0..<Comparison.count).map { _ in [random.value(of: cast.from)] })
  }

  @Test("a constant that a definition may write is what Postgres reads", arguments: types)
  func constants(_ type: SQLType) throws {
    var random = RandomValues(seed: Comparison.seed &+ 1)
    let connection = try ScratchServer.connect()
    defer { connection.close() }
    try connection.execute(
      """
      CREATE FUNCTION pg_temp.attempt(x text, y text) RETURNS text LANGUAGE plpgsql AS $body$
      DECLARE same text;
      BEGIN
        EXECUTE format('SELECT ((%L::\(type.sqlName))::text = (%s)::text)::text', x, y) INTO same;
        RETURN same;
      EXCEPTION WHEN OTHERS THEN RETURN SQLERRM;
      END $body$
      """)
    var read = 0
    for _ in 0..<Comparison.count {
      let text = random.constant(of: type)
      guard let literal = Literal(parsing: text, as: type) else { continue }
      read += 1
      let same = try connection.query("SELECT pg_temp.attempt($1, $2)", [.text(text), .text(literal.sql)])[0, 0]
      #expect(same == "true", "seed \(Comparison.seed), \(type.sqlName) '\(text)' was read as \(literal.sql)")
    }
    if type == .timestamptz {
      #expect(Literal(parsing: "0001-01-01 09:06+15:59", as: type) == nil, "it is in the year before 1")
      #expect(Literal(parsing: "0001-01-01 00:00-15:59", as: type) != nil)
    }
    // bytea and jsonb have no constants.
    #expect(read > (type == .bytea || type == .jsonb ? -1 : Comparison.count / 25))
  }
}

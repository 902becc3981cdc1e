import Events
import Plan
import SQLQuoting

@testable import PostgresOracle

/// Events that are dead for the engine and for Postgres.
extension TrialComparison {
  /// Events that are dead for the engine and not for Postgres, or the other way round, or by another error.
  func letterDifferences() throws -> [Difference] {
    let stated = try errors()
    return trial.events.indices.compactMap { index in
      let failure = run.failures[index]
      switch (failure, stated[index]) {
      case (nil, nil): return nil
      case (let failure?, let codes?) where codes.contains(failure.code.sqlstate): return nil
      case (let failure?, _) where isDocumented(failure): return nil
      default:
        let engine = failure.map { "\($0.code.sqlstate), \($0.message)" } ?? "nothing"
        let postgres = stated[index]?.joined(separator: ", ") ?? "nothing"
        return Difference(definition: nil, text: "event \(index) fails with \(engine); of Postgres it is \(postgres)")
      }
    }
  }

  /// What docs/definitions.md says that the engine refuses and Postgres does not: infinite times and those behind the year
  /// 294246, and numbers beyond what sums hold.
  private func isDocumented(_ failure: EventFailure) -> Bool {
    failure.code == .timeOutOfRange || failure.code == .outOfRange && failure.message.contains("to be summed")
  }

  /// What each event fails with when Postgres evaluates all that the definitions want of it.
  private func errors() throws -> [Int: [String]] {
    let whole = try definitions.indices.map { try evaluation($0, definitions[$0].evaluations) }
    let single = try definitions.indices.flatMap { number in
      try ([nil] + definitions[number].evaluations).map { try evaluation(number, $0.map { [$0] } ?? []) }
    }
    let attempts = single.map {
      "BEGIN PERFORM \($0); EXCEPTION WHEN OTHERS THEN codes := codes || (SQLSTATE || CASE WHEN SQLSTATE LIKE '42%' THEN translate(': ' || SQLERRM, ' ', '_') ELSE '' END); END;"
    }
    try connection.execute(
      """
      CREATE FUNCTION attempt(\(Self.event) \(Self.events)) RETURNS text[] LANGUAGE plpgsql AS $attempt$
      #variable_conflict use_column
      DECLARE codes text[] := '{}';
      BEGIN
        \(whole.map { "PERFORM \($0);" }.joined(separator: "\n  "))
        RETURN NULL;
      EXCEPTION WHEN OTHERS THEN
        \(attempts.joined(separator: "\n  "))
        RETURN codes;
      END $attempt$
      """)
    var found: [Int: [String]] = [:]
    let result = try rows("SELECT e.number, array_to_string(attempt(e), ' ') FROM \(Self.events) AS e")
    for row in result {
      guard let number = row[0].flatMap({ Int($0) }), let codes = row[1] else { continue }
      found[number] = Set(codes.split(separator: " ").map(String.init)).sorted()
    }
    return found
  }

  /// What stands behind PERFORM to evaluate expressions of one event.
  private func evaluation(
    _ number: Int, _ evaluations: [RandomDefinition.Evaluation]
  ) throws -> String {
    let filter = definitions[number].condition.map { "(\($0))" } ?? "true"
    let items =
      [filter]
      + evaluations.map { item in
        let value = "(\(item.expression)) IS NULL"
        let filtered = item.filter.map { "CASE WHEN \($0) THEN \(value) END" } ?? value
        return "CASE WHEN \(filter) THEN \(filtered) END"
      }
    // What makes rows may be asked after it alone.
    let first = definitions[number].from.condition.map { " WHERE \($0)" } ?? ""
    return "\(items.joined(separator: ", ")) \(try fromText(number, of: Self.oneEvent))\(first)"
  }
}

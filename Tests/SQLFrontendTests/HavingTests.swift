import Dialects
import Plan
import SQLFrontend
import Testing

@Suite struct HavingTests {
  private static let definition = """
    CREATE MATERIALIZED VIEW busy AS
    SELECT "user".region, count(*) AS n
    FROM content_downloads
    GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region
    HAVING count(*) > 5 AND avg(extra.big) < 3 AND "user".region <> 'R'; -- and no more
    """

  @Test("the condition is the view's, over parts that all groups store; the batch that judges them has none")
  func condition() throws {
    let aggregate = try #require(plan(Self.definition).aggregates.first)
    #expect(aggregate.hasStateTable)
    #expect(aggregate.accumulators.map(\.column) == ["n", "having_sum"])
    #expect(!aggregate.select.text.contains("HAVING"))
    #expect(aggregate.select.having == "HAVING count(*) > 5 AND avg(extra.big) < 3 AND \"user\".region <> 'R'")
    let view = try #require(ResultView(aggregate))
    #expect(view.columns.map(\.name) == ["region", "window_start", "window_end", "n", "updated_at"])
    let text = try #require(view.createStatements(pulse: "pulse").first)
    #expect(text.hasPrefix("CREATE VIEW busy AS"))
    #expect(text.contains("WHERE window_end <= (SELECT final_until('busy'))"))
    #expect(text.contains("n > "))
    #expect(!view.allGroups(pulse: "pulse").contains("final_until"))
  }

  @Test("another condition leaves the meaning of rows alone, unless it needs other parts")
  func shape() throws {
    let shape = { (text: String) throws in
      let stream = try plan(text)
      return TableShape(try #require(stream.aggregates.first), of: stream)
    }
    let stored = try shape(Self.definition)
    let other = try shape(Self.definition.replacing("> 5", with: "> 6"))
    #expect(TableShape.incompatibility(stored: stored, planned: other) == nil)
    let without = try shape(Self.definition.replacing(" AND avg(extra.big) < 3", with: ""))
    #expect(TableShape.changes(stored: stored, planned: without).count == 1)
  }

  @Test("an alert does not watch it: a row comes some time after its window is judged")
  func alert() throws {
    let text = """
      -- name: A
      -- summary: S.
      -- on: busy
      -- metric: m
      -- detector: threshold above WARNING 1
      -- message: m
      SELECT region, window_start, window_end, n AS value, n AS samples FROM busy
      """
    let aggregates = try plan(Self.definition).aggregates
    let errors = errors { try parseAlert(SourceFile(path: "a.sql", text: text), aggregates: aggregates) }
    #expect(errors.first?.description.hasPrefix("a.sql:3:8: an alert does not watch an aggregate with HAVING") == true)
  }
}

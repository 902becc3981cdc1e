import Plan
import SQLFrontend
import Testing

@Suite struct TestParserTests {
  private static func parse(_ text: String, files: [String: String] = [:]) throws(DefinitionErrors) -> TestPlan {
    try parseTest(SourceFile(path: "sql/tests/t.sql", text: text)) { name in
      files[name].map { SourceFile(path: "sql/tests/\(name)", text: $0) }
    }
  }

  private static func errors(_ text: String, files: [String: String] = [:]) -> String {
    do throws(DefinitionErrors) {
      _ = try parse(text, files: files)
      return ""
    } catch {
      return error.description
    }
  }

  @Test("a test is its comment and its steps, in order and with their places")
  func steps() throws {
    let test = try Self.parse(
      """
      -- What is tested,
      -- in two lines.
      -- at: 2026-01-31 12:00:00Z
      -- events: orders
      -- {"a": 1}
      -- A word between.
      -- {"b": {"c": [1,
      --   2]}} {"d": "}-- {"}
      -- rows:
      SELECT a, 'x -- at: y' AS b FROM t -- a comment
      ORDER BY 1;
      -- {"a": 1}
      -- at: +1 minute 30 seconds
      -- alerts:
      -- dead_letters:
      -- {"code": "LATE"}
      -- get: /api/x?y=1
      -- {"count": 1}
      -- get: /api/x?y=2 400
      """)
    #expect(test.name == "t" && test.comment == "What is tested, in two lines.")
    #expect(test.steps.map(\.place.line) == [3, 4, 9, 13, 14, 15, 17, 19])
    #expect(test.steps[0].action == .setClock(1_769_860_800_000_000))
    guard case .events("orders", let events) = test.steps[1].action else { throw Missing() }
    #expect(events.map(\.place.line) == [5, 7, 8] && events.map(\.place.column) == [4, 4, 11])
    #expect(events[0].text == "{\"a\": 1}" && events[2].text == "{\"d\": \"}-- {\"}")
    guard case .rows(let select, let rows) = test.steps[2].action else { throw Missing() }
    #expect(select.text == "SELECT a, 'x -- at: y' AS b FROM t -- a comment\nORDER BY 1")
    #expect(select.start == FilePlace(path: "sql/tests/t.sql", line: 10, column: 1))
    #expect(rows.map(\.text) == ["{\"a\": 1}"])
    #expect(test.steps[3].action == .advanceClock(90_000_000))
    #expect(test.steps[4].action == .alerts([]))
    guard case .answer("/api/x?y=1", 200, let answer?) = test.steps[6].action else { throw Missing() }
    #expect(answer.text == "{\"count\": 1}")
    #expect(test.steps[7].action == .answer(path: "/api/x?y=2", status: 400, nil))
  }

  private struct Missing: Error {}

  @Test("events may lie in a file, one JSON object behind the other")
  func eventFile() throws {
    let test = try Self.parse(
      "-- at: 2026-01-31 12:00Z\n-- events: orders many.jsonl\n-- alerts:\n",
      files: ["many.jsonl": "{\"a\": 1}\n\n{\"a\": 2}\n"])
    guard case .events(_, let events) = test.steps[1].action else { throw Missing() }
    #expect(events.map(\.place) == [1, 3].map { FilePlace(path: "sql/tests/many.jsonl", line: $0, column: 1) })
  }

  @Test(
    "what is no test is refused with its place and a way out",
    arguments: [
      ("", "sql/tests/t.sql:1:1: the test has no steps\n  hint: begin with -- at: 2026-01-31 12:00:00Z"),
      ("-- alerts:", "sql/tests/t.sql:1:4: the first step sets the clock"),
      ("-- at: soon\n-- alerts:", "sql/tests/t.sql:1:8: not a time: 'soon'"),
      ("-- at: +1 minute\n-- alerts:", "sql/tests/t.sql:1:8: the first time is a point in time"),
      ("-- at: 2026-01-31 12:00Z\n-- at: +1 parsec\n-- alerts:", "sql/tests/t.sql:2:8:"),
      ("-- at: 2026-01-31 12:00Z", "sql/tests/t.sql:1:4: the test expects nothing"),
      ("-- at: 2026-01-31 12:00Z\n-- event: orders", "sql/tests/t.sql:2:4: there is no step \"event\""),
      ("-- at: 2026-01-31 12:00Z\n-- event: orders", "did you mean events?"),
      ("-- at: 2026-01-31 12:00Z\n-- events: orders\n-- alerts:", "sql/tests/t.sql:2:12: there are no events"),
      ("-- at: 2026-01-31 12:00Z\n-- events: o\n-- {\"a\": 1,}\n-- alerts:", "sql/tests/t.sql:3:12: not JSON: "),
      ("-- at: 2026-01-31 12:00Z\n-- events: o\n-- {\"a\": 1\n-- alerts:", "not JSON: "),
      ("-- at: 2026-01-31 12:00Z\n-- events: o\n-- [1]\n-- alerts:", "sql/tests/t.sql:3:4: a JSON object is expected"),
      ("-- at: 2026-01-31 12:00Z\n-- events: o f.jsonl\n-- alerts:", "sql/tests/t.sql:2:14: there is no file f.jsonl"),
      ("-- at: 2026-01-31 12:00Z\n-- rows:\n-- {}", "sql/tests/t.sql:2:4: there is no SELECT"),
      ("-- at: 2026-01-31 12:00Z\n-- rows:\nDELETE FROM a", "sql/tests/t.sql:3:1: only a SELECT is allowed here"),
      ("-- at: 2026-01-31 12:00Z\n-- rows:\nSELECT 1 FROM", "sql/tests/t.sql:3:"),
      ("-- at: 2026-01-31 12:00Z\n-- alerts:\nSELECT 1", "sql/tests/t.sql:3:1: SQL stands only behind rows:"),
      ("SELECT 1;\n-- at: 2026-01-31 12:00Z\n-- alerts:", "sql/tests/t.sql:1:1: a SELECT stands behind a step"),
      (
        "-- at: 2026-01-31 12:00Z\n-- {\"a\": 1}\n-- alerts:",
        "sql/tests/t.sql:1:4: a step of time has nothing below it"
      ),
      ("-- at: 2026-01-31 12:00Z\n-- get: api", "sql/tests/t.sql:2:9: a request is a path"),
      ("-- at: 2026-01-31 12:00Z\n-- get: /api", "sql/tests/t.sql:2:9: an answer is one JSON object"),
      ("-- at: 2026-01-31 12:00Z\n-- alerts: none", "sql/tests/t.sql:2:12: nothing stands behind alerts:"),
    ])
  func refused(_ text: String, _ message: String) {
    let errors = Self.errors(text)
    #expect(errors.contains(message), "\(errors)")
  }
}

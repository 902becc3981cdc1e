import Dialects
import Plan
import SQLFrontend
import Testing

@Suite struct EndpointTests {
  private func endpoint(_ parameters: String, _ sql: String, meta: String = "") throws -> EndpointPlan {
    try parseEndpoint(
      SourceFile(
        path: "x.sql",
        text: "-- name: GET /api/x\n-- summary: S.\n\(parameters)-- returns: rows\n\(meta)\(sql)"))
  }

  @Test("parameters have types, defaults, ranges, values and descriptions")
  func parameters() throws {
    let text = """
      -- param: minutes integer = 5 in 1..60    -- Look-back window, minutes
      -- param: shift integer? in -5..5
      -- param: severity text? in WARNING|CRITICAL -- optional
      -- param: name text = 'it''s'
      -- param: open boolean = true
      -- param: id text

      """
    let parameters = try endpoint(text, "SELECT :minutes, :shift, :severity, :name, :open, :id").parameters
    #expect(parameters.map(\.name) == ["minutes", "shift", "severity", "name", "open", "id"])
    #expect(parameters[0].defaultValue == .integer(5))
    #expect(parameters[0].range == 1...60)
    #expect(parameters[0].description == "Look-back window, minutes")
    #expect(parameters[1].range == -5...5)
    #expect(parameters.map(\.isOptional) == [false, true, true, false, false, false])
    #expect(parameters[2].allowedValues == ["WARNING", "CRITICAL"])
    #expect(parameters[3].defaultValue == .text("it's"))
    #expect(parameters[4].defaultValue == .boolean(true))
    #expect(parameters[5].defaultValue == nil)
  }

  @Test("a parameter becomes a typed number, but not in strings, comments, names and casts")
  func placeholders() throws {
    let text = "-- param: b text = x\n-- param: a integer = 1 in 1..2\n"
    let sql = "SELECT ':a', \":a\", 1::int, $$:a$$, /* :a */ :a + :a, :b -- :a\nFROM t;\n-- end"
    let endpoint = try endpoint(text, sql)
    #expect(
      endpoint.select.text
        == "SELECT ':a', \":a\", 1::int, $$:a$$, /* :a */ ($2::integer) + ($2::integer), ($1::text) -- :a\nFROM t")
  }

  @Test("meta members are expressions, with parameters and subqueries")
  func meta() throws {
    let endpoint = try endpoint(
      "-- param: a integer = 1 in 1..2\n", "SELECT 1 AS x",
      meta: "-- meta: twice = 2 * :a\n-- meta: open = (SELECT count(*) FROM t)\n")
    #expect(endpoint.meta.map(\.sql.text) == ["2 * ($1::integer)", "(SELECT count(*) FROM t)"])
    #expect(endpoint.statement.text.contains("'twice', (2 * ($1::integer))"))
  }

  @Test("free text in the header is no annotation")
  func freeText() throws {
    #expect(try endpoint("-- Note that rates are weighted.\n", "SELECT 1 AS x").summary == "S.")
  }
}

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
    #expect(parameters[0].defaultValue == .one("5"))
    #expect(parameters[0].range == .integers(1...60))
    #expect(parameters[0].description == "Look-back window, minutes")
    #expect(parameters[1].range == .integers(-5...5))
    #expect(parameters.map(\.isOptional) == [false, true, true, false, false, false])
    #expect(parameters[2].allowedValues == ["WARNING", "CRITICAL"])
    #expect(parameters[3].defaultValue == .one("it's"))
    #expect(parameters[4].defaultValue == .one("true"))
    #expect(parameters[5].defaultValue == nil)
  }

  @Test("times, lengths, identifiers, patterns and lists are types, too")
  func types() throws {
    let text = """
      -- param: since timestamptz = -90m
      -- param: until timestamptz ? -- the end
      -- param: step interval = 5 minutes in 1s..1 day
      -- param: id uuid?
      -- param: serial bigint? in 1..9000000000
      -- param: ratio double = .5 in 0..1.5
      -- param: region text = 'a in b' ~ '^[a-z ]+$' -- its name
      -- param: kinds text[] = A|'b|c' in A|'b|c'|D
      -- param: ids uuid[] ?

      """
    let names = ["since", "until", "step", "id", "serial", "ratio", "region", "kinds", "ids"]
    let endpoint = try endpoint(text, "SELECT " + names.map { ":\($0)" }.joined(separator: ", "))
    let parameters = endpoint.parameters
    #expect(parameters.map(\.name) == names)
    #expect(parameters.map(\.isList) == names.map { ["kinds", "ids"].contains($0) })
    #expect(parameters[0].defaultValue == .one("-90m"))
    #expect(parameters[2].defaultValue == .one("5m"))
    #expect(parameters[2].range == .intervals(1_000_000...86_400_000_000))
    #expect(parameters[4].range == .integers(1...9_000_000_000))
    #expect(parameters[5].range == .doubles(0...1.5))
    #expect(parameters[5].defaultValue == .one("0.5"))
    #expect(parameters[6].defaultValue == .one("a in b"))
    #expect(parameters[6].pattern?.text == "^[a-z ]+$")
    #expect(parameters[6].description == "its name")
    #expect(parameters[7].allowedValues == ["A", "b|c", "D"])
    #expect(parameters[7].defaultValue == .list(["A", "b|c"]))
    #expect(
      endpoint.select.text
        == "SELECT ($1::timestamptz), ($2::timestamptz), ($3::interval), ($4::uuid), ($5::bigint), "
        + "($6::double precision), ($7::text), ($8::text[]), ($9::uuid[])")
  }

  @Test("segments of the path are parameters")
  func pathParameters() throws {
    let endpoint = try parseEndpoint(
      SourceFile(
        path: "x.sql",
        text: "-- name: GET /Metrics/v1.0/{region_id}/{day}\n-- summary: S.\n-- param: day text\n"
          + "-- param: minutes integer = 5 in 1..60\n-- param: region_id text\n-- returns: rows\n"
          + "SELECT :region_id AS a, :day AS b, :minutes AS c"))
    #expect(endpoint.path.parameters == ["region_id", "day"])
    #expect(endpoint.parameters.map(\.place) == [.path, .query, .path])
    #expect(endpoint.path.values(in: ["Metrics", "v1.0", "eu/1", "x"]) == ["eu/1", "x"])
    #expect(endpoint.path.values(in: ["Metrics", "v1.0", "", "x"]) == nil)
    #expect(endpoint.path.values(in: ["Metrics", "v1.0", "eu"]) == nil)
  }

  @Test("two paths that differ by the names of their parameters are the same one")
  func sameShape() throws {
    let files = ["a", "b"].map { name in
      SourceFile(
        path: "\(name).sql",
        text: "-- name: GET /x/{\(name)}\n-- summary: S.\n-- param: \(name) text\n-- returns: rows\n"
          + "SELECT :\(name) AS n")
    }
    let conflicts = nameConflicts(endpoints: try files.map { ($0, try parseEndpoint($0)) }, alerts: [])
    #expect(conflicts.map(\.message) == ["a.sql defines GET /x/{b} already"])
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

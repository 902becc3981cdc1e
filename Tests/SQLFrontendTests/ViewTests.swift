import Dialects
import Plan
import SQLFrontend
import Testing

@Suite struct ViewTests {
  private func view(_ text: String) throws -> ViewPlan {
    try #require(try views([SourceFile(path: "sql/views/x.sql", text: text)]).first)
  }

  /// Views by name, each with its SELECT.
  private func order(_ definitions: [(String, String)]) throws -> [String] {
    try views(
      definitions.map { SourceFile(path: "sql/views/\($0.0).sql", text: "CREATE VIEW \($0.0) AS \($0.1);") }
    ).map(\.name)
  }

  @Test("the header is the view's comment, and what stands above a column is the column's")
  func comments() throws {
    let view = try view(
      """
      -- Regions by the hour.
      -- For the dashboard.
      CREATE VIEW region_hours AS
      SELECT region, -- no comment of what follows
             -- Downloads of the hour.
             sum(total_downloads)::bigint AS downloads,
             -- When it was.
             date_trunc('hour', window_start)
      FROM region_health GROUP BY 1, 3;
      """)
    #expect(view.name == "region_hours")
    #expect(view.comment == "Regions by the hour.\nFor the dashboard.")
    #expect(
      view.columnComments == [
        .init(column: "downloads", text: "Downloads of the hour."), .init(column: "date_trunc", text: "When it was."),
      ])
    #expect(
      view.commentStatements == [
        "COMMENT ON VIEW region_hours IS 'Regions by the hour.\nFor the dashboard.'",
        "COMMENT ON COLUMN region_hours.downloads IS 'Downloads of the hour.'",
        "COMMENT ON COLUMN region_hours.date_trunc IS 'When it was.'",
      ])
  }

  @Test("the statement is the file's own, so that what Postgres says of it has a place there")
  func statement() throws {
    let statement = try view("-- É.\nCREATE VIEW \"Regions\" AS\n  SELECT regon FROM region_health;\n").createStatement
    #expect(statement.text == "CREATE VIEW \"Regions\" AS\nSELECT regon FROM region_health")
    let place = statement.place(ofCharacter: 33)
    #expect(place == FilePlace(path: "sql/views/x.sql", line: 3, column: 10))
  }

  @Test(
    "it reads what stands in any FROM without a schema, and no common table expression that hides it",
    arguments: [
      ("SELECT 1 AS a", []),
      ("SELECT * FROM region_health AS r JOIN device_stats USING (window_start)", ["region_health", "device_stats"]),
      ("SELECT a FROM public.region_health, (SELECT 1 AS a FROM t) AS s", ["t"]),
      ("SELECT (SELECT max(n) FROM t) AS a FROM u WHERE EXISTS (SELECT FROM v)", ["t", "u", "v"]),
      ("SELECT a FROM t UNION ALL SELECT a FROM (SELECT a FROM u) AS s", ["t", "u"]),
      ("WITH t AS (SELECT a FROM u) SELECT a FROM t", ["u"]),
      ("WITH t AS (SELECT a FROM t WHERE a > 1) SELECT a FROM t", ["t"]),
      ("WITH a AS (SELECT 1 AS n FROM b), b AS (SELECT n FROM a) SELECT n FROM b", ["b"]),
      ("WITH RECURSIVE t AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM t WHERE a < 5) SELECT a FROM t", []),
      ("SELECT a FROM (WITH t AS (SELECT 1 AS a) SELECT a FROM t) AS s, t", ["t"]),
      ("TABLE t", ["t"]), ("VALUES (1)", []),
    ] as [(String, [String])])
  func reads(_ select: String, _ expected: [String]) throws {
    #expect(try Set(view("CREATE VIEW x AS \(select)").reads) == Set(expected))
  }

  @Test("views stand behind those that they read, whatever the order of their files")
  func ordered() throws {
    let order = try order([
      ("a", "SELECT * FROM c JOIN b USING (region)"), ("b", "SELECT region FROM d"),
      ("c", "SELECT region FROM region_health"), ("d", "SELECT region FROM c"), ("e", "SELECT 1 AS one"),
    ])
    #expect(order == ["c", "e", "d", "b", "a"])
  }

  @Test("a circle is refused where it is closed, and what reads it is not blamed")
  func circle() {
    let errors = errors {
      try self.order([
        ("a", "SELECT * FROM b"), ("b", "SELECT * FROM region_health, c"), ("c", "SELECT * FROM b"),
        ("d", "SELECT * FROM e"), ("e", "SELECT * FROM d"),
      ])
    }
    #expect(
      errors.map(\.description) == [
        """
        sql/views/c.sql:1:32: views read one another in a circle: c → b → c near "b"
          hint: let one of them read aggregates alone
        """,
        """
        sql/views/e.sql:1:32: views read one another in a circle: e → d → e near "d"
          hint: let one of them read aggregates alone
        """,
      ])
  }

  @Test("two files do not define one view")
  func twice() {
    let errors = errors {
      try views([
        SourceFile(path: "sql/views/a.sql", text: "CREATE VIEW v AS SELECT 1 AS a"),
        SourceFile(path: "sql/views/b.sql", text: "CREATE VIEW v AS SELECT 2 AS a"),
      ])
    }
    #expect(
      errors.map(\.description) == [
        "sql/views/b.sql:1:13: sql/views/a.sql defines v already near \"v\"\n  hint: give it another name"
      ])
  }

  @Test("views over a relation are found through other views, and so is what a view needs")
  func closure() throws {
    let all = try views(
      [
        ("a", "SELECT * FROM region_health"), ("b", "SELECT * FROM a, c"), ("c", "SELECT * FROM device_stats"),
        ("d", "SELECT * FROM b"),
      ].map { SourceFile(path: "\($0.0).sql", text: "CREATE VIEW \($0.0) AS \($0.1)") })
    #expect(all.reading(["region_health"]).map(\.name) == ["a", "b", "d"])
    #expect(all.reading(["device_stats"]).map(\.name) == ["c", "b", "d"])
    #expect(all.needed(for: ["b"]).map(\.name) == ["a", "c", "b"])
    #expect(all.needed(for: ["region_health"]).isEmpty)
  }
}

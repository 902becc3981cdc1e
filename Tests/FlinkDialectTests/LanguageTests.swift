import FlinkDialect
import Project
import Testing

/// A project of one stream and one aggregate.
private func project(
  _ aggregate: String, stream: String? = nil, others: [ProjectFile] = []
) throws -> Project {
  let columns =
    stream ?? """
      at timestamptz NOT NULL, shop text NOT NULL, note text, amount integer NOT NULL, large bigint NOT NULL,
      price numeric(12,2) NOT NULL, ratio double precision NOT NULL, id uuid NOT NULL, tags jsonb, is_new boolean
      """
  let definition = """
    CREATE FOREIGN TABLE orders (
    \(columns)
    ) SERVER kafka OPTIONS (topic 'orders', format 'json', event_time 'at');
    """
  let files = [
    ProjectFile(path: "sql/streams/orders.sql", text: definition),
    ProjectFile(path: "sql/aggregates/a.sql", text: "-- About orders.\n" + aggregate),
  ]
  return try Project(ProjectFiles(files + others, name: "test"))
}

private let minute = "tumble(at, INTERVAL '1 minute')"

private func view(_ items: String, _ tail: String = "FROM orders GROUP BY \(minute), shop") -> String {
  "CREATE MATERIALIZED VIEW a AS SELECT shop, \(items) \(tail);"
}

@Suite struct LanguageTests {
  @Test(
    "what means the same is said",
    arguments: [
      ("count(*) FILTER (WHERE note IS NULL)", "COUNT(*) FILTER (WHERE (`note` IS NULL))"),
      ("count(tags)", "COUNT(`tags`)"),
      ("sum(large)", "SUM(CAST(`large` AS DECIMAL(38, 0)))"),
      ("sum(price)", "SUM(CAST(`price` AS DECIMAL(38, 2)))"),
      ("bool_or(is_new)", "(MAX(CASE WHEN `is_new` THEN 1 WHEN NOT `is_new` THEN 0 END) = 1)"),
      (
        "count(*) FILTER (WHERE lower(note COLLATE \"C\") = 'x')",
        "(TRANSLATE(`note`, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = 'x')"
      ),
      ("sum(amount / 100)", "SUM(CAST((`amount` / 100) AS BIGINT))"),
      ("sum(ratio / NULLIF(ratio, 0))", "(`ratio` / (CASE WHEN (`ratio` = "),
      ("sum(amount::bigint * 1000)", "(CAST(`amount` AS BIGINT) * "),
      ("max(price + 1.50)", "MAX((`price` + CAST('1.50' AS DECIMAL(3, 2))))"),
      ("count(*) FILTER (WHERE note COLLATE \"C\" ~* 'bot|spider')", "REGEXP(`note`, '(?i)bot|spider')"),
      ("max(split_part(left(note, 20), '?', 1) COLLATE \"C\")", "SPLIT_INDEX(SUBSTRING(`note` FROM 1 FOR 20), '?', 0)"),
      ("max(concat(note, 'x') COLLATE \"C\")", "CONCAT(COALESCE(`note`, ''), COALESCE('x', ''))"),
      ("max(coalesce(note, '-') COLLATE \"C\")", "COALESCE(`note`, '-')"),
      ("count(*) FILTER (WHERE note LIKE 'a%')", "(`note` LIKE 'a%')"),
      (
        "var_pop(amount)",
        "SUM(CAST(CAST(`amount` AS DECIMAL(10, 0)) * CAST(`amount` AS DECIMAL(10, 0)) AS DECIMAL(38, 0)))"
      ),
      ("stddev_samp(ratio)", "(VAR_POP(`ratio`) * COUNT(`ratio`))"),
      ("first(note COLLATE \"C\")", "SUBSTRING(MIN(DATE_FORMAT(`event time`, 'yyyyMMddHHmmssSSS') || `note`)"),
      ("approx_count_distinct(note)", "COUNT(DISTINCT `note`)"),
    ])
  func said(_ definition: String, _ text: String) throws {
    let export = try FlinkExport(project(view("\(definition) AS x")))
    let found = export.line("30_statements.sql") + export.line("10_sources.sql")
    #expect(found.contains(text), "\(found)")
  }

  @Test(
    "what would mean something else is refused by name, where it stands",
    arguments: [
      ("sum(amount + 1)", "+ of whole numbers"),
      ("sum(large * 2)", "* of whole numbers"),
      ("sum(ratio / amount)", "a division by zero"),
      ("sum(round(ratio))", "round(double precision)"),
      ("sum(sqrt(ratio))", "sqrt(double precision)"),
      ("sum(note::integer)", "a cast of text to integer"),
      ("max(ratio::text COLLATE \"C\")", "a cast of double precision to text"),
      ("max((tags ->> 'host') COLLATE \"C\")", "jsonb"),
      ("approx_count_distinct(id)", "uuid"),
      ("percentile_disc(0.5) WITHIN GROUP (ORDER BY ratio)", "percentile_disc"),
      ("mode() WITHIN GROUP (ORDER BY amount)", "mode"),
      ("approx_top_k(amount, 3)", "approx_top_k"),
      ("corr(ratio, price)", "corr"),
      ("histogram(ratio, ARRAY[1.0, 2.0])", "histogram"),
      ("count(*) FILTER (WHERE note LIKE 'a_')", "LIKE"),
      ("count(*) FILTER (WHERE note COLLATE \"C\" ~ '^a.b$')", "regular expression"),
      ("count(*) FILTER (WHERE initcap(note COLLATE \"C\") = 'x')", "initcap"),
      ("last(ratio)", "last"),
    ])
  func refused(_ definition: String, _ text: String) throws {
    let project = try project(view("\(definition) AS x"))
    let refusals = try #require(throws: FlinkRefusals.self) { try FlinkExport(project) }.refusals
    #expect(refusals.contains { $0.subject == "a" && $0.message.contains(text) && !$0.hint.isEmpty }, "\(refusals)")
    for refusal in refusals {
      let error = project.refusal(of: refusal.subject, near: refusal.word, message: refusal.message, hint: refusal.hint)
      #expect(error.path == "sql/aggregates/a.sql" && error.line == 2 && error.column > 1, "\(error)")
    }
  }

  @Test("all that is refused is said at once")
  func all() throws {
    let project = try project(
      view("sum(amount + 1) AS x, mode() WITHIN GROUP (ORDER BY amount) AS y, sum(round(ratio)) AS z"))
    let refusals = try #require(throws: FlinkRefusals.self) { try FlinkExport(project) }.refusals
    #expect(refusals.count == 3)
  }

  @Test(
    "windows",
    arguments: [
      ("tumble(at, INTERVAL '5 minutes')", "TUMBLE(TABLE `a_rows`, DESCRIPTOR(`event time`), INTERVAL '5' MINUTE)"),
      ("tumble(at, INTERVAL '7 minutes')", "INTERVAL '7' MINUTE, INTERVAL '"),
      ("tumble(at, INTERVAL '1 day')", "INTERVAL '1' DAY)"),
      // A multiple of days that 2000-01-01 is no multiple of.
      ("tumble(at, INTERVAL '7 days')", "INTERVAL '7' DAY, INTERVAL '2' DAY)"),
      (
        "hop(at, INTERVAL '1 minute', INTERVAL '5 minutes')",
        "TUMBLE(TABLE `a_rows`, DESCRIPTOR(`event time`), INTERVAL '1' MINUTE)"
      ),
      (
        "session(at, INTERVAL '2 minutes')",
        "SESSION(TABLE `a_rows` PARTITION BY (`key shop`), DESCRIPTOR(`event time`), INTERVAL '119.999' SECOND(3, 3))"
      ),
      ("session(at, INTERVAL '2 minutes', INTERVAL '1 hour')", "PARTITION BY (`key shop`, `session piece`)"),
    ])
  func windows(_ window: String, _ text: String) throws {
    let export = try FlinkExport(project(view("count(*) AS x", "FROM orders GROUP BY \(window), shop")))
    #expect(export.line("30_statements.sql").contains(text), "\(export.text("30_statements.sql"))")
  }

  @Test("a hop of sketches is Flink's own, for its panes cannot be added up")
  func hop() throws {
    let export = try FlinkExport(
      project(
        view(
          "approx_count_distinct(note) AS x",
          "FROM orders GROUP BY hop(at, INTERVAL '1 minute', INTERVAL '5 minutes'), shop")))
    #expect(
      export.line("30_statements.sql").contains(
        "HOP(TABLE `a_rows`, DESCRIPTOR(`event time`), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)"))
  }

  @Test(
    "what concerns an aggregate as a whole is refused",
    arguments: [
      (view("count(*) AS x", "FROM orders GROUP BY tumble(at, INTERVAL '1 month'), shop"), "months"),
      (view("count(*) AS x", "FROM orders GROUP BY tumble(at, INTERVAL '1 day', 'Asia/Tokyo'), shop"), "time zone"),
      (view("count(*) AS x", "FROM orders GROUP BY \(minute), shop HAVING count(*) > 2"), "HAVING"),
      ("CREATE MATERIALIZED VIEW a AS SELECT note, count(*) AS x FROM orders GROUP BY \(minute), note;", "can be NULL"),
    ])
  func whole(_ definition: String, _ text: String) throws {
    let refusals = try #require(throws: FlinkRefusals.self) { try FlinkExport(project(definition)) }.refusals
    #expect(refusals.count == 1 && refusals[0].message.contains(text), "\(refusals)")
  }

  @Test("values within documents are records of the table; NOT NULL and varchar are conditions of the view")
  func documents() throws {
    let export = try FlinkExport(
      project(
        view("max(city COLLATE \"C\") AS x"),
        stream: """
          at timestamptz OPTIONS (unit 'milliseconds') NOT NULL, shop varchar(10) NOT NULL,
          city text OPTIONS (path 'place.city')
          """))
    let sources = export.line("10_sources.sql")
    for part in [
      "`place` ROW<`city` STRING>", "`at` BIGINT",
      "COALESCE(CAST(TO_TIMESTAMP_LTZ(`at`, 3) AS TIMESTAMP_LTZ(3)), TO_TIMESTAMP_LTZ(0, 3))",
      "`place`.`city` AS `city`", "SUBSTRING(`shop` FROM 1 FOR 10) AS `shop`", "`shop` FROM 1 FOR 10) IS NOT NULL",
    ] {
      #expect(sources.contains(part), "\(part)\n\(sources)")
    }
  }

  @Test("reference tables are looked up by JDBC")
  func joins() throws {
    let reference = ProjectFile(
      path: "sql/references/shops.sql",
      text: "CREATE TABLE shops (shop text PRIMARY KEY, city text NOT NULL);")
    let definition = """
      CREATE MATERIALIZED VIEW a AS SELECT shops.city, count(*) AS x
      FROM orders JOIN shops ON shops.shop = orders.shop GROUP BY \(minute), shops.city;
      """
    let export = try FlinkExport(project(definition, others: [reference]))
    let sources = export.line("10_sources.sql")
    #expect(sources.contains("FOR SYSTEM_TIME AS OF j.`processed at` AS r1 ON r1.`shop` = j.`shop`"), "\(sources)")
    #expect(sources.contains("'lookup.cache' = 'PARTIAL'"))
  }
}

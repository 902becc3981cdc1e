import Dialects
import Events
import Plan
import SQLFrontend
import Testing

/// Tables of reference data: how they are declared, and what a definition that is joined with them means.
@Suite struct JoinTests {
  private static let contents = """
    -- What is known of a piece of content.
    CREATE TABLE contents (
      content_id text PRIMARY KEY,
      -- Who has published it.
      publisher varchar(80) NOT NULL,
      tier integer,
      owner uuid
    ) WITH (refresh = '5 seconds');
    """
  private static let prices = """
    CREATE TABLE prices (
      content_id text, region text, price numeric(12,2) NOT NULL, since timestamptz, until timestamptz,
      UNIQUE (content_id, region, since)
    ) WITH (valid_from = 'since', valid_to = 'until');
    """

  private static func references(_ texts: [String] = [contents, prices]) -> ParsedReferences {
    parseReferences(texts.enumerated().map { SourceFile(path: "r\($0).sql", text: $1) })
  }

  /// The aggregate of a SELECT that ends with its FROM, and perhaps WHERE.
  private static func plan(
    _ select: String, by keys: String = "", _ references: ParsedReferences = references()
  ) throws -> (stream: StreamPlan, aggregate: AggregatePlan) {
    let text = "CREATE MATERIALIZED VIEW x AS\n\(select)\nGROUP BY tumble(\"timestamp\", INTERVAL '1 minute')\(keys);"
    let plan = try planStream(
      downloads(), references: references, aggregates: [SourceFile(path: "x.sql", text: text)], fields: Fields.schema)
    return (plan, try #require(plan.aggregates.first))
  }

  private static func filter(_ select: String) throws -> String? {
    let (stream, aggregate) = try plan(select)
    return aggregate.filter?.sql { stream.columns[$0].path.joined(separator: ".") }
  }

  // MARK: Declarations

  @Test("a declaration says columns, key and how often the table is looked at")
  func declaration() throws {
    let parsed = Self.references()
    #expect(parsed.errors.isEmpty)
    let contents = try #require(parsed.references.first)
    #expect(contents.name == "contents")
    #expect(contents.comment == "What is known of a piece of content.")
    #expect(contents.columns.map(\.name) == ["content_id", "publisher", "tier", "owner"])
    #expect(contents.columns.map(\.type) == [.text, .text, .integer, .uuid])
    #expect(contents.columns.map(\.isNullable) == [false, false, true, true])
    #expect(contents.columns[1].comment == "Who has published it.")
    #expect(contents.key == [0])
    #expect(contents.refreshMicroseconds == 5_000_000)
    #expect(contents.validity == nil)
  }

  @Test("what says when a row is valid is no part of the key")
  func validity() throws {
    let prices = try #require(Self.references().references.last)
    #expect(prices.keyNames == ["content_id", "region"])
    #expect(prices.validity == .init(from: 3, to: 4))
    #expect(prices.refreshMicroseconds == 30_000_000)
  }

  @Test(
    "a declaration that cannot be used is refused at its place",
    arguments: [
      ("CREATE TABLE t (a text)", "1:14: the key is missing near \"t\""),
      ("CREATE TABLE t (a numeric(5,2) PRIMARY KEY)", "1:32: a key cannot be numeric near \"PRIMARY\""),
      ("CREATE TABLE t (a text, PRIMARY KEY (b))", "1:25: there is no column b near \"PRIMARY\""),
      ("CREATE TABLE t (a text UNIQUE, b text UNIQUE)", "1:39: a table of reference data has one key near \"UNIQUE\""),
      (
        "CREATE TABLE t (a text DEFAULT 'x' PRIMARY KEY)",
        "1:24: DEFAULT has no meaning here: the table is made elsewhere, and its columns are only declared near \"DEFAULT\""
      ),
      ("CREATE TABLE t (a text PRIMARY KEY, a text)", "1:37: two columns are called a near \"a\""),
      ("CREATE TABLE t (a money PRIMARY KEY)", "1:19: the type money is not supported near \"money\""),
      (
        "CREATE TABLE t (a text PRIMARY KEY) WITH (refersh = '1 second')",
        "1:43: there is no option \"refersh\" near \"refersh\""
      ),
      (
        "CREATE TABLE t (a text PRIMARY KEY) WITH (refresh = '1 millisecond')",
        "1:43: a table is looked at again after 100 milliseconds to 1 day near \"refresh\""
      ),
      (
        "CREATE TABLE t (a text PRIMARY KEY, b date) WITH (valid_from = 'b')",
        "1:51: valid_from is compared with the event time, a timestamptz, and b is date near \"valid_from\""
      ),
      (
        "CREATE TABLE alerts (a text PRIMARY KEY)",
        "1:14: the name alerts is taken: a table or index of StreamPulse's own is called so near \"alerts\""
      ),
      ("CREATE VIEW t AS SELECT 1", "1:1: a table of reference data is not declared like this near \"CREATE\""),
      (
        "CREATE TABLE s.t (a text PRIMARY KEY)", "1:14: a schema is not supported here near \"s.t\""
      ),
    ])
  func refusedDeclarations(text: String, expected: String) {
    let errors = Self.references([text]).errors.map { $0.description.split(separator: "\n")[0] }
    #expect(errors == ["r0.sql:\(expected)"])
  }

  @Test("a table is declared once")
  func twice() {
    #expect(
      Self.references([Self.contents, "CREATE TABLE contents (a text PRIMARY KEY);"]).errors.map(\.message) == [
        "r0.sql declares contents already"
      ])
  }

  // MARK: Definitions

  @Test("columns of a joined table are keys, arguments and conditions as those of the event are")
  func columns() throws {
    let (_, aggregate) = try Self.plan(
      """
      SELECT c.publisher, count(*) AS n, max(tier) AS tier, count(*) FILTER (WHERE c.tier > 1) AS paid
      FROM content_downloads LEFT JOIN contents AS c ON c.content_id = content.content_id
      WHERE publisher <> 'x'
      """, by: ", c.publisher")
    #expect(aggregate.joins.map(\.alias) == ["c"])
    #expect(aggregate.joins.map(\.isOuter) == [true])
    let key = try #require(aggregate.keys.first)
    #expect(key.name == "publisher")
    #expect(key.isNullable)
    #expect(key.comment == "Who has published it.")
    #expect(aggregate.accumulators.map(\.type) == [.bigint, .integer, .bigint])
  }

  @Test("a join without LEFT leaves events out that have no row, before WHERE looks at them")
  func inner() throws {
    #expect(
      try Self.filter(
        "SELECT count(*) AS n FROM content_downloads JOIN contents ON content.content_id = contents.content_id")
        == "NOT (contents.content_id IS NULL)")
    #expect(
      try Self.filter(
        """
        SELECT count(*) AS n FROM content_downloads JOIN contents c ON c.content_id = content.content_id
        WHERE 10 / tier > 1
        """) == "(NOT (c.content_id IS NULL)) AND ((10 / c.tier) > 1)")
  }

  @Test("a column that is NOT NULL is a key without NULLs where every event has a row")
  func nullability() throws {
    let from = "FROM content_downloads JOIN contents c ON c.content_id = content.content_id"
    let inner = try Self.plan("SELECT c.publisher, count(*) AS n \(from)", by: ", 1")
    #expect(inner.aggregate.keys.map(\.isNullable) == [false])
    let outer = try Self.plan(
      "SELECT c.publisher, count(*) AS n \(from.replacing("JOIN", with: "LEFT JOIN"))", by: ", 1")
    #expect(outer.aggregate.keys.map(\.isNullable) == [true])
  }

  @Test("a value that is valid for a time is looked up with the event time")
  func operands() throws {
    let (stream, aggregate) = try Self.plan(
      """
      SELECT sum(p.price) AS revenue FROM content_downloads
      JOIN prices p ON p.region = "user".region AND p.content_id = content.content_id
      """)
    let argument = try #require(aggregate.accumulators.first?.argument)
    guard case .lookup(let value, let operands) = argument else {
      Issue.record("no look-up: \(argument)")
      return
    }
    #expect(value.hasValidity)
    let paths = operands.map { operand in operand.sql { stream.columns[$0].path.joined(separator: ".") } }
    #expect(paths == ["content.content_id", "user.region", "timestamp"])
  }

  @Test("a join may use columns of the table before it, constants and expressions")
  func expressions() throws {
    let (_, aggregate) = try Self.plan(
      """
      SELECT max(d.tier) AS n FROM content_downloads
      LEFT JOIN contents c ON c.content_id = replace(content.content_id, 'a', 'b')
      LEFT JOIN contents d ON d.content_id = c.publisher
      LEFT JOIN prices p ON p.content_id = 'a' AND p.region = 'eu'
      """)
    #expect(aggregate.joins.map(\.alias) == ["c", "d", "p"])
  }

  @Test("the batch joins the same rows: declared columns, and of those of a key the valid one")
  func batch() throws {
    let (stream, aggregate) = try Self.plan(
      """
      SELECT c.publisher, sum(p.price) AS revenue FROM content_downloads
      JOIN contents AS c ON c.content_id = content_downloads.content.content_id
      LEFT JOIN prices p ON p.content_id = content.content_id AND p.region = "user".region
      """, by: ", c.publisher")
    let text = try BatchSelect(aggregate, of: stream, events: "(SELECT 1)").text
    #expect(
      text.contains(
        """
        JOIN (SELECT "streampulse reference".content_id::text COLLATE "C" AS content_id, \
        "streampulse reference".publisher::text COLLATE "C" AS publisher, "streampulse reference".tier AS tier, \
        "streampulse reference".owner AS owner FROM contents AS "streampulse reference") AS c \
        ON c.content_id = content.content_id
        LEFT JOIN LATERAL (SELECT
        """.replacing("(SELECT\n", with: "(SELECT")))
    #expect(
      text.contains(
        """
        WHERE ("streampulse reference".since IS NULL OR "streampulse reference".since <= \
        content_downloads."timestamp") AND ("streampulse reference".until IS NULL OR \
        content_downloads."timestamp" < "streampulse reference".until)) AS p ON p.content_id = content.content_id
        """))
  }

  @Test("the table's shape tells what it is joined with, and how")
  func shape() throws {
    let (stream, aggregate) = try Self.plan(
      "SELECT count(*) AS n FROM content_downloads LEFT JOIN prices p ON p.content_id = content.content_id AND p.region = 'eu'"
    )
    #expect(
      TableShape(aggregate, of: stream).description.contains(
        "join p: LEFT JOIN prices ON p.content_id = content.content_id AND p.region = 'eu', valid from since to until"))
  }

  // MARK: What is refused

  @Test(
    "a join that is no look-up of one row is refused at its place",
    arguments: [
      ("JOIN contnets ON true", "2:29: there is no table contnets to join with", "did you mean contents?"),
      (
        "JOIN contents ON true", "2:41: a join compares columns of the table with something of the event, by =",
        "ON contents.content_id = …"
      ),
      (
        "JOIN contents ON contents.content_id < content.content_id", "2:61: a join compares columns",
        "other conditions stand in WHERE"
      ),
      ("JOIN contents ON contents.content_id = contents.publisher", "2:61: a join compares columns", "WHERE"),
      ("JOIN contents ON contents.content_id = content.content_id OR true", "2:", "WHERE"),
      (
        "JOIN contents ON contents.publisher = content.content_id",
        "2:60: contents.publisher does not belong to the table's key", "contents.content_id = …"
      ),
      (
        "JOIN prices ON prices.content_id = content.content_id",
        "2:57: the join does not say which row: prices.region is compared with nothing", "AND prices.region = …"
      ),
      (
        "JOIN contents ON contents.content_id = extra.big", "2:61: content_id is text, and is compared with bigint",
        "(…)::text"
      ),
      ("JOIN contents USING (content_id)", "2:24: USING is not supported", "ON table.content_id = stream.content_id"),
      ("NATURAL JOIN contents", "2:24: NATURAL JOIN is not supported", "[LEFT] JOIN"),
      ("CROSS JOIN contents", "2:24: CROSS JOIN is not supported: a join names one row", "[LEFT] JOIN"),
      ("RIGHT JOIN contents ON true", "2:24: RIGHT JOIN is not supported: rows come of events", "LEFT JOIN"),
      ("FULL OUTER JOIN contents ON true", "2:24: FULL JOIN is not supported: rows come of events", "LEFT JOIN"),
      (
        "JOIN (SELECT 1 AS content_id) AS c ON true", "2:24: only tables are joined, not subqueries or functions",
        "sql/references"
      ),
      ("JOIN (contents a JOIN prices b ON true) ON true", "2:", "one JOIN behind the other"),
      ("JOIN content_downloads ON true", "2:29: a stream is not joined with itself", "one row of a table"),
      ("JOIN public.contents ON true", "2:29: a schema is not supported here", "bare name"),
      (
        "JOIN contents AS content ON content.content_id = '1'", "2:29: content is a record of the stream, too",
        "AS content_table"
      ),
      (
        "JOIN contents ON contents.content_id = 'a' JOIN contents ON contents.content_id = 'b'",
        "2:72: FROM names contents twice", "AS"
      ),
      (
        "JOIN contents ON contents.content_id = 'a' WHERE contents.publsher = 'x'",
        "2:73: r0.sql declares no column publsher",
        "did you mean contents.publisher?"
      ),
    ])
  func refused(join: String, message: String, hint: String) {
    let errors = errors {
      try Self.plan("SELECT count(*) AS n\nFROM content_downloads \(join)")
    }
    #expect(errors.count == 1)
    let found = errors.first.map { "\($0.line - 1):\($0.column): \($0.message)" } ?? ""
    #expect(found.hasPrefix(message), "\(found)")
    let advice = errors.first?.hint ?? "none"
    #expect(advice.contains(hint))
  }

  @Test("a name that both the stream and a table have is ambiguous")
  func ambiguous() {
    let clocks = Self.references(["CREATE TABLE clocks (id text PRIMARY KEY, \"timestamp\" timestamptz);"])
    let errors = errors {
      try Self.plan(
        "SELECT max(\"timestamp\") AS n FROM content_downloads JOIN clocks ON clocks.id = content.content_id", clocks)
    }
    #expect(errors.map(\.message).contains("the column \"timestamp\" is ambiguous"))
    // A record's field is one, too, where Postgres reads the definition.
    let fields = Self.errorsOf("max(content_id) AS n FROM content_downloads JOIN contents c ON c.content_id = 'a'")
    #expect(fields.contains("the column content_id is ambiguous"))
  }

  private static func errorsOf(_ select: String) -> [String] {
    errors { try plan("SELECT \(select)") }.map(\.message)
  }

  @Test("more tables than are looked up for an event are refused")
  func tooMany() {
    let joins = (1...5).map { " LEFT JOIN contents c\($0) ON c\($0).content_id = 'a'" }.joined()
    let errors = errors { try Self.plan("SELECT count(*) AS n FROM content_downloads\(joins)") }
    #expect(errors.map(\.message) == ["a stream is joined with at most 4 tables"])
  }

  @Test("an aggregate over a table whose declaration is wrong is not to blame")
  func unjudged() throws {
    let stream = SourceFile(
      path: "s.sql", text: Files.text(of: Files.repository + "/sql/streams/content_downloads.sql"))
    let text = """
      CREATE MATERIALIZED VIEW x AS SELECT c.nonsense, count(*) AS n
      FROM content_downloads JOIN contents c ON c.content_id = content.content_id
      GROUP BY tumble("timestamp", INTERVAL '1 minute'), 1;
      """
    let planned = planStreams(
      parseStreams([stream]), fields: { _ in Fields.schema },
      references: Self.references(["CREATE TABLE contents (content_id text);"]),
      aggregates: [SourceFile(path: "x.sql", text: text)])
    #expect(planned.errors.isEmpty)
    #expect(planned.unjudged.map(\.description) == ["aggregate x, which needs contents"])
  }

  @Test("an aggregate cannot be called like a table of reference data")
  func names() {
    let text = """
      CREATE MATERIALIZED VIEW contents AS SELECT count(*) AS n FROM content_downloads
      GROUP BY tumble("timestamp", INTERVAL '1 minute');
      """
    let errors = errors {
      try planStream(
        downloads(), references: Self.references(), aggregates: [SourceFile(path: "x.sql", text: text)],
        fields: Fields.schema)
    }
    #expect(errors.map(\.message) == ["r0.sql declares a table contents, which the rows would be stored in"])
  }
}

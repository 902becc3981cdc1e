import Plan
import Postgres
import Storage
import TestThreads
import Testing

@testable import ProcessingTestSupport

/// A table that is not what its file declares is refused before anything depends on it.
@Suite(.blocking) struct ReferenceCheckTests {
  private let connection: PostgresConnection

  init() throws {
    connection = try PostgresConnection(TestCluster.makeDatabase())
  }

  private func fault(_ table: String, of declaration: String = contents) throws -> String? {
    try connection.execute(table)
    return try ReferenceCheck(connection).fault(of: try declared(declaration))?.description
  }

  @Test(
    "a table that has the columns, with types of the same values, can be used",
    arguments: [
      "CREATE TABLE contents (content_id text PRIMARY KEY, publisher text, tier integer)",
      "CREATE TABLE contents (tier integer, more jsonb, publisher varchar(20), content_id varchar UNIQUE)",
      "CREATE TABLE contents (content_id text, publisher text, tier integer) PARTITION BY HASH (content_id); CREATE UNIQUE INDEX ON contents (content_id)",
      "CREATE VIEW contents AS SELECT 'a'::text AS content_id, 'b'::text AS publisher, 1 AS tier",
    ])
  func fits(_ table: String) throws {
    #expect(try fault(table) == nil)
  }

  @Test("a table that is missing is shown with its declaration")
  func missing() throws {
    #expect(
      try fault("SELECT 1") == """
        sql/references/r.sql:1:14: there is no table contents
          hint: create and fill it: CREATE TABLE contents (content_id text, publisher text, tier integer, \
        UNIQUE (content_id));
        """)
  }

  @Test(
    "what does not fit is said with the column and both types",
    arguments: [
      (
        "CREATE TABLE contents (content_id text PRIMARY KEY, tier integer)",
        "the table contents has no column publisher"
      ),
      (
        "CREATE TABLE contents (content_id text PRIMARY KEY, publisher text, tier bigint)",
        "the column tier of the table contents is bigint, and declared integer"
      ),
      (
        "CREATE TABLE contents (content_id char(8) PRIMARY KEY, publisher text, tier integer)",
        "the column content_id of the table contents is character(8), and declared text"
      ),
      (
        "CREATE TABLE contents (content_id text, publisher text, tier integer)",
        "nothing keeps content_id unique in the table contents: a join could find more than one row"
      ),
      (
        "CREATE TABLE contents (content_id text, publisher text, tier integer, UNIQUE (content_id, tier))",
        "nothing keeps content_id unique in the table contents: a join could find more than one row"
      ),
      (
        """
        CREATE TABLE contents (content_id text, publisher text, tier integer);
        CREATE UNIQUE INDEX ON contents (content_id) WHERE tier > 1
        """, "nothing keeps content_id unique in the table contents: a join could find more than one row"
      ),
    ])
  func unfit(_ table: String, _ message: String) throws {
    let fault = try #require(try fault(table))
    #expect(fault.hasPrefix("sql/references/r.sql:1:14: \(message)\n  hint: "), "\(fault)")
  }

  @Test("a column that is declared NOT NULL is one in the table")
  func nullability() throws {
    let fault = try fault(
      "CREATE TABLE t (a text PRIMARY KEY, b text)", of: "CREATE TABLE t (a text PRIMARY KEY, b text NOT NULL);")
    #expect(fault?.contains("the column b of the table t can be NULL, and is declared NOT NULL") == true)
  }

  @Test("places of a numeric count, its digits do not")
  func numeric() throws {
    try connection.execute("CREATE TABLE t (a text PRIMARY KEY, n numeric(20,2))")
    let check = ReferenceCheck(connection)
    #expect(try check.fault(of: try declared("CREATE TABLE t (a text PRIMARY KEY, n numeric(10,2));")) == nil)
    #expect(try check.fault(of: try declared("CREATE TABLE t (a text PRIMARY KEY, n numeric(10,3));")) != nil)
  }

  @Test("rows with a validity need no unique key: reading them judges that")
  func validity() throws {
    let fault = try fault(
      "CREATE TABLE t (a text, since timestamptz)",
      of: "CREATE TABLE t (a text, since timestamptz, UNIQUE (a, since)) WITH (valid_from = 'since');")
    #expect(fault == nil)
  }

  @Test("missing tables can be made as they are declared; what is there stays as it is")
  func making() throws {
    let references = [
      try declared(contents),
      try declared("CREATE TABLE t (a text, b timestamptz, UNIQUE (a, b)) WITH (valid_from = 'b');"),
    ]
    let check = ReferenceCheck(connection)
    try check.makeMissing(references)
    try connection.execute("INSERT INTO contents VALUES ('a', 'Ann', 1)")
    try check.makeMissing(references)
    try check.require(references)
    #expect(try connection.query("SELECT count(*) FROM contents").integer(0, 0) == 1)
  }
}

import Dialects
import Glibc
import SQLFrontend
import Testing

/// Statements of any length and nesting are refused with a place, or planned, on a quarter of the stack that the
/// smallest thread of the product has (8 MiB).
@Suite struct NestingTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The text of `n` levels.
    var text: @Sendable (Int) -> String

    init(_ name: String, _ text: @escaping @Sendable (Int) -> String) {
      testDescription = name
      self.text = text
    }

    /// `n` times `open`, `core`, `n` times `close`.
    static func nested(_ open: String, _ core: String, _ close: String) -> Shape {
      Shape(open + "…" + close) { String(repeating: open, count: $0) + core + String(repeating: close, count: $0) }
    }
  }

  static let expressions: [Shape] = [
    .nested("(", "1", ")"), .nested("", "1", " + 1"), .nested("1 + (", "1", ")"), .nested("- ", "1", ""),
    .nested("+ ", "1", ""), .nested("~ ", "1", ""), .nested("NOT ", "true", ""), .nested("NOT (", "true", ")"),
    .nested("", "1", "::integer"), .nested("CAST(", "1", " AS integer)"), .nested("", "true", " AND true"),
    .nested("true AND (", "true", ")"), .nested("", "true", " OR true"), .nested("", "1", " || 1"),
    .nested("", "1", " = 1"), .nested("1 = (", "1", ")"), .nested("", "1", " ^ 1"), .nested("", "1", " @@ 1"),
    .nested("", "1", " OPERATOR(pg_catalog.+) 1"), .nested("CASE WHEN true THEN ", "1", " END"),
    .nested("CASE WHEN true THEN 1 ELSE ", "1", " END"), .nested("CASE ", "1", " WHEN 1 THEN 1 WHEN 2 THEN 2 END"),
    .nested("COALESCE(", "1", ", 1)"), .nested("NULLIF(", "extra.big", ", 1)"), .nested("f(", "1", ")"),
    .nested("GREATEST(", "1", ")"), .nested("", "a", "[1]"), .nested("a[", "1", "]"), .nested("", "a", ".b"),
    .nested("(", "a", ").b"), .nested("", "1", " IS NULL"), .nested("", "1", " ISNULL"), .nested("", "1", " IS TRUE"),
    .nested("", "1", " IS DOCUMENT"), .nested("", "'x'", " IS NORMALIZED"), .nested("", "'x'", " COLLATE \"C\""),
    .nested("", "1", " AT TIME ZONE 'x'"), .nested("(SELECT ", "1", ")"), .nested("EXISTS (SELECT ", "1", ")"),
    .nested("1 IN (SELECT ", "1", ")"), .nested("ARRAY[", "1", "]"), .nested("ROW(", "1", ")"),
    .nested("(1, ", "1", ")"), .nested("1 IN (", "1", ")"), .nested("extra.big IN (1, ", "2", ", 3)"),
    .nested("1 BETWEEN 1 AND (", "1", ")"), .nested("(", "extra.big", " BETWEEN 1 AND 2)"),
    .nested("(", "extra.flag", " IS DISTINCT FROM true)"), .nested("(", "extra.flag", " IN (true, false))"),
    .nested("'x' LIKE (", "'x'", ")"), .nested("1 = ANY (", "a", ")"), .nested("xmlelement(name a, ", "1", ")"),
    .nested("count(*) FILTER (WHERE ", "true", ")"), .nested("sum(1) OVER (PARTITION BY ", "1", ")"),
    .nested("/*", "", "*/ true"), .nested("", "'x'", "\n'x'"), .nested("", "1::integer", "[]"),
    Shape("IN (1, …)") { "1 IN (" + repeatElement("1", count: $0 + 1).joined(separator: ",") + ")" },
    Shape("IN (bigint, …)") { "extra.big IN (" + repeatElement("1", count: $0 + 1).joined(separator: ",") + ")" },
    Shape("CASE WHEN … WHEN …") { "CASE" + String(repeating: " WHEN true THEN true", count: $0 + 1) + " END" },
    Shape("1 = 1 OR …") { repeatElement("extra.big = 1", count: $0 + 1).joined(separator: " OR ") },
  ]

  static let selects: [Shape] = [
    .nested("", "SELECT 1", " UNION SELECT 1"), .nested("", "SELECT 1, 2", " UNION ALL SELECT 1, 2"),
    .nested("", "VALUES (1)", " INTERSECT VALUES (1)"), .nested("SELECT 1 EXCEPT (", "SELECT 1", ")"),
    .nested("(", "SELECT 1", ")"), .nested("", "SELECT 1 FROM a", " JOIN b ON true"),
    .nested("", "SELECT 1 FROM a", " CROSS JOIN b"), .nested("", "SELECT 1 FROM a", " NATURAL JOIN b"),
    .nested("", "SELECT 1 FROM a", ", b"), .nested("SELECT 1 FROM (", "SELECT 1", ") AS x"),
    .nested("WITH a AS (", "SELECT 1", ") SELECT 1"), .nested("SELECT 1 ORDER BY (", "1", ")"),
    .nested("SELECT 1 FROM a GROUP BY GROUPING SETS (", "a", ")"), .nested("", "VALUES (1)", ", (1)"),
    .nested("", "SELECT 1", "; SELECT 1"), .nested("", "SELECT 1", ", 1 AS a"),
  ]

  private static let stackBytes = 2 << 20
  private static let sizes = [40, 130, 4999]

  @Test("an expression of any depth is planned or refused with a place", arguments: expressions)
  func expression(_ shape: Shape) throws {
    for size in Self.sizes {
      let condition = shape.text(size)
      guard condition.utf8.count < 1 << 20 else { continue }
      let found = try onThread(stackBytes: Self.stackBytes) {
        errors {
          let stream = try plan(
            "CREATE MATERIALIZED VIEW x AS SELECT count(*) AS n FROM content_downloads\nWHERE \(condition)\n"
              + "GROUP BY tumble(\"timestamp\", INTERVAL '1 minute')")
          // Text and hash walk the whole plan.
          return (TableShape(stream.aggregates[0], of: stream), stream.aggregates[0].filter.hashValue)
        }
      }
      expectPlaced(found, size)
    }
  }

  @Test("an endpoint's SELECT of any depth is read or refused with a place", arguments: selects + expressions)
  func select(_ shape: Shape) throws {
    for size in Self.sizes {
      let text = shape.text(size)
      guard text.utf8.count < 1 << 20 else { continue }
      let select = text.contains("SELECT 1") || text.contains("VALUES") ? text : "SELECT \(text) AS x"
      let found = try onThread(stackBytes: Self.stackBytes) {
        errors {
          try parseEndpoint(
            SourceFile(path: "x.sql", text: "-- name: GET /x\n-- summary: x\n-- returns: rows\n\(select);"))
        }
      }
      expectPlaced(found, size)
    }
  }

  private func expectPlaced(_ errors: [DefinitionError], _ size: Int) {
    for error in errors {
      #expect(error.line >= 2 && !error.message.isEmpty, "\(size): \(error)")
    }
  }

  @Test("chains and lists of the size that people write are accepted")
  func ample() throws {
    let sum = repeatElement("extra.big", count: 100).joined(separator: " + ")
    let list = (0..<3000).map(String.init).joined(separator: ", ")
    let alternatives = (0..<1000).map { "extra.big = \($0)" }.joined(separator: " OR ")
    let branches = (0..<1000).map { "WHEN extra.big = \($0) THEN \($0)" }.joined(separator: "\n")
    for condition in [
      "\(sum) > 1", "(\(sum)) + (\(sum)) + (\(sum)) > 1", "extra.big IN (\(list))", alternatives,
      "CASE \(branches) END = 1",
    ] {
      #expect(errors { try plan(select: "count(*) AS n", where: condition) }.isEmpty)
    }
  }

  @Test("what is too deep is refused at the place where it gets too deep, with a way out")
  func tooDeep() throws {
    let sum = repeatElement("1", count: 200_000).joined(separator: "+")
    let long = try #require(errors { try plan(select: "count(*) AS n", where: "\n\(sum) > 1") }.first)
    #expect(long.line == 2)
    #expect(long.column > 9_000 && long.column < 11_000)
    #expect(long.message.hasPrefix("the statement is too deep"))
    #expect(long.hint?.contains("parentheses") == true)
    let shorter = repeatElement("1", count: 300).joined(separator: "+")
    let nested = try #require(errors { try plan(select: "count(*) AS n", where: "\n\(shorter) > 1") }.first)
    #expect(nested.line == 2)
    #expect(nested.message == "the statement is nested too deep")
    #expect(nested.hint?.contains("parentheses") == true)
  }

  @Test("operators that look at an operand twice do not double without end")
  func doubling() throws {
    let nested = String(repeating: "NULLIF(", count: 40) + "extra.big" + String(repeating: ", 1)", count: 40) + " = 1"
    let error = try #require(errors { try plan(select: "count(*) AS n", where: nested) }.first)
    #expect(error.message.contains("steps to evaluate"))
    #expect(error.hint?.contains("NULLIF") == true)
    let shallow = "NULLIF(NULLIF(NULLIF(extra.big, 1), 2), 3) = 4"
    #expect(errors { try plan(select: "count(*) AS n", where: shallow) }.isEmpty)
  }

  @Test("a file of nothing but errors is reported in little time")
  func manyErrors() {
    let annotations = String(repeating: "-- x: 1\n", count: 60_000)
    let count = errors { try parseEndpoint(SourceFile(path: "x.sql", text: annotations + "SELECT 1")) }.count
    #expect(count > 60_000)
    let items = (0..<100_000).map { "a\($0)" }.joined(separator: ", ")
    #expect(errors { try plan(select: items) }.count == 1)
  }
}

/// Runs `body` on a thread of its own with a stack of that size.
private func onThread(stackBytes: Int, _ body: @escaping () -> [DefinitionError]) throws -> [DefinitionError] {
  let job = Job(body)
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setstacksize(&attributes, stackBytes)
  var thread = pthread_t()
  let code = pthread_create(
    &thread, &attributes,
    { argument in
      if let argument { Unmanaged<Job>.fromOpaque(argument).takeUnretainedValue().run() }
      return nil
    }, Unmanaged.passUnretained(job).toOpaque())
  try #require(code == 0)
  pthread_join(thread, nil)
  return try #require(job.result)
}

private final class Job {
  let body: () -> [DefinitionError]
  private(set) var result: [DefinitionError]?

  init(_ body: @escaping () -> [DefinitionError]) { self.body = body }

  func run() { result = body() }
}

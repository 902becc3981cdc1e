import Dialects
import Events
import Functions
import Plan
import SQLFrontend
import Testing

/// What calls and operators of the catalogue become, shown as SQL.
@Suite struct FunctionTests {
  @Test(
    "functions of text: where the collation counts, it is written",
    arguments: [
      ("lower(content.title COLLATE \"C\") = 'a'", "lower((content.title COLLATE \"C\")) = 'a'"),
      (
        "upper(trim(content.title COLLATE \"C\") || 'x') = 'A'",
        "upper(((btrim(content.title) || 'x') COLLATE \"C\")) = 'A'"
      ),
      ("content.title LIKE 'a%'", "content.title LIKE 'a%'"),
      ("content.title NOT LIKE 'a!%\\' ESCAPE '!'", "content.title NOT LIKE 'a\\%\\\\'"),
      ("content.title COLLATE \"C\" ILIKE 'a%'", "(content.title COLLATE \"C\") ILIKE 'a%'"),
      ("content.title COLLATE \"C\" < 'm'", "(content.title COLLATE \"C\") < 'm'"),
      (
        "content.title COLLATE \"C\" BETWEEN 'a' AND 'm'",
        "((content.title COLLATE \"C\") >= 'a') AND ((content.title COLLATE \"C\") <= 'm')"
      ),
      ("greatest(content.title, 'a' COLLATE \"C\") = 'a'", "greatest((content.title COLLATE \"C\"), 'a') = 'a'"),
      ("position('a' IN content.title) = 1", "strpos(content.title, 'a') = 1"),
      ("substring(content.title FROM 2 FOR 3) = 'a'", "substring(content.title, 2, 3) = 'a'"),
      ("content.title || 1 = 'a1'", "(content.title || 1::text) = 'a1'"),
      ("concat(content.title, extra.big) = 'a1'", "concat(content.title, extra.big::text) = 'a1'"),
      ("content.title = ANY (ARRAY['a', 'b'])", "(content.title = 'a') OR (content.title = 'b')"),
      ("content.title <> ALL ('{a, NULL}')", "(content.title <> 'a') AND (content.title <> NULL::text)"),
      ("extra.big = ANY ('{}'::bigint[])", "false"),
      ("content.title LIKE ANY (ARRAY['a%', 'b%'])", "(content.title LIKE 'a%') OR (content.title LIKE 'b%')"),
    ])
  func texts(_ condition: String, _ expected: String) throws {
    #expect(try plannedCondition(condition) == expected)
  }

  @Test(
    "functions of numbers are chosen as Postgres chooses them",
    arguments: [
      ("sqrt(extra.big) > 1", "sqrt(extra.big::double precision) > '1.0'::double precision"),
      ("abs(extra.big) > 1", "abs(extra.big) > 1::bigint"),
      ("round(extra.price) = 1", "round(extra.price) = 1"),
      ("round(extra.price, 1) = 1.5", "round(extra.price, 1) = 1.5"),
      ("round(extra.big, 1) = 1.5", "round(extra.big::numeric, 1) = 1.5"),
      ("extra.price * 2 + 1 > 0.5", "((extra.price * 2) + 1) > 0.50"),
      ("content.size_gb::numeric(12, 2) = 1.5", "content.size_gb::numeric(12, 2) = 1.50"),
      ("- extra.price % 3 = 1", "((- extra.price) % 3) = 1.00"),
      ("extra.price > extra.big", "extra.price > extra.big::numeric"),
      (
        "greatest(extra.big, download.duration_seconds) = 1",
        "greatest(extra.big, download.duration_seconds::bigint) = 1::bigint"
      ),
      ("2 ^ 3 = content.size_gb", "('2.0'::double precision ^ '3.0'::double precision) = content.size_gb"),
    ])
  func numbers(_ condition: String, _ expected: String) throws {
    #expect(try plannedCondition(condition) == expected)
  }

  @Test(
    "functions of times and jsonb",
    arguments: [
      ("extract(hour FROM \"timestamp\") = 8", "extract(hour FROM \"timestamp\") = 8"),
      (
        "date_trunc('day', \"timestamp\", 'Europe/Berlin') = '2024-01-01'",
        "date_trunc('day', \"timestamp\", 'Europe/Berlin') = TIMESTAMPTZ '2024-01-01 00:00:00+00'"
      ),
      (
        "\"timestamp\" AT TIME ZONE 'UTC' > '2024-01-01'",
        "timezone('UTC', \"timestamp\") > TIMESTAMP '2024-01-01 00:00:00'"
      ),
      (
        "\"timestamp\" - INTERVAL '1 month' > '2024-01-01'",
        "(\"timestamp\" - INTERVAL '1 month') > TIMESTAMPTZ '2024-01-01 00:00:00+00'"
      ),
      ("extra.day + 1 = '2024-01-01'", "(extra.day + 1) = DATE '2024-01-01'"),
      ("extra.day - '2024-01-01' = 1", "(extra.day - DATE '2024-01-01') = 1"),
      (
        "date_bin('15 minutes', \"timestamp\", '2001-01-01') IS NULL",
        "date_bin(INTERVAL '15 minutes', \"timestamp\", TIMESTAMPTZ '2001-01-01 00:00:00+00') IS NULL"
      ),
      ("extra.tags ->> 'a' = 'b'", "(extra.tags ->> 'a') = 'b'"),
      ("extra.tags -> 'a' -> 0 IS NULL", "((extra.tags -> 'a') -> 0) IS NULL"),
      ("extra.tags #>> '{a,0}' = 'b'", "(extra.tags #>> '{a,0}') = 'b'"),
      ("extra.tags ? 'a'", "extra.tags ? 'a'"),
    ])
  func others(_ condition: String, _ expected: String) throws {
    #expect(try plannedCondition(condition) == expected)
  }

  @Test("a result may be rounded in Postgres, which computes it in a generated column")
  func results() throws {
    let stream = try plan(select: "round(avg(extra.big), 2) AS mean, greatest(count(*), 1) AS n, max(extra.big) AS m")
    let create = ResultTable(stream.aggregates[0]).createStatements.joined(separator: "\n")
    #expect(create.contains("round("))
    #expect(create.contains("greatest("))
  }

  @Test("a key that a function makes is named after it, as in Postgres")
  func names() throws {
    let stream = try plan(
      select: "lower(content.type COLLATE \"C\"), date_trunc('hour', extra.local), count(*)",
      by: "lower(content.type COLLATE \"C\"), 2")
    #expect(stream.aggregates[0].keys.map(\.name) == ["lower", "date_trunc"])
    #expect(stream.aggregates[0].keys.map(\.type) == [.text, .timestamp])
  }

  @Test("no two entries of the catalogue have one signature, and each is called by its name")
  func catalogue() {
    let signatures = ScalarFunction.catalogue.map(\.signature)
    #expect(Set(signatures).count == signatures.count)
    #expect(ScalarFunction.catalogue.allSatisfy { ScalarFunction.named($0.name).contains($0) })
  }
}

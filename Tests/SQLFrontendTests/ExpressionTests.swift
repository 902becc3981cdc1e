import Events
import Plan
import SQLFrontend
import Testing

/// What a condition becomes, shown as SQL with every implicit cast written out.
@Suite struct ExpressionTests {
  @Test(
    "operands of one operator get one type",
    arguments: [
      ("download.duration_seconds > 5", "download.duration_seconds > 5"),
      ("download.duration_seconds > 3000000000", "download.duration_seconds::bigint > 3000000000::bigint"),
      ("download.duration_seconds = extra.big", "download.duration_seconds::bigint = extra.big"),
      ("extra.big * 2 > 7", "(extra.big * 2::bigint) > 7::bigint"),
      ("content.size_gb > 1", "content.size_gb > '1.0'::double precision"),
      ("content.size_gb > 0.1", "content.size_gb > '0.1'::double precision"),
      ("content.size_gb > 1e3", "content.size_gb > '1000.0'::double precision"),
      (
        "content.size_gb > download.duration_seconds",
        "content.size_gb > download.duration_seconds::double precision"
      ),
      ("extra.price > content.size_gb", "extra.price::double precision > content.size_gb"),
      ("extra.price > 1", "extra.price > 1.00"),
      ("-download.duration_seconds < -2147483648", "(- download.duration_seconds) < (-2147483648)"),
      ("download.duration_seconds % 2 = 1", "(download.duration_seconds % 2) = 1"),
      ("+download.duration_seconds = 1", "download.duration_seconds = 1"),
      ("download.duration_seconds > -1", "download.duration_seconds > (-1)"),
      ("download.duration_seconds = - /* 3 */ 5", "download.duration_seconds = (-5)"),
      ("download.duration_seconds = -(7)", "download.duration_seconds = (-7)"),
      ("download.duration_seconds = - - 5", "download.duration_seconds = 5"),
      ("download.duration_seconds = -0", "download.duration_seconds = 0"),
      (
        "download.duration_seconds BETWEEN -3 AND -2",
        "(download.duration_seconds >= (-3)) AND (download.duration_seconds <= (-2))"
      ),
    ])
  func numbers(_ condition: String, _ expected: String) throws {
    #expect(try plannedCondition(condition) == expected)
  }

  @Test(
    "a quoted constant takes the type of the other side",
    arguments: [
      ("download.status = 'success'", "download.status = 'success'"),
      ("'it''s' = content.title", "'it''s' = content.title"),
      ("extra.big = '12'", "extra.big = 12::bigint"),
      ("extra.price = '1.5'", "extra.price = 1.50"),
      ("\"timestamp\" >= '2024-02-29 12:30:00+02'", "\"timestamp\" >= TIMESTAMPTZ '2024-02-29 10:30:00+00'"),
      (
        "\"timestamp\" >= TIMESTAMPTZ '2024-02-29T12:30:00.5Z'",
        "\"timestamp\" >= TIMESTAMPTZ '2024-02-29 12:30:00.500000+00'"
      ),
      ("\"timestamp\" >= '1969-12-31'", "\"timestamp\" >= TIMESTAMPTZ '1969-12-31 00:00:00+00'"),
      ("extra.local < '2000-03-01 00:00:01'", "extra.local < TIMESTAMP '2000-03-01 00:00:01'"),
      ("extra.day = DATE '1900-03-01'", "extra.day = DATE '1900-03-01'"),
      ("extra.clock < '09:05'", "extra.clock < TIME '09:05:00'"),
      (
        "extra.id = '123E4567-E89B-12D3-A456-426614174000'",
        "extra.id = '123e4567-e89b-12d3-a456-426614174000'::uuid"
      ),
      ("extra.flag = 'yes'", "extra.flag = true"),
      ("extra.big = '5'::integer", "extra.big = 5::bigint"),
      ("extra.big = NULL", "extra.big = NULL::bigint"),
    ])
  func constants(_ condition: String, _ expected: String) throws {
    #expect(try plannedCondition(condition) == expected)
  }

  @Test(
    "SQL's other conditions are rewritten to the few that the engine has",
    arguments: [
      ("download.status IN ('a', 'b')", "(download.status = 'a') OR (download.status = 'b')"),
      ("download.status NOT IN ('a', 'b')", "(download.status <> 'a') AND (download.status <> 'b')"),
      ("download.status IN ('a')", "download.status = 'a'"),
      ("extra.big IN (1, NULL)", "(extra.big = 1::bigint) OR (extra.big = NULL::bigint)"),
      ("extra.big BETWEEN 1 AND 2", "(extra.big >= 1::bigint) AND (extra.big <= 2::bigint)"),
      ("extra.big NOT BETWEEN 1 AND 2", "(extra.big < 1::bigint) OR (extra.big > 2::bigint)"),
      ("download.error_code IS NULL", "download.error_code IS NULL"),
      ("download.error_code IS NOT NULL", "NOT (download.error_code IS NULL)"),
      ("extra.tags IS NULL", "extra.tags IS NULL"),
      ("extra.tags::text = '{}'", "extra.tags::text = '{}'"),
      ("extra.flag IS TRUE", "extra.flag IS TRUE"),
      ("extra.flag IS NOT TRUE", "NOT (extra.flag IS TRUE)"),
      ("extra.flag IS FALSE", "(NOT extra.flag) IS TRUE"),
      ("extra.flag IS NOT UNKNOWN", "NOT (extra.flag IS NULL)"),
      (
        "download.error_code IS DISTINCT FROM 'a'",
        "NOT (((download.error_code IS NULL) AND ('a' IS NULL)) OR ((download.error_code = 'a') IS TRUE))"
      ),
      (
        "extra.big IS NOT DISTINCT FROM 1",
        "((extra.big IS NULL) AND (1::bigint IS NULL)) OR ((extra.big = 1::bigint) IS TRUE)"
      ),
      (
        "NULLIF(extra.big, 0) = 1",
        "(CASE WHEN extra.big = 0::bigint THEN NULL::bigint ELSE extra.big END) = 1::bigint"
      ),
      (
        "NULLIF(download.duration_seconds, extra.big) = 1",
        "(CASE WHEN download.duration_seconds::bigint = extra.big THEN NULL::integer "
          + "ELSE download.duration_seconds END) = 1"
      ),
      ("COALESCE(download.error_code, 'none') = 'none'", "COALESCE(download.error_code, 'none') = 'none'"),
      ("COALESCE(extra.price, 0) > 1", "COALESCE(extra.price, 0.00) > 1.00"),
      (
        "CASE download.status WHEN 'success' THEN true END",
        "CASE WHEN download.status = 'success' THEN true ELSE NULL::boolean END"
      ),
      ("CASE WHEN extra.flag THEN 1 ELSE 2.5 END > 1", "(CASE WHEN extra.flag THEN 1.0 ELSE 2.5 END) > 1.0"),
      (
        "NOT extra.flag AND (extra.flag OR extra.big = 1)",
        "(NOT extra.flag) AND (extra.flag OR (extra.big = 1::bigint))"
      ),
      ("download.status COLLATE \"C\" = 'a'", "download.status = 'a'"),
    ])
  func conditions(_ condition: String, _ expected: String) throws {
    #expect(try plannedCondition(condition) == expected)
  }

  @Test(
    "casts are those of Postgres, and constants are cast when the definition is loaded",
    arguments: [
      (
        "download.duration_seconds::double precision > 1",
        "download.duration_seconds::double precision > '1.0'::double precision"
      ),
      ("CAST(content.size_gb AS integer) = 1", "content.size_gb::integer = 1"),
      ("1::double precision = content.size_gb", "'1.0'::double precision = content.size_gb"),
      ("extra.big::text = '1'", "extra.big::text = '1'"),
      ("content.title::bigint = 1", "content.title::bigint = 1::bigint"),
      ("\"timestamp\"::date = '2024-01-01'", "\"timestamp\"::date = DATE '2024-01-01'"),
      ("extra.flag::integer = 1", "extra.flag::integer = 1"),
      ("extra.price::numeric = 1.5", "extra.price = 1.50"),
    ])
  func casts(_ condition: String, _ expected: String) throws {
    #expect(try plannedCondition(condition) == expected)
  }

  @Test(
    "a field is found with and without the stream's name, and by Postgres' syntax for composites",
    arguments: [
      "\"user\".region = 'x'", "content_downloads.\"user\".region = 'x'", "(content_downloads.\"user\").region = 'x'",
    ])
  func names(_ condition: String) throws {
    #expect(try plannedCondition(condition) == "\"user\".region = 'x'")
  }

  @Test("a plan's expression refers to columns by number and carries their types")
  func tree() throws {
    let stream = try plan(select: "count(*) AS n", where: "download.status = 'failed' AND content.size_gb > 1")
    #expect(stream.columns.map(\.path) == [["timestamp"], ["download", "status"], ["content", "size_gb"]])
    #expect(
      stream.aggregates[0].filter
        == .and([
          .comparison(.equal, .column(1, .text), .literal(.text("failed", .text))),
          .comparison(.greater, .column(2, .doublePrecision), .literal(.double(1))),
        ]))
  }
}

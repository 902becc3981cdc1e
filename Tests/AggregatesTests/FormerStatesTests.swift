import TestThreads
import Testing

/// States that were stored in the forms of sql/schema/0010_aggregates.sql, before 0018_merges.sql.
@Suite(.blocking) struct FormerStatesTests {
  private let scratch: ScratchAggregate

  init() throws {
    scratch = try ScratchAggregate(columns: "x bigint", select: "count(x) AS n")
    // What the functions made then: an element for each bucket; coupons one by one, and of more than 512 a bit for each.
    try scratch.connection.execute(
      """
      CREATE FUNCTION former_percentile_state(x double precision[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
        SELECT array_agg(code << 44 | n ORDER BY code)
        FROM (SELECT percentile_code(value) AS code, count(*) AS n FROM unnest(x) AS value GROUP BY 1) AS buckets
      $$;
      CREATE FUNCTION former_distinct_state(x bigint[]) RETURNS bit varying LANGUAGE sql IMMUTABLE AS $$
        WITH coupons AS (
          SELECT DISTINCT approx_count_distinct_coupon(hashint4extended(0, value)) AS coupon FROM unnest(x) AS value
        )
        SELECT CASE WHEN (SELECT count(*) FROM coupons) > 512
          THEN (SELECT string_agg(CASE WHEN coupon IS NULL THEN '0' ELSE '1' END, '' ORDER BY place)::bit varying
                FROM generate_series(0, 49151) AS place LEFT JOIN coupons ON coupon = place)
          ELSE (SELECT string_agg(coupon::bit(16)::text, '' ORDER BY coupon)::bit varying FROM coupons) END
      $$;
      CREATE TABLE parts AS
      SELECT size, array_agg(exp(i % 1009 / 40.0 - 5) * CASE i % 7 WHEN 0 THEN -1 WHEN 1 THEN 0 ELSE 1 END) AS doubles,
        array_agg(i * 7919 % (size * 3 / 4 + 1)) AS numbers
      FROM unnest(ARRAY[1, 2, 20, 60, 400, 900, 3000]) AS size, generate_series(1::bigint, size) AS i GROUP BY size;
      """)
  }

  @Test("percentiles are read from them, and they merge with new ones")
  func percentiles() throws {
    let found = try scratch.rows(
      """
      SELECT count(*) FROM parts AS a, parts AS b, unnest(ARRAY[0, 0.2, 0.5, 0.99, 1]) AS f
      WHERE percentile_estimate(former_percentile_state(a.doubles), f)
          IS DISTINCT FROM percentile_estimate(percentile_state(a.doubles), f)
        OR percentile_union(former_percentile_state(a.doubles), percentile_state(b.doubles))
          IS DISTINCT FROM percentile_state(a.doubles || b.doubles)
        OR percentile_union(percentile_state(a.doubles), former_percentile_state(b.doubles))
          IS DISTINCT FROM percentile_state(a.doubles || b.doubles)
        OR percentile_union(former_percentile_state(a.doubles), former_percentile_state(b.doubles))
          IS DISTINCT FROM percentile_state(a.doubles || b.doubles)
      """)
    #expect(found == [["0"]])
  }

  @Test("numbers of distinct values are read from them, and they merge with new ones")
  func distinctCounts() throws {
    let found = try scratch.rows(
      """
      WITH states AS (
        SELECT numbers, former_distinct_state(numbers) AS former,
          (SELECT approx_count_distinct_state(value) FROM unnest(numbers) AS value) AS now FROM parts
      ), pairs AS (
        SELECT a.former, a.now, b.former AS other_former, b.now AS other_now,
          (SELECT approx_count_distinct(value) FROM unnest(a.numbers || b.numbers) AS value) AS n,
          (SELECT approx_count_distinct(value) FROM unnest(a.numbers) AS value) AS n_of_one
        FROM states AS a, states AS b
      )
      SELECT count(*), count(*) FILTER (
        WHERE approx_count_distinct_estimate(former) <> n_of_one
          OR approx_count_distinct_estimate(approx_count_distinct_union(former, other_now)) <> n
          OR approx_count_distinct_estimate(approx_count_distinct_union(now, other_former)) <> n
          OR approx_count_distinct_estimate(approx_count_distinct_union(former, other_former)) <> n
          OR approx_count_distinct_estimate(approx_count_distinct_union(now, other_now)) <> n)
      FROM pairs
      """)
    #expect(found == [["49", "0"]])
  }
}

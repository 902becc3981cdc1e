import Dialects
import Events
import Plan
import Testing

/// Results that are read from parts: what is stored, and how they are read.
@Suite struct EstimateTests {
  private func result(_ call: String) throws -> (plan: AggregatePlan, sql: String, type: SQLType?) {
    let plan = try plan(select: "\(call) AS x").aggregates[0]
    let column = plan.shownColumns.first { $0.name == "x" }
    guard case .generated(let sql)? = column?.role else { return (plan, "", column?.type) }
    return (plan, sql, column?.type)
  }

  @Test(
    "a boolean is stored as it is",
    arguments: [
      ("bool_and(extra.flag)", AccumulatorPlan.Function.boolAnd), ("every(extra.flag)", .boolAnd),
      ("bool_or(extra.big > 5)", .boolOr),
    ])
  func booleans(_ call: String, _ function: AccumulatorPlan.Function) throws {
    let plan = try result(call).plan
    #expect(plan.accumulators.map(\.function) == [function])
    #expect(plan.outputs.map(\.source) == [.accumulator(0)])
    #expect(!plan.hasStateTable)
  }

  @Test(
    "spreads of whole numbers and numerics are read from exact sums in the table, those of doubles from a state table",
    arguments: [
      (
        "var_pop(download.duration_seconds)", "false, false", ["x_count", "x_sum", "x_squares"],
        SQLType.numeric(scale: 0)
      ),
      ("stddev(extra.price)", "true, true", ["x_count", "x_sum", "x_squares"], .numeric(scale: 0)),
      ("stddev_pop(content.size_gb)", "false, true", ["x_count", "x_sum", "x_deviations"], .doublePrecision),
      ("variance(content.size_gb)", "true, false", ["x_count", "x_sum", "x_deviations"], .doublePrecision),
    ])
  func spreads(_ call: String, _ flags: String, _ parts: [String], _ type: SQLType) throws {
    let (plan, sql, resultType) = try result(call)
    #expect(plan.accumulators.map(\.column) == parts)
    #expect(resultType == type)
    #expect(sql.hasSuffix("\(flags))"))
    #expect(plan.hasStateTable == (type == .doublePrecision))
    if type == .doublePrecision {
      #expect(plan.accumulators[2].companions == [0, 1])
      #expect(
        ResultTable(plan).upsertStatement.contains(
          "deviations_union(t.x_count, t.x_sum, t.x_deviations, excluded.x_count, excluded.x_sum, excluded.x_deviations)"
        ))
    }
  }

  @Test("a function of two numbers takes the events that have both")
  func pairs() throws {
    let (plan, sql, _) = try result("corr(content.size_gb, nullif(extra.big, 0))")
    #expect(
      plan.accumulators.map(\.column) == [
        "x_count", "x_sum", "x_sum_2", "x_codeviations", "x_deviations", "x_deviations_2",
      ])
    #expect(plan.accumulators.allSatisfy { $0.filter != nil && $0.filter == plan.accumulators[0].filter })
    #expect(sql == "streampulse_ratio(x_codeviations, sqrt(x_deviations) * sqrt(x_deviations_2))")
    #expect(try result("regr_slope(content.size_gb, extra.big)").plan.accumulators.count == 5)
  }

  @Test(
    "a percentile has the type that Postgres gives it, and a numeric two more places",
    arguments: [
      ("percentile_cont(0.5)", "extra.big", SQLType.doublePrecision, "percentile_estimate(x_state, 0.5)"),
      ("percentile_cont(1)", "extra.price", .doublePrecision, "percentile_estimate(x_state, 1.0)"),
      (
        "percentile_disc(0.25)", "download.duration_seconds", .integer,
        "streampulse_within(percentile_estimate(x_state, 0.25, true), -2147483648, 2147483647)::integer"
      ),
      ("percentile_disc(0)", "content.size_gb", .doublePrecision, "percentile_estimate(x_state, 0.0, true)"),
      (
        "percentile_disc(0.9)", "extra.price", .numeric(scale: 4),
        "round(percentile_estimate(x_state, 0.9, true)::numeric, 4)"
      ),
    ])
  func percentiles(_ call: String, _ value: String, _ type: SQLType, _ sql: String) throws {
    let found = try result("\(call) WITHIN GROUP (ORDER BY \(value))")
    #expect(found.type == type)
    #expect(found.sql == sql)
    #expect(found.plan.accumulators.map(\.function) == [.quantiles])
    #expect(found.plan.tableName == "x_state")
  }

  @Test("several percentiles of one expression are read from one state, of another filter from another")
  func sharing() throws {
    let order = "WITHIN GROUP (ORDER BY content.size_gb)"
    let plan = try plan(
      select: """
        percentile_cont(0.5) \(order) AS p50, percentile_cont(0.99) \(order) AS p99,
        percentile_cont(0.99) \(order) FILTER (WHERE extra.flag) AS flagged,
        approx_count_distinct(content.title) AS a, 2 * approx_count_distinct(content.title) AS b
        """
    ).aggregates[0]
    #expect(plan.accumulators.map(\.column) == ["p50_state", "flagged_state", "a_state"])
  }

  @Test("first and last are read from a value beside its event time, and the batch is told the order")
  func picks() throws {
    let (plan, sql, type) = try result("last(\"user\".region /* where */ COLLATE \"C\") FILTER (WHERE extra.flag)")
    #expect(plan.accumulators.map(\.column) == ["x_at", "x_value"])
    #expect(plan.accumulators.map(\.function) == [.max, .last])
    #expect(plan.accumulators[1].companions == [0])
    #expect(plan.accumulators[0].filter == plan.accumulators[1].filter)
    #expect(sql == "x_value")
    #expect(type == .text)
    #expect(plan.tableName == "x_state")
    #expect(
      plan.select.text.contains(
        """
        last("user".region /* where */ COLLATE "C" ORDER BY "timestamp", ("user".region /* where */ COLLATE "C")) FILTER
        """))
    #expect(
      ResultTable(plan).upsertStatement.contains(
        """
        CASE WHEN t.x_value IS NULL OR (excluded.x_at, excluded.x_value COLLATE "C") > (t.x_at, t.x_value COLLATE "C") \
        THEN excluded.x_value ELSE t.x_value END
        """))
    #expect(try result("first(extra.big)").plan.accumulators.map(\.function) == [.min, .first])
    #expect(try result("first(extra.big) + last(extra.big)").type == .bigint)
  }

  @Test("the mode and the most frequent values of one expression are read from one state")
  func frequencies() throws {
    let plan = try plan(
      select: """
        mode() WITHIN GROUP (ORDER BY extra.price) AS a, approx_top_k(extra.price, 7) AS b,
        approx_top_k(content.title COLLATE "C", 7) AS c
        """
    ).aggregates[0]
    #expect(plan.accumulators.map(\.column) == ["a_counts", "c_counts"])
    let texts: [String] = plan.shownColumns.compactMap { if case .generated(let sql) = $0.role { sql } else { nil } }
    #expect(
      texts == [
        "round(mode_estimate(a_counts, NULL::numeric), 2)", "approx_top_k_estimate(a_counts, 7, NULL::numeric)",
        "approx_top_k_estimate(c_counts, 7, NULL::text COLLATE \"C\")",
      ])
  }

  @Test(
    "percentiles at several fractions are an array, read from the state of one",
    arguments: [
      ("percentile_cont(ARRAY[0.5, 1])", "extra.big", "double precision[]"),
      ("percentile_disc(ARRAY[0.5])", "download.duration_seconds", "integer[]"),
      ("percentile_disc(ARRAY[0.5, 0.9])", "extra.price", "numeric[]"),
    ])
  func severalPercentiles(_ call: String, _ value: String, _ type: String) throws {
    let found = try result("\(call) WITHIN GROUP (ORDER BY \(value))")
    #expect(found.type?.sqlName == type)
    #expect(found.sql.hasPrefix("CASE WHEN x_state IS NOT NULL THEN ARRAY["))
    #expect(found.plan.accumulators.map(\.function) == [.quantiles])
  }

  @Test("a histogram is stored as it is read, and its bounds are what its numbers mean")
  func histograms() throws {
    let stream = try plan(select: "histogram(content.size_gb, ARRAY[-1, 0.5, 1e3]) AS x")
    let aggregate = stream.aggregates[0]
    #expect(aggregate.outputs.map(\.source) == [.accumulator(0)])
    #expect(!aggregate.hasStateTable)
    #expect(aggregate.shownColumns.first { $0.name == "x" }?.type.sqlName == "bigint[]")
    #expect(
      TableShape(aggregate, of: stream).meaning(of: "column x")
        == "bigint[] from histogram(content.size_gb, ARRAY[-1, 0.5, 1000])")
  }
}

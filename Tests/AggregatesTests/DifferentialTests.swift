import TestThreads
import Testing

/// What the engine keeps of random events, flushed in random portions, against Postgres' own aggregates over the same events.
@Suite(.blocking) struct DifferentialTests {
  /// 2026-01-01T00:00:00Z.
  private static let start: Int64 = 1_767_225_600_000_000

  private static let columns = """
    g integer NOT NULL, flag boolean, i integer, l bigint, n numeric(12,3), m numeric(27,0), d double precision,
    e double precision, t text, u uuid, day date, clock time, at timestamptz, local timestamp, always integer NOT NULL
    """

  private static let items = """
    g, count(*) AS rows,
    bool_and(flag) AS all_flags, bool_or(flag) AS any_flag, every(i > -900) AS all_above,
    min(u) AS least_id, max(u) AS greatest_id, min(day) AS first_day, max(clock) AS last_clock, min(at) AS first_at,
    max(local) AS last_local, max(t COLLATE "C") AS last_text, min(n) AS least_n,
    sum(n) AS total_n, avg(l) AS mean_l, sum(d) FILTER (WHERE flag) AS flagged_d,
    var_pop(i) AS var_pop_i, var_samp(l) AS var_samp_l, variance(n) AS variance_n, stddev_pop(n) AS stddev_pop_n,
    stddev_samp(i) AS stddev_samp_i, stddev(m) AS stddev_m, var_pop(m) FILTER (WHERE flag) AS flagged_m,
    var_pop(d) AS var_pop_d, stddev(d) AS stddev_d, var_samp(d) FILTER (WHERE flag) AS flagged_var_d,
    variance(always) AS variance_always,
    corr(d, e) AS corr_d, regr_slope(d, e) AS slope_d, regr_slope(i, n) FILTER (WHERE flag) AS slope_i,
    approx_count_distinct(i) AS distinct_i, approx_count_distinct(l) AS distinct_l, approx_count_distinct(n) AS distinct_n,
    approx_count_distinct(d) AS distinct_d, approx_count_distinct(t) AS distinct_t, approx_count_distinct(u) AS distinct_u,
    approx_count_distinct(flag) AS distinct_flag, approx_count_distinct(day) AS distinct_day,
    approx_count_distinct(clock) AS distinct_clock, approx_count_distinct(at) AS distinct_at,
    approx_count_distinct(local) FILTER (WHERE flag) AS distinct_local,
    100 * approx_count_distinct(t) / count(*) AS share_of_texts,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY d) AS median_d,
    percentile_cont(0.99) WITHIN GROUP (ORDER BY n) FILTER (WHERE flag) AS p99_n,
    percentile_disc(0.9) WITHIN GROUP (ORDER BY i) AS p90_i, percentile_disc(0) WITHIN GROUP (ORDER BY l) AS p0_l,
    percentile_disc(1) WITHIN GROUP (ORDER BY n) AS p100_n,
    percentile_disc(0.25) WITHIN GROUP (ORDER BY always) AS p25_always,
    percentile_cont(ARRAY[0.5, 0, 0.95, 1]) WITHIN GROUP (ORDER BY n) AS several_n,
    percentile_disc(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY i) FILTER (WHERE flag) AS several_i,
    percentile_disc(ARRAY[0.5]) WITHIN GROUP (ORDER BY n) AS several_discrete_n,
    first(i) AS first_i, last(i) AS last_i, last(l) FILTER (WHERE flag) AS last_l, first(n) AS first_n, last(d) AS last_d,
    last(e) FILTER (WHERE d > 1000) AS last_e, first(t COLLATE "C") AS first_t, last(t COLLATE "C") AS last_t,
    last(u) AS last_u, first(day) AS first_of_days, last(clock) AS last_of_clocks, first(at) AS first_of_ats,
    last(local) AS last_of_locals, last(flag) AS last_flag, first(always) AS first_always, last(always) - first(always) AS moved,
    mode() WITHIN GROUP (ORDER BY i / 200) AS mode_i, mode() WITHIN GROUP (ORDER BY n::numeric(12,0) % 3) AS mode_n,
    mode() WITHIN GROUP (ORDER BY t COLLATE "C") FILTER (WHERE flag) AS mode_t, mode() WITHIN GROUP (ORDER BY flag) AS mode_flag,
    mode() WITHIN GROUP (ORDER BY day) AS mode_day, mode() WITHIN GROUP (ORDER BY u) AS mode_u,
    mode() WITHIN GROUP (ORDER BY clock) AS mode_clock,
    mode() WITHIN GROUP (ORDER BY always % 7) FILTER (WHERE flag) AS mode_flagged,
    approx_top_k(always % 9, 3) FILTER (WHERE i > 900) AS top_flagged,
    first(l / (always % 2)) FILTER (WHERE always % 2 = 1) AS first_odd,
    approx_top_k(l % 20, 5) AS top_l, approx_top_k(n % 0.05, 3) AS top_n, approx_top_k(t COLLATE "C", 10) AS top_t,
    approx_top_k(at, 2) AS top_at, approx_top_k(local, 2) FILTER (WHERE flag) AS top_local, approx_top_k(flag, 5) AS top_flag,
    approx_top_k(always / 100, 100) AS top_always,
    histogram(i, ARRAY[-500, 0, 0.5, 999]) AS histogram_i, histogram(d, ARRAY[980, 1000, 1.0265e3]) AS histogram_d,
    histogram(n, ARRAY[-1000.25, 0, 500000.125]) FILTER (WHERE flag) AS histogram_n, histogram(l, ARRAY[0, 5000000000]) AS histogram_l,
    histogram(i, ARRAY[7]) FILTER (WHERE i > 100000) AS histogram_none
    """

  @Test(
    "every function gives what Postgres gives, merged from deltas of any size",
    arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func differential(seed: UInt64) throws {
    let scratch = try ScratchAggregate(columns: Self.columns, select: Self.items, by: "g")
    var random = SeededGenerator(seed: seed)
    for _ in 0..<Int.random(in: 4...30, using: &random) {
      let rows = (0..<Int.random(in: 1...400, using: &random)).map { _ in row(scratch, &random) }
      #expect(scratch.process(rows).isEmpty)
      try scratch.record()
      if Bool.random(using: &random) { try scratch.flush() }
    }
    try scratch.flush()
    let differences = try scratch.differences()
    #expect(differences.isEmpty, "seed \(seed): \(differences.prefix(8))")
  }

  /// Of such values only the rounding of squares is left, which is another one for each order: what `BatchSelect` says that
  /// cannot be compared.
  @Test("values that are alike, and sums that cancel out, differ no more than rounding explains")
  func alike() throws {
    let scratch = try ScratchAggregate(
      columns: "d double precision, e double precision",
      select: """
        corr(d, e) AS corr_de, corr(e, d) AS corr_ed, regr_slope(e, d) AS slope, stddev_pop(d) AS spread,
        variance(d) AS variance, avg(e) AS mean, sum(e) AS total
        """)
    var random = SeededGenerator(seed: 3)
    let exact = [1e14 / 3, -1e14 / 3, 0.1]
    for _ in 0..<6 {
      let rows = (0..<Int.random(in: 1...40, using: &random)).map { number in
        var row = [Value](repeating: .null, count: scratch.plan.columns.count)
        row[scratch.index("ts")] = .integer(Self.start + .random(in: 0..<120_000_000, using: &random))
        row[scratch.index("d")] = .double(295.37)
        row[scratch.index("e")] = .double(exact[number % 3])
        return row
      }
      #expect(scratch.process(rows).isEmpty)
      try scratch.record()
      try scratch.flush()
    }
    #expect(try scratch.differences() == [])
  }

  @Test("both of a pair are evaluated where FILTER is true, and nowhere else")
  func pairs() throws {
    let scratch = try ScratchAggregate(
      columns: "a integer, b integer, f boolean", select: "corr(1 / a, 1 / b) FILTER (WHERE f) AS c, count(*) AS n")
    func row(_ a: Value, _ b: Value, _ f: Value) -> [Value] {
      var row = [Value](repeating: .null, count: scratch.plan.columns.count)
      row[scratch.index("ts")] = .integer(Self.start)
      row[scratch.index("a")] = a
      row[scratch.index("b")] = b
      row[scratch.index("f")] = f
      return row
    }
    let failures = scratch.process([
      row(.integer(0), .integer(1), .null), row(.integer(0), .integer(0), .boolean(false)),
      row(.null, .integer(0), .boolean(true)), row(.integer(0), .null, .boolean(true)),
      row(.null, .integer(1), .boolean(true)), row(.integer(1), .integer(2), .boolean(true)),
    ])
    #expect(failures.map(\.row).sorted() == [2, 3])
    #expect(failures.map(\.code) == [.divisionByZero, .divisionByZero])
    try scratch.flush()
    #expect(try scratch.rows("SELECT c, n FROM results") == [[nil, "4"]])
  }

  @Test("a merge of stored states by the SQL aggregates is the state of all their events")
  func rollUp() throws {
    let scratch = try ScratchAggregate(columns: Self.columns, select: Self.items, by: "g")
    var random = SeededGenerator(seed: 9)
    for _ in 0..<5 {
      #expect(scratch.process((0..<1000).map { _ in row(scratch, &random) }).isEmpty)
      try scratch.record()
      try scratch.flush()
    }
    let rolled = try scratch.rows(
      """
      SELECT approx_count_distinct_estimate(approx_count_distinct_merge(distinct_t_state)),
        percentile_merge(p90_i_state), percentile_estimate(percentile_merge(p90_i_state), 0.9, true),
        round(deviations_merge(var_pop_d_count, var_pop_d_sum, var_pop_d_deviations)::numeric, 4),
        first(first_t_value ORDER BY first_t_at, first_t_value COLLATE "C"), last(last_i_value ORDER BY last_i_at, last_i_value),
        mode_estimate(frequencies_merge(mode_i_counts), NULL::integer),
        approx_top_k_estimate(frequencies_merge(top_l_counts), 5, NULL::bigint), histogram_merge(histogram_i)
      FROM results_state
      """)
    let whole = try scratch.rows(
      """
      SELECT approx_count_distinct(e.\(scratch.event("t"))),
        percentile_state(array_agg(e.\(scratch.event("i"))::double precision)),
        percentile_estimate(percentile_state(array_agg(e.\(scratch.event("i"))::double precision)), 0.9, true),
        round(regr_sxx(e.\(scratch.event("d")), e.\(scratch.event("d")))::numeric, 4),
        first(e.\(scratch.event("t")) ORDER BY e.\(scratch.event("ts")), e.\(scratch.event("t")) COLLATE "C"),
        last(e.\(scratch.event("i")) ORDER BY e.\(scratch.event("ts")), e.\(scratch.event("i"))),
        mode() WITHIN GROUP (ORDER BY e.\(scratch.event("i")) / 200),
        approx_top_k(e.\(scratch.event("l")) % 20, 5), histogram(e.\(scratch.event("i")), ARRAY[-500, 0, 0.5, 999])
      FROM all_events AS e
      """)
    #expect(rolled == whole)
  }

  /// A row of values that have NULLs, repeats and extremes.
  private func row(_ scratch: ScratchAggregate, _ random: inout SeededGenerator) -> [Value] {
    var row = [Value](repeating: .null, count: scratch.plan.columns.count)
    func set(_ name: String, _ value: Value) {
      guard scratch.plan.columns.contains(where: { $0.path == [name] }) else { return }
      row[scratch.index(name)] = value
    }
    let day: Int64 = 86_400_000_000
    // Of few times, so that many are equal.
    set("ts", .integer(Self.start + 1_000_000 * .random(in: 0..<180, using: &random)))
    set("g", .integer(.random(in: 0..<4, using: &random)))
    set("always", .integer(.random(in: -5...5000, using: &random)))
    func maybe(_ name: String, _ value: Value) {
      if Int.random(in: 0..<5, using: &random) > 0 { set(name, value) }
    }
    let isExtreme = Int.random(in: 0..<20, using: &random) == 0
    maybe("flag", .boolean(Int.random(in: 0..<10, using: &random) > 0))
    maybe("i", .integer(isExtreme ? Int64(Int32.max) : .random(in: -1000...1000, using: &random)))
    maybe("l", .integer(isExtreme ? .min : .random(in: -1_000_000_000_000...1_000_000_000_000, using: &random)))
    maybe("n", .decimal(Int128(Int64.random(in: -999_999_999...999_999_999, using: &random))))
    maybe("m", .decimal(Int128(Int64.random(in: .min ... .max, using: &random)) * 100_000_000))
    let value = Double.random(in: -3...3, using: &random)
    maybe("d", .double(isExtreme ? 0 : value * value * value + 1000))
    maybe("e", .double(2 * value + .random(in: 0...1, using: &random)))
    maybe("t", .text(isExtreme ? "" : "text of some length \(Int.random(in: 0..<300, using: &random)) é"))
    let digits = String(UInt64.random(in: 0...0xffff_ffff_ffff, using: &random), radix: 16)
    maybe("u", .text("00112233-4455-6677-8899-" + String(repeating: "0", count: 12 - digits.count) + digits))
    maybe("day", .integer(.random(in: -20_000...20_000, using: &random)))
    maybe("clock", .integer(.random(in: 0..<day, using: &random)))
    maybe("at", .integer(.random(in: -day * 20_000...day * 20_000, using: &random)))
    maybe("local", .integer(.random(in: -day * 20_000...day * 20_000, using: &random)))
    return row
  }
}

extension ScratchAggregate {
  /// What the table of events calls the column.
  func event(_ name: String) -> String { "c\(index(name))" }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }
}

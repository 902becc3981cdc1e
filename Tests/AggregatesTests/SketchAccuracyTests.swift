import Glibc
import Postgres
import TestThreads
import Testing

@testable import Dataflow

/// The bounds that sketches promise, over streams that are merged from many parts.
@Suite(.blocking) struct SketchAccuracyTests {
  private static let start: Int64 = 1_767_225_600_000_000
  private static let kinds = ["uniform", "log-normal", "bimodal", "constant", "heavy-tailed", "adversarial"]
  /// Of each kind: `SKETCH_VALUES`.
  private static let valueCount = getenv("SKETCH_VALUES").flatMap { Int(String(cString: $0)) } ?? 100_000
  private static let partCount = 1000

  /// Of each kind, cut at random places into parts that come in random order: the values, and whole numbers made of them.
  private struct Streams {
    var values: [[Double]] = []
    var numbers: [[Int64]] = []

    /// Gives them to the aggregate, which is flushed behind each part.
    init(to scratch: ScratchAggregate, _ random: inout SeededGenerator) throws {
      for kind in SketchAccuracyTests.kinds {
        values.append((0..<valueCount).map { value(kind, $0, &random) })
        numbers.append(values[values.count - 1].indices.map { number(kind, $0, values[values.count - 1][$0], &random) })
      }
      let cuts =
        [0] + (1..<partCount).map { _ in Int.random(in: 0...valueCount, using: &random) }.sorted() + [valueCount]
      let parts = zip(cuts, cuts.dropFirst()).map { $0..<$1 }.shuffled(using: &random)
      for part in parts {
        for (index, kind) in SketchAccuracyTests.kinds.enumerated() {
          for portion in part.chunked(into: 4096) {
            let rows = portion.map {
              [Value.integer(start), .text(kind), .double(values[index][$0]), .integer(numbers[index][$0])]
            }
            #expect(scratch.process(rows).isEmpty)
          }
        }
        try scratch.flush()
      }
    }
  }

  @Test("of every kind of stream estimates are within their bounds, merged from 1,000 random parts in random order")
  func streams() throws {
    let fractions = ["0", "0.001", "0.1", "0.5", "0.9", "0.99", "0.9999", "1"]
    let items =
      fractions.enumerated().map { "percentile_cont(\($1)) WITHIN GROUP (ORDER BY x) AS p\($0)" } + [
        "approx_count_distinct(x) AS distinct_x", "mode() WITHIN GROUP (ORDER BY y) AS mode_y",
        "approx_top_k(y, 20) AS top_y",
      ]
    let scratch = try ScratchAggregate(
      columns: "kind text NOT NULL, x double precision NOT NULL, y bigint NOT NULL",
      select: "kind, " + items.joined(separator: ", "), by: "kind")
    var random = SeededGenerator(seed: 1)
    let streams = try Streams(to: scratch, &random)
    let list = fractions.indices.map { "p\($0)" }.joined(separator: ", ")
    for row in try scratch.rows("SELECT kind, \(list), distinct_x FROM results") {
      let kind = try #require(row[0])
      let values = try #require(Self.kinds.firstIndex(of: kind).map { streams.values[$0] })
      let sorted = values.sorted()
      for (index, fraction) in fractions.enumerated() {
        let rank = (Double(fraction) ?? 0) * Double(sorted.count - 1)
        let (low, high) = (sorted[Int(rank)], sorted[Int(rank.rounded(.up))])
        let exact = low + (rank - rank.rounded(.down)) * (high - low)
        let found = try #require(row[index + 1].flatMap(Double.init))
        #expect(
          abs(found - exact) <= 0.01 * max(abs(low), abs(high)), "\(kind) at \(fraction): \(found), exactly \(exact)")
      }
      // Four times the standard error: one in 16,000 is further off.
      let (distinct, exact) = (try #require(row[fractions.count + 1].flatMap(Double.init)), Double(Set(values).count))
      #expect(abs(distinct / exact - 1) <= 4 * 0.017, "\(kind): \(distinct) distinct values, exactly \(exact)")
    }
    for (kind, numbers) in zip(Self.kinds, streams.numbers) { try expectFrequent(kind, numbers, scratch) }
  }

  /// Counts are too low by at most one in 257 of all values, and no value is left out that this does not explain.
  private func expectFrequent(_ kind: String, _ numbers: [Int64], _ scratch: ScratchAggregate) throws {
    let exact = Dictionary(numbers.map { ($0, 1) }, uniquingKeysWith: +)
    let error = numbers.count / 257
    let found = try scratch.rows(
      """
      SELECT e->>'value', e->>'count', mode_y FROM results, jsonb_array_elements(top_y) AS e WHERE kind = '\(kind)'
      """)
    var reported: [Int64: Int] = [:]
    for row in found {
      let (value, count) = (try #require(row[0].flatMap(Int64.init)), try #require(row[1].flatMap(Int.init)))
      reported[value] = count
      #expect(
        (count...count + error).contains(exact[value] ?? 0),
        "\(kind): \(value) \(count) times, not \(exact[value] ?? 0)")
    }
    let bound = (reported.count == 20 ? reported.values.min() ?? 0 : 0) + error
    for (value, count) in exact where reported[value] == nil {
      #expect(count <= bound, "\(kind): \(value) is left out, which is there \(count) times")
    }
    let most = exact.values.max() ?? 0
    guard most > error else { return }
    let mode = try #require(found.first?[2].flatMap(Int64.init))
    #expect((exact[mode] ?? 0) >= most - error, "\(kind): the mode \(mode)")
  }

  /// The standard error is of many groups: each has its own values.
  @Test("numbers of distinct values have a standard error of at most 1.7 %", arguments: [50, 700, 5000, 20_000])
  func distinctCounts(count: Int) throws {
    let groups = 100
    let scratch = try ScratchAggregate(
      columns: "g integer NOT NULL, x bigint NOT NULL", select: "g, approx_count_distinct(x) AS n", by: "g")
    var random = SeededGenerator(seed: UInt64(count))
    for group in 0..<groups {
      // Each value twice, so that repeats are among them.
      let values = (0..<count).map { _ in Int64(bitPattern: random.next()) }
      for portion in (values + values.shuffled(using: &random)).chunked(into: 4096) {
        #expect(scratch.process(portion.map { [.integer(Self.start), .integer(Int64(group)), .integer($0)] }).isEmpty)
        if Int.random(in: 0..<16, using: &random) == 0 { try scratch.flush() }
      }
    }
    try scratch.flush()
    let errors = try scratch.rows("SELECT n FROM results").map { row in
      (row[0].flatMap(Double.init) ?? 0) / Double(count) - 1
    }
    #expect(errors.count == groups)
    let error = (errors.map { $0 * $0 }.reduce(0, +) / Double(groups)).squareRoot()
    let bias = errors.reduce(0, +) / Double(groups)
    #expect(error <= 0.017, "standard error \(error)")
    #expect(abs(bias) <= 0.005, "bias \(bias)")
    if count == 50 { #expect(error < 0.012) }
  }

  @Test("hashes are those of Postgres, of every type and length")
  func hashes() throws {
    let scratch = try ScratchAggregate(columns: "x bigint", select: "count(x) AS n")
    var random = SeededGenerator(seed: 3)
    let integers = [0, 1, -1, .max, .min] + (0..<50).map { _ in Int64(bitPattern: random.next()) }
    for value in integers {
      #expect(
        try scratch.rows("SELECT hashint4extended(0, '\(value)'::bigint)") == [[hash(PostgresHash.integer(value))]])
    }
    let doubles = (0..<50).map { _ in Double.random(in: -1...1, using: &random) }
    for value in [0, -0.0, 1.5, -1e300, .infinity, .nan, .leastNonzeroMagnitude] + doubles {
      #expect(
        try scratch.rows("SELECT hashfloat8extended('\(value)', 0)") == [[hash(PostgresHash.double(value))]])
    }
    for length in 0...60 {
      let text = String((0..<length).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement(using: &random) ?? "a" })
      let found = Array(text.utf8).withUnsafeBufferPointer { PostgresHash.bytes($0) }
      #expect(try scratch.rows("SELECT hashtextextended('\(text)' COLLATE \"C\", 0)") == [[hash(found)]])
    }
    for (unscaled, scale, text) in [
      (0, 2, "0.00"), (150, 2, "1.50"), (-150, 2, "-1.50"), (5, 3, "0.005"), (1000, 0, "1000"), (-7, 0, "-7"),
      (120_000, 3, "120.000"),
    ] as [(Int128, Int, String)] {
      #expect(
        try scratch.rows("SELECT hashtextextended(trim_scale(\(text)::numeric)::text COLLATE \"C\", 0)")
          == [[hash(PostgresHash.decimal(unscaled, scale: scale))]], "\(text)")
    }
  }

  private func hash(_ value: UInt64) -> String? { String(Int64(bitPattern: value)) }

  private static func value(_ kind: String, _ index: Int, _ random: inout SeededGenerator) -> Double {
    let uniform = Double.random(in: 1e-12..<1, using: &random)
    switch kind {
    case "uniform": return uniform * 1000
    case "log-normal":
      let angle = Double.random(in: 0..<2 * .pi, using: &random)
      return exp(2 * (-2 * log(uniform)).squareRoot() * cos(angle))
    case "bimodal": return Bool.random(using: &random) ? 10 + uniform : 1e6 + uniform * 1000
    case "constant": return 42.195
    case "heavy-tailed": return pow(uniform, -2)
    // Of all sizes in order, and of both signs.
    default: return (index % 2 == 0 ? 1 : -1) * pow(2, Double(index % 101) - 50) * (1 + uniform)
    }
  }
}

extension SketchAccuracyTests {
  /// A whole number of the same kind of stream: of few values, of many, and of frequent ones among values that never repeat.
  private static func number(_ kind: String, _ index: Int, _ value: Double, _ random: inout SeededGenerator) -> Int64 {
    switch kind {
    case "log-normal": Int64(min(value * 100, 1e15))
    case "bimodal": Int64(value)
    case "heavy-tailed": Int64(min(value, 1e15))
    // One in three is one of five values; all others push these out.
    case "adversarial": index % 3 == 0 ? Int64(index % 5) : Int64(bitPattern: random.next())
    default: Int64(value)
    }
  }
}

extension RandomAccessCollection {
  fileprivate func chunked(into size: Int) -> [SubSequence] {
    var chunks: [SubSequence] = []
    var rest = self[...]
    while !rest.isEmpty {
      chunks.append(rest.prefix(size))
      rest = rest.dropFirst(size)
    }
    return chunks
  }
}

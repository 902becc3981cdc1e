import Dataflow
import Events
import Plan
import TestThreads
import Testing

/// Arrays of random documents, and the rows of their elements, against Postgres over the same documents.
@Suite(.blocking) struct UnnestDifferentialTests {
  /// 2026-01-01T00:00:00Z.
  private static let start: Int64 = 1_767_225_600_000_000

  private static let columns = """
    g integer, kind text, tags text[], sizes integer[], prices numeric(8,2)[], flags boolean[], ids uuid[],
    days date[], at timestamptz[], ratios double precision[], items jsonb, parts jsonb[]
    """

  private static let aggregates = [
    // Elements, and how many there are, without a row for each.
    """
    SELECT tags[1] AS first_tag, count(*) AS n, sum(cardinality(sizes)) AS elements, sum(sizes[2]) AS seconds,
      count(sizes[0]) AS outside, max(prices[g]) AS price, min(array_length(sizes, 1)) AS least, count(tags) AS arrays,
      bool_or(flags[1]) AS flag, max(at[1]) AS last_at, min(days[2]) AS day, max(ids[1]) AS id,
      max((parts[1] ->> 'sku') COLLATE "C") AS sku,
      count(*) FILTER (WHERE 'a' = ANY (tags)) AS with_a, count(*) FILTER (WHERE 'ß' <> ALL (tags)) AS without,
      count(*) FILTER (WHERE (g = ANY (sizes)) IS NULL) AS unknown, bool_or(0.5::numeric(8,2) = ANY (prices)) AS half
    FROM orders GROUP BY BY_WINDOW, tags[1]
    """,
    """
    SELECT tag, g, count(*) AS n, count(tag) AS named, max(upper(tag COLLATE "C")) AS greatest, sum(sizes[1]) AS firsts
    FROM orders, UNNEST(tags) AS tag GROUP BY BY_WINDOW, tag, g
    """,
    """
    SELECT count(*) AS n, sum(size) AS total, avg(size) AS mean, max(size) FILTER (WHERE size % 2 = 0) AS even,
      count(*) FILTER (WHERE size IS NULL) AS missing
    FROM orders CROSS JOIN UNNEST(sizes) AS s (size) WHERE size > 3 OR size IS NULL GROUP BY BY_WINDOW
    """,
    """
    SELECT g, sum(price) AS total, min(price) AS least, count(*) AS n
    FROM orders, UNNEST(prices) AS price WHERE kind = 'order' AND price > 1 GROUP BY BY_WINDOW, g
    """,
    """
    SELECT item ->> 'sku' AS sku, count(*) AS n, sum((item ->> 'quantity')::integer) AS quantity
    FROM orders, jsonb_array_elements(items) AS item
    WHERE jsonb_typeof(items) = 'array' AND item ->> 'sku' IS NOT NULL GROUP BY BY_WINDOW, item ->> 'sku'
    """,
    """
    SELECT t, count(*) AS n, count(t) AS texts FROM orders, jsonb_array_elements_text(items) AS t
    WHERE jsonb_typeof(items) = 'array' GROUP BY BY_WINDOW, t
    """,
    """
    SELECT part ->> 'sku' AS sku, count(*) AS n, count(part) AS parts
    FROM orders, UNNEST(parts) AS part GROUP BY BY_WINDOW, part ->> 'sku'
    """,
    """
    SELECT moment::date AS day, count(*) AS n, max(moment) AS last FROM orders, UNNEST(at) AS moment
    GROUP BY BY_WINDOW, moment::date
    """,
    "SELECT flag, count(*) AS n FROM orders, UNNEST(flags) AS flag GROUP BY BY_WINDOW, flag",
    "SELECT id, count(*) AS n, max(id) AS m FROM orders, UNNEST(ids) AS id GROUP BY BY_WINDOW, id",
  ].map { $0.replacing("BY_WINDOW", with: "tumble(ts, INTERVAL '1 minute')") }

  @Test("rows of elements are what Postgres makes of the definition's own text", arguments: [1, 2, 3, 4] as [UInt64])
  func differential(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    // Of a small capacity the elements of one event lie in several slices.
    let scratch = try DocumentScratch(
      columns: Self.columns, aggregates: Self.aggregates, capacity: [1, 7, 64, 500][Int(seed) % 4])
    var (total, bad) = (0, 0)
    for _ in 0..<Int.random(in: 3...6, using: &random) {
      let documents = (0..<Int.random(in: 1...120, using: &random)).map { _ in
        let isBad = Int.random(in: 0..<20, using: &random) == 0
        bad += isBad ? 1 : 0
        return document(&random, isBad: isBad)
      }
      total += documents.count
      try scratch.process(documents)
      if Bool.random(using: &random) { try scratch.flush() }
    }
    try scratch.flush()
    #expect(scratch.failures.count == bad, "\(scratch.failures.map(\.failure.message))")
    for index in scratch.plan.aggregates.indices {
      let differences = try scratch.differences(index)
      #expect(differences.isEmpty, "seed \(seed), \(Self.aggregates[index]): \(differences.prefix(6))")
      let counts = scratch.counts.aggregates[index]
      #expect(counts.aggregated + counts.filtered + counts.late + counts.dead + scratch.counts.dead == total)
      if scratch.plan.aggregates[index].unnest != nil {
        let rows = try scratch.rows("SELECT coalesce(sum(n), 0) FROM results_\(index)")
        #expect(rows == [[String(counts.rows)]])
      }
    }
  }

  @Test("an event that fails by one element is counted nowhere, also when others of its elements lie in earlier slices")
  func allOrNothing() throws {
    let scratch = try DocumentScratch(
      columns: "words text[], always integer NOT NULL",
      aggregates: [
        "SELECT count(*) AS n, sum(word::integer) AS total FROM orders, UNNEST(words) AS word GROUP BY BY_WINDOW",
        "SELECT word, count(*) AS n FROM orders, UNNEST(words) AS word GROUP BY BY_WINDOW, word",
        "SELECT sum(always) AS total FROM orders GROUP BY BY_WINDOW",
      ].map { $0.replacing("BY_WINDOW", with: "tumble(ts, INTERVAL '1 minute')") }, capacity: 4)
    let ts = "\"ts\": \"2026-01-01T00:00:00Z\", \"always\": 1"
    try scratch.process([
      "{\(ts), \"words\": [\"1\", \"2\"]}", "{\(ts), \"words\": [\"3\", \"4\", \"5\", \"6\", \"7\", \"x\", \"8\"]}",
      "{\(ts), \"words\": []}", "{\(ts)}", "{\(ts), \"words\": [\"9\", null]}",
    ])
    try scratch.flush()
    #expect(scratch.failures.map(\.document) == [1])
    #expect(scratch.failures.first?.failure.code == .invalidText)
    #expect(scratch.failures.first?.failure.message.hasSuffix("in element 6 of words") == true)
    #expect(try scratch.rows("SELECT n, total FROM results_0") == [["4", "12"]])
    #expect(
      try scratch.rows("SELECT word, n FROM results_1 ORDER BY word") == [
        ["1", "1"], ["2", "1"], ["9", "1"], [nil, "1"],
      ])
    #expect(try scratch.rows("SELECT total FROM results_2") == [["4"]])
    #expect(scratch.counts.consumed == 5 && scratch.counts.dead == 1)
    #expect(scratch.counts.aggregates[0] == RunCounts.Aggregate.of(aggregated: 2, filtered: 2, rows: 4))
    #expect(scratch.counts.aggregates[2] == RunCounts.Aggregate.of(aggregated: 4, filtered: 0, rows: 0))
  }

  @Test("more elements than become rows make a dead letter, and what is no array of jsonb another")
  func bounds() throws {
    let scratch = try DocumentScratch(
      columns: "sizes integer[], items jsonb",
      aggregates: [
        "SELECT count(*) AS n FROM orders, UNNEST(sizes) AS size GROUP BY tumble(ts, INTERVAL '1 minute')",
        "SELECT count(*) AS n FROM orders, jsonb_array_elements(items) AS i GROUP BY tumble(ts, INTERVAL '1 minute')",
      ], capacity: 100)
    let long = Array(repeating: "1", count: 10_000).joined(separator: ",")
    let documents = [
      "\"sizes\": [\(long)]", "\"sizes\": [\(long),1]", "\"items\": [\(long)]", "\"items\": [\(long),1]",
      "\"items\": {}", "\"items\": 1", "\"items\": []", "\"items\": null",
    ]
    try scratch.process(documents.map { "{\"ts\": \"2026-01-01T00:00:00Z\", \($0)}" })
    try scratch.flush()
    #expect(try scratch.rows("SELECT n FROM results_0") == [["10000"]])
    #expect(try scratch.rows("SELECT n FROM results_1") == [["10000"]])
    #expect(
      scratch.failures.map { "\($0.document) \($0.failure.code.rawValue) \($0.failure.message)" } == [
        "1 PROGRAM_LIMIT_EXCEEDED sizes has 10001 elements: at most 10000 become rows",
        "3 PROGRAM_LIMIT_EXCEEDED items: an array of 10001 elements: at most 10000 become rows",
        "4 INVALID_PARAMETER_VALUE items: cannot extract elements from an object",
        "5 INVALID_PARAMETER_VALUE items: cannot extract elements from a scalar",
      ])
  }

  @Test("a late event is late once, whatever the number of its elements")
  func late() throws {
    let scratch = try DocumentScratch(
      columns: "sizes integer[]",
      aggregates: [
        """
        SELECT count(*) AS n FROM orders, UNNEST(sizes) AS size WHERE size > 0
        GROUP BY tumble(ts, INTERVAL '1 minute')
        """
      ], options: "WITH (late = 'dead_letter')", capacity: 3)
    let documents = ["[1, 2, 3, 4, 5, 6, 7]", "[0, 0]", "[]", "[1]"].map {
      "{\"ts\": \"2026-01-01T00:00:00Z\", \"sizes\": \($0)}"
    }
    try scratch.process(documents, watermark: Self.start + 3_600_000_000)
    #expect(scratch.counts.aggregates[0] == RunCounts.Aggregate(filtered: 2, dead: 2))
    #expect(scratch.lateEvents.map(\.row) == [0, 0])
    #expect(scratch.lateEvents.map(\.aggregate) == [0, 0])
  }

  /// A document whose arrays have NULLs, and are NULL, empty or long.
  private func document(_ random: inout SeededGenerator, isBad: Bool) -> String {
    let time = Self.start / 1_000_000 + Int64.random(in: 0..<180, using: &random)
    var members = ["\"ts\": \"\(DateTimeText.iso8601(timestamp: time * 1_000_000, zone: "Z"))\""]
    func add(_ name: String, _ value: String) {
      switch Int.random(in: 0..<12, using: &random) {
      case 0: break
      case 1: members.append("\"\(name)\": null")
      default: members.append("\"\(name)\":\(value)")
      }
    }
    func array(_ element: (inout SeededGenerator) -> String) -> String {
      let isLong = Int.random(in: 0..<30, using: &random) == 0
      let count = isLong ? Int.random(in: 50...300, using: &random) : Int.random(in: 0...5, using: &random)
      let elements = (0..<count).map { _ in
        Int.random(in: 0..<6, using: &random) == 0 ? "null" : element(&random)
      }
      return "[" + elements.joined(separator: Bool.random(using: &random) ? ", " : ",") + "]"
    }
    let words = ["a", "b\\u00e9", "ß\\n", "", "NULL", "{x,\\\"y\\\"}", "日本", "c\\\\d"]
    add("g", String(Int.random(in: -1...3, using: &random)))
    add("kind", Bool.random(using: &random) ? "\"order\"" : "\"return\"")
    add("tags", array { "\"\(words.randomElement(using: &$0) ?? "")\"" })
    add("sizes", array { String(Int.random(in: -5...50, using: &$0)) })
    add("prices", array { "\(Int.random(in: 0...999, using: &$0)).\(Int.random(in: 0...999, using: &$0))" })
    add("flags", array { Bool.random(using: &$0) ? "true" : "false" })
    add("ids", array { "\"00000000-0000-0000-0000-00000000000\(Int.random(in: 0...9, using: &$0))\"" })
    add("days", array { "\"20\(Int.random(in: 10...99, using: &$0))-02-03\"" })
    add("at", array { "\"2025-08-31T0\(Int.random(in: 0...9, using: &$0)):00:00.5+02:00\"" })
    add("ratios", array { String(Double.random(in: -1...1, using: &$0)) })
    let sku = { (random: inout SeededGenerator) -> String in
      let quantity = Int.random(in: 0...9, using: &random)
      return
        "{\"quantity\": \(quantity), \"sku\":\"s\(Int.random(in: 0...3, using: &random))\", \"x\": [1, {\"]\": 2}]}"
    }
    let anything = { (random: inout SeededGenerator) -> String in
      switch Int.random(in: 0..<6, using: &random) {
      case 0: "1.50"
      case 1: "\"t\\u0041\""
      case 2: "[1, 2]"
      case 3: "true"
      default: sku(&random)
      }
    }
    add("items", Int.random(in: 0..<8, using: &random) == 0 ? "{\"sku\": 1}" : array(anything))
    add("parts", array(anything))
    if isBad {
      members.removeAll { $0.hasPrefix("\"sizes\"") }
      let wrong = ["\"x\"", "1.5", "[1]", "{}", "true", "3000000000"]
      members.append("\"sizes\": [1, \(wrong.randomElement(using: &random) ?? "")]")
    }
    return "{" + members.shuffled(using: &random).joined(separator: ", ") + "}"
  }
}

extension RunCounts.Aggregate {
  fileprivate static func of(aggregated: Int, filtered: Int, rows: Int) -> Self {
    var counts = Self(aggregated: aggregated, filtered: filtered)
    counts.rows = rows
    return counts
  }
}

import TestThreads
import Testing

/// Aggregates over joined tables, of random events and rows, against the same SELECT in Postgres.
@Suite(.blocking) struct JoinDifferentialTests {
  /// 2026-01-01T00:00:00Z.
  private static let start: Int64 = 1_767_225_600_000_000

  private static let columns = "id text, number bigint, kind integer, u uuid, amount numeric(12,2)"

  private static let contents = """
    CREATE TABLE contents (id text PRIMARY KEY, publisher text NOT NULL, tier integer, rate double precision, next text);
    """
  private static let owners = "CREATE TABLE owners (id uuid, kind integer, name text, UNIQUE (id, kind));"
  private static let prices = """
    CREATE TABLE prices (number bigint, price numeric(12,2), label text, since timestamptz, until timestamptz,
      UNIQUE (number, since)) WITH (valid_from = 'since', valid_to = 'until');
    """

  @Test("joins of every kind find the rows that Postgres joins", arguments: [1, 2, 3, 4] as [UInt64])
  func differential(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let isInner = seed % 2 == 0
    let scratch = try ScratchAggregate(
      columns: Self.columns,
      select: """
        contents.publisher, c2.tier AS next_tier, count(*) AS n, count(contents.tier) AS tiers,
        sum(contents.tier) AS tier_sum, max(o.name COLLATE "C") AS name, sum(events.amount * 1) AS amount,
        avg(contents.rate) AS rate, count(*) FILTER (WHERE contents.tier > 2 AND o.kind IS NULL) AS filtered,
        sum(p.price) AS price, min(p.label COLLATE "C") AS label, max(coalesce(p.until, since)) AS latest,
        count(*) FILTER (WHERE upper(contents.publisher COLLATE "C") LIKE 'P1%') AS ones
        """, by: "contents.publisher, c2.tier",
      where: isInner ? "contents.tier IS DISTINCT FROM 7" : nil,
      references: [Self.contents, Self.owners, Self.prices],
      joins: """
        \(isInner ? "JOIN" : "LEFT JOIN") contents ON contents.id = events.id
        LEFT JOIN contents AS c2 ON contents.next = c2.id
        LEFT JOIN owners o ON o.id = u AND o.kind = events.kind
        \(seed > 2 ? "LEFT JOIN" : "JOIN") prices p ON p.number = events.number
        """)
    try fill(scratch, &random)
    try scratch.loadReferences()
    for _ in 0..<Int.random(in: 3...8, using: &random) {
      let rows = (0..<Int.random(in: 1...400, using: &random)).map { _ in row(scratch, &random) }
      #expect(scratch.process(rows).isEmpty)
      try scratch.record()
      if Bool.random(using: &random) { try scratch.flush() }
    }
    try scratch.flush()
    let differences = try scratch.differences()
    #expect(differences.isEmpty, "seed \(seed): \(differences.prefix(8))")
    let count = try scratch.rows("SELECT count(*), count(publisher), sum(n) FROM results")
    #expect(count[0][0] != "0")
    #expect(isInner == (count[0][0] == count[0][1]))
  }

  @Test(
    "rows of an array are joined as Postgres joins them: by the element, or by what the event has",
    arguments: [
      """
      CROSS JOIN jsonb_array_elements_text(items) AS item LEFT JOIN contents ON contents.id = item
      LEFT JOIN prices p ON p.number = events.number
      """,
      """
      LEFT JOIN prices p ON p.number = events.number CROSS JOIN jsonb_array_elements_text(items) AS item
      JOIN contents ON contents.id = item
      """,
      """
      JOIN contents ON contents.id = events.id LEFT JOIN prices p ON p.number = events.number,
      jsonb_array_elements_text(items) AS item
      """,
    ])
  func elements(_ joins: String) throws {
    var random = SeededGenerator(seed: 21)
    let scratch = try ScratchAggregate(
      columns: Self.columns + ", items jsonb",
      select: """
        contents.publisher, count(*) AS n, sum(contents.tier) AS tiers, max(item COLLATE "C") AS item,
        sum(p.price) FILTER (WHERE item <> 'id-1') AS price, min(p.label COLLATE "C") AS label
        """, by: "contents.publisher", where: "jsonb_typeof(items) = 'array' AND contents.tier IS DISTINCT FROM 7",
      references: [Self.contents, Self.prices], joins: joins)
    try fill(scratch, &random)
    try scratch.loadReferences()
    for _ in 0..<5 {
      let rows = (0..<200).map { _ in row(scratch, &random) }
      #expect(scratch.process(rows).isEmpty)
      try scratch.record()
      try scratch.flush()
    }
    let differences = try scratch.differences()
    #expect(differences.isEmpty, "\(differences.prefix(8))")
    #expect(try scratch.rows("SELECT sum(n) > 500, count(price) > 0 FROM results") == [["t", "t"]])
  }

  @Test("sessions are of the events alone, and aggregate what joined tables have for them")
  func sessions() throws {
    var random = SeededGenerator(seed: 31)
    let scratch = try ScratchAggregate(
      columns: Self.columns,
      select: """
        events.id, count(*) AS n, sum(contents.tier) AS tiers, max(p.label COLLATE "C") AS label, sum(p.price) AS price,
        count(*) FILTER (WHERE contents.tier > 2) AS filtered
        """, over: "session(ts, INTERVAL '5 seconds')", by: "events.id", where: "kind > 0 OR kind IS NULL",
      references: [Self.contents, Self.prices],
      joins: """
        LEFT JOIN contents ON contents.id = events.id LEFT JOIN prices p ON p.number = events.number
        """)
    try fill(scratch, &random)
    try scratch.loadReferences()
    for _ in 0..<6 {
      #expect(scratch.process((0..<150).map { _ in row(scratch, &random) }).isEmpty)
      try scratch.record()
      try scratch.flush()
    }
    let differences = try scratch.differences()
    #expect(differences.isEmpty, "\(differences.prefix(8))")
    #expect(try scratch.rows("SELECT max(n) > 2, count(label) > 0 FROM results") == [["t", "t"]])
  }

  @Test("rows that are valid by event time count the same, whatever the table held when events came")
  func validity() throws {
    var random = SeededGenerator(seed: 11)
    let scratch = try ScratchAggregate(
      columns: Self.columns, select: "p.label, count(*) AS n, sum(p.price) AS price", by: "p.label",
      references: [Self.prices], joins: "LEFT JOIN prices p ON p.number = events.number")
    try scratch.connection.execute("INSERT INTO prices VALUES (1, 10, 'first', NULL, '2026-01-01 00:01:00Z')")
    try scratch.loadReferences()
    #expect(scratch.process((0..<200).map { _ in row(scratch, &random, number: 1, within: 60_000_000) }).isEmpty)
    try scratch.record()
    try scratch.flush()
    // What is added later is of a later time.
    try scratch.connection.execute("INSERT INTO prices VALUES (1, 20, 'second', '2026-01-01 00:01:00Z', NULL)")
    try scratch.loadReferences()
    #expect(scratch.process((0..<200).map { _ in row(scratch, &random, number: 1) }).isEmpty)
    try scratch.record()
    try scratch.flush()
    #expect(try scratch.differences().isEmpty)
    #expect(
      try scratch.rows(
        "SELECT label, sum(price) = sum(n) * CASE label WHEN 'first' THEN 10 ELSE 20 END FROM results GROUP BY 1 ORDER BY 1"
      )
        == [["first", "t"], ["second", "t"]])
  }

  private func fill(_ scratch: ScratchAggregate, _ random: inout SeededGenerator) throws {
    for id in 0..<40 where Int.random(in: 0..<4, using: &random) > 0 {
      let tier = Int.random(in: 0..<5, using: &random) == 0 ? "NULL" : "\(Int.random(in: 0..<10, using: &random))"
      try scratch.connection.execute(
        """
        INSERT INTO contents VALUES ('id-\(id)', 'p\(Int.random(in: 0..<12, using: &random)) é', \(tier),
          \(Double.random(in: 0...1, using: &random)), 'id-\(Int.random(in: 0..<60, using: &random))')
        """)
    }
    if scratch.plan.references.contains(where: { $0.name == "owners" }) {
      try scratch.connection.execute(
        "INSERT INTO owners SELECT ('00112233-4455-6677-8899-00000000000' || i)::uuid, k, 'o' || i || k FROM generate_series(0, 5) AS i, generate_series(0, 1) AS k; INSERT INTO owners VALUES (NULL, 1, 'nobody')"
      )
    }
    for number in 0..<20 {
      var at = Int.random(in: -30...60, using: &random)
      for period in 0..<Int.random(in: 0...5, using: &random) {
        let end = at + Int.random(in: 1...60, using: &random)
        let from =
          period == 0 && Bool.random(using: &random)
          ? "NULL" : "'2026-01-01 00:00Z'::timestamptz + \(at) * INTERVAL '1 second'"
        let isLast = Int.random(in: 0..<6, using: &random) == 0
        let to = isLast ? "NULL" : "'2026-01-01 00:00Z'::timestamptz + \(end) * INTERVAL '1 second'"
        try scratch.connection.execute(
          "INSERT INTO prices VALUES (\(number), \(Int.random(in: 1...999, using: &random)) / 10.0, 'l\(number)-\(period)', \(from), \(to))"
        )
        if isLast { break }
        at = end + (Bool.random(using: &random) ? 0 : Int.random(in: 1...20, using: &random))
      }
    }
  }

  private func row(
    _ scratch: ScratchAggregate, _ random: inout SeededGenerator, number: Int64? = nil, within span: Int64 = 180_000_000
  ) -> [Value] {
    var row = [Value](repeating: .null, count: scratch.plan.columns.count)
    func set(_ name: String, _ value: Value) {
      guard scratch.plan.columns.contains(where: { $0.path == [name] }) else { return }
      row[scratch.index(name)] = value
    }
    set("ts", .integer(Self.start + .random(in: 0..<span, using: &random) / 1_000_000 * 1_000_000))
    func maybe(_ name: String, _ value: Value) {
      if Int.random(in: 0..<6, using: &random) > 0 { set(name, value) }
    }
    let items = (0..<Int.random(in: 0...4, using: &random)).map { _ in
      Int.random(in: 0..<8, using: &random) == 0 ? "null" : "\"id-\(Int.random(in: 0..<50, using: &random))\""
    }
    maybe("items", .text(Int.random(in: 0..<9, using: &random) == 0 ? "{}" : "[\(items.joined(separator: ", "))]"))
    maybe("id", .text("id-\(Int.random(in: 0..<50, using: &random))"))
    maybe("number", .integer(.random(in: 0..<22, using: &random)))
    if let number { set("number", .integer(number)) }
    maybe("kind", .integer(.random(in: 0..<3, using: &random)))
    maybe("u", .text("00112233-4455-6677-8899-00000000000\(Int.random(in: 0..<8, using: &random))"))
    maybe("amount", .decimal(Int128(Int.random(in: -9999...9999, using: &random))))
    return row
  }
}

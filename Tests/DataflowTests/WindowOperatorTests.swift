import Events
import Plan
import Testing

@testable import Dataflow

private let minute: Int64 = 60_000_000
/// 2026-01-01T00:00:00Z.
private let start: Int64 = 1_767_225_600_000_000

/// Events have the columns ts, region (text, nullable), code (integer), size (double precision, nullable).
@Suite struct WindowOperatorTests {
  private static let specs = [
    ColumnSpec(path: ["ts"], type: .timestamptz, isNullable: true),
    ColumnSpec(path: ["region"], type: .text, isNullable: true),
    ColumnSpec(path: ["code"], type: .integer, isNullable: false),
    ColumnSpec(path: ["size"], type: .doublePrecision, isNullable: true),
  ]
  private static let region = KeyColumn(
    name: "region", expression: .column(1, .text), type: .text, isNullable: true, comment: "")
  private static let code = KeyColumn(
    name: "code", expression: .column(2, .integer), type: .integer, isNullable: false, comment: "")
  private static let isGood = Expression.comparison(
    .equal, .column(2, .integer), .literal(.integer(200, .integer)))

  private static func measure(
    _ function: AccumulatorPlan.Function, _ argument: Expression?, _ type: SQLType, filter: Expression? = nil
  ) -> AccumulatorPlan {
    AccumulatorPlan(function: function, argument: argument, filter: filter, column: "m", type: type, comment: "")
  }

  private static func aggregate(
    keys: [KeyColumn], _ accumulators: [AccumulatorPlan], filter: Expression? = nil, retention: Int64? = nil,
    late: LatePolicy = .revise
  ) -> AggregatePlan {
    AggregatePlan(
      name: "a", comment: "", filter: filter, window: .tumble(sizeMicroseconds: minute), keys: keys,
      accumulators: accumulators, outputs: [], retentionMicroseconds: retention, allowedLatenessMicroseconds: 0,
      latePolicy: late, select: SelectText(text: "", from: 0..<0, window: ""))
  }

  private static func plan(_ aggregates: [AggregatePlan]) -> StreamPlan {
    StreamPlan(
      definition: StreamDefinition(
        name: "s", topic: "t", format: .avro, schema: .file("s.avsc"), eventTime: ["ts"], outOfOrdernessMicroseconds: 0,
        idleTimeoutMicroseconds: minute, maxAheadMicroseconds: 60 * minute, deadLetterTopic: nil),
      columns: specs, eventTimeColumn: 0, aggregates: aggregates)
  }

  /// The stream's operator and its batch.
  private struct Engine {
    let batch = EventBatch(specs: WindowOperatorTests.specs, capacity: 1024)
    let windows: WindowOperator

    init(_ aggregates: [AggregatePlan], retainedBytes: Int = WindowOperator.defaultRetainedBytes) {
      windows = WindowOperator(
        WindowOperatorTests.plan(aggregates), batch: batch, seed: 42, retainedBytes: retainedBytes)
    }

    @discardableResult
    func process(_ rows: [[Value]], runs: [PartitionRun]? = nil, watermark: Int64? = nil) -> [RunCounts] {
      batch.fill(rows)
      return windows.process(
        batch, runs: runs ?? [PartitionRun(partition: 0, rows: 0..<rows.count)], now: start + 60 * minute,
        watermark: watermark)
    }

    /// Rows of the only delta as "minute key… | measure…", sorted.
    func drained() -> [String] {
      let deltas = windows.drain()
      guard let delta = deltas.first, deltas.count == 1 else { return [] }
      return (0..<delta.rowCount).map { row in
        let minutes = (delta.windowStarts[row] - start) / minute
        let keys = delta.keys.map { $0.text(row) }.joined(separator: " ")
        return "\(minutes) \(keys) | \(delta.accumulators.map { $0.text(row) }.joined(separator: " "))"
      }.sorted()
    }
  }

  @Test("events are counted by window and key, over several batches until the drain")
  func counting() {
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [WindowOperatorTests.region], [WindowOperatorTests.measure(.count, nil, .bigint)])
    ])
    //  minute:   0        1
    //  A         2        1
    //  B         1
    engine.process([[.integer(start), "A", 1, 1], [.integer(start + minute), "A", 1, 1]])
    engine.process([[.integer(start + minute - 1), "A", 1, 1], [.integer(start), "B", 1, 1]])
    #expect(engine.drained() == ["0 A | 2", "0 B | 1", "1 A | 1"])
    #expect(engine.drained().isEmpty)
    engine.process([[.integer(start), "A", 1, 1]])
    #expect(engine.drained() == ["0 A | 1"])
  }

  @Test("every function merges its values; NULL and rows outside the filter take no part")
  func functions() {
    let size = Expression.column(3, .doublePrecision)
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [],
        [
          WindowOperatorTests.measure(.count, nil, .bigint), WindowOperatorTests.measure(.count, size, .bigint),
          WindowOperatorTests.measure(.sum, size, .doublePrecision),
          WindowOperatorTests.measure(.min, size, .doublePrecision),
          WindowOperatorTests.measure(.max, size, .doublePrecision),
          WindowOperatorTests.measure(.sum, .column(2, .integer), .bigint),
          WindowOperatorTests.measure(.max, .column(1, .text), .text),
          WindowOperatorTests.measure(.count, nil, .bigint, filter: WindowOperatorTests.isGood),
          WindowOperatorTests.measure(.sum, size, .doublePrecision, filter: WindowOperatorTests.isGood),
        ])
    ])
    engine.process([
      [.integer(start), "b", 404, 2.5], [.integer(start), "é", 404, nil], [.integer(start), "a", 404, -1.0],
    ])
    #expect(engine.drained() == ["0  | 3 2 1.5 -1.0 2.5 1212 é 0 NULL"])
    engine.process([[.integer(start), nil, 200, nil]])
    #expect(engine.drained() == ["0  | 1 0 NULL NULL NULL 200 NULL 1 NULL"])
  }

  @Test("counts with filters of their own, one after the other, each count what passes their filter", arguments: 1...5)
  func filteredCounts(count: Int) {
    let size = Expression.column(3, .doublePrecision)
    let codes = (1...count).map { code in
      Expression.comparison(.equal, .column(2, .integer), .literal(.integer(Int64(code), .integer)))
    }
    // The second one's argument may be NULL, which is a filter, too.
    let counts = codes.enumerated().map { index, filter in
      WindowOperatorTests.measure(.count, index == 1 ? size : nil, .bigint, filter: filter)
    }
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [WindowOperatorTests.region], counts + [WindowOperatorTests.measure(.count, nil, .bigint)])
    ])
    //  code k comes k times for A, once for B and without a size for both
    var rows: [[Value]] = []
    for code in 1...5 {
      rows += Array(repeating: [.integer(start), "A", .integer(Int64(code)), 1], count: code)
      rows += [[.integer(start), "B", .integer(Int64(code)), nil]]
    }
    engine.process(rows)
    let counted = { (text: String, values: [Int], all: Int) in
      "0 \(text) | \((values.prefix(count) + [all]).map(String.init).joined(separator: " "))"
    }
    #expect(engine.drained() == [counted("A", [1, 2, 3, 4, 5], 15), counted("B", [1, 0, 1, 1, 1], 5)])
  }

  @Test("keys and measured texts that differ in one byte are told apart, at every length")
  func everyLength() {
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [WindowOperatorTests.region], [WindowOperatorTests.measure(.max, .column(1, .text), .text)])
    ])
    var texts: Set<String> = []
    for length in 1...70 {
      let text = String(repeating: "m", count: length)
      texts.insert(text)
      for index in [0, length / 3, length / 2, length - 1] {
        texts.insert(String(text.prefix(index)) + "n" + text.dropFirst(index + 1))
      }
    }
    let rows = texts.sorted().map { [.integer(start), .text($0), 1, 1] as [Value] }
    for _ in 0..<2 { engine.process(rows) }
    #expect(engine.drained() == texts.map { "0 \($0) | \($0)" }.sorted())
  }

  @Test("NULL is a key of its own, and several keys make one group")
  func keys() {
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [WindowOperatorTests.region, WindowOperatorTests.code],
        [WindowOperatorTests.measure(.count, nil, .bigint)])
    ])
    engine.process([
      [.integer(start), nil, 1, 1], [.integer(start), "", 1, 1], [.integer(start), nil, 2, 1],
      [.integer(start), nil, 1, 1],
    ])
    #expect(engine.drained() == ["0  1 | 1", "0 NULL 1 | 2", "0 NULL 2 | 1"])
  }

  @Test("consumed is aggregated, filtered, late and dead, for each run and aggregate")
  func conservation() {
    let count = WindowOperatorTests.measure(.count, nil, .bigint)
    let engine = Engine([
      WindowOperatorTests.aggregate(keys: [WindowOperatorTests.region], [count]),
      WindowOperatorTests.aggregate(keys: [], [count], filter: WindowOperatorTests.isGood, late: .drop),
    ])
    let counts = engine.process(
      [
        [.integer(start + 2 * minute), "A", 200, 1], [.integer(start), "A", 200, 1], [nil, "A", 200, 1],
        [.integer(start + 2 * minute), "A", 500, 1], [.integer(start + 500 * minute), "A", 200, 1],
      ],
      runs: [PartitionRun(partition: 3, rows: 0..<2), PartitionRun(partition: 1, rows: 2..<5)],
      watermark: start + minute)
    #expect(counts.map(\.consumed) == [2, 3])
    #expect(counts.map(\.dead) == [0, 2])
    #expect(counts[0].aggregates == [.init(aggregated: 2), .init(aggregated: 1, late: 1)])
    #expect(counts[1].aggregates == [.init(aggregated: 1), .init(filtered: 1)])
    #expect(counts.map(\.maxEventTime) == [start + 2 * minute, start + 2 * minute])
    #expect(engine.batch.failures.map(\.code) == [.invalidEventTime, .futureEventTime])
  }

  @Test("late events are dead letters of the aggregate that wants them so, and of no other")
  func lateDeadLetters() {
    let count = WindowOperatorTests.measure(.count, nil, .bigint)
    let engine = Engine([
      WindowOperatorTests.aggregate(keys: [], [count]),
      WindowOperatorTests.aggregate(
        keys: [], [count], filter: WindowOperatorTests.isGood, retention: 60 * minute, late: .deadLetter),
    ])
    let counts = engine.process(
      [
        [.integer(start), "A", 200, 1], [.integer(start), "A", 500, 1], [.integer(start + minute), "A", 200, 1],
        [nil, "A", 200, 1], [.integer(start - 90 * minute), "A", 200, 1],
      ], watermark: start + minute + 30)
    #expect(counts[0].dead == 1)
    #expect(counts[0].aggregates == [.init(aggregated: 4), .init(aggregated: 1, filtered: 1, dead: 2)])
    #expect(
      engine.windows.lateEvents == [
        LateEvent(row: 0, aggregate: 1, windowStart: start, lateness: 30),
        LateEvent(row: 4, aggregate: 1, windowStart: start - 90 * minute, lateness: 90 * minute + 30),
      ])
    engine.process([[.integer(start + minute), "A", 200, 1]], watermark: start + minute)
    #expect(engine.windows.lateEvents == [])
  }

  @Test("events of windows that retention has removed are late, others revise")
  func retention() {
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [], [WindowOperatorTests.measure(.count, nil, .bigint)], retention: 10 * minute)
    ])
    let counts = engine.process(
      [[.integer(start), "A", 1, 1], [.integer(start + minute), "A", 1, 1]], watermark: start + 11 * minute)
    #expect(counts[0].aggregates == [.init(aggregated: 1, late: 1)])
    #expect(engine.drained() == ["1  | 1"])
  }

  @Test("an event is in one pane of its windows, and late when the last of them is")
  func panes() {
    var aggregate = WindowOperatorTests.aggregate(
      keys: [], [WindowOperatorTests.measure(.count, nil, .bigint)], late: .drop)
    aggregate.window = .hop(slideMicroseconds: 2 * minute, sizeMicroseconds: 5 * minute)
    let engine = Engine([aggregate])
    let times = [0, 1, 3, 3].map { start + $0 * minute + 30 }
    let events = times.map { [Value.integer($0), "A", 1, 1] }
    #expect(engine.process(events, watermark: start + 4 * minute)[0].aggregates == [.init(aggregated: 4)])
    #expect(engine.drained() == ["0  | 1", "1  | 1", "3  | 2"])
    // The last window of the first two has ended by then, that of the others a slide later.
    #expect(engine.process(events, watermark: start + 5 * minute)[0].aggregates == [.init(aggregated: 2, late: 2)])
    #expect(engine.process(events, watermark: start + 7 * minute)[0].aggregates == [.init(aggregated: 0, late: 4)])
  }

  @Test("what Postgres could not store is a dead letter and touches no aggregate")
  func unstorable() {
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [WindowOperatorTests.region],
        [WindowOperatorTests.measure(.sum, .column(3, .doublePrecision), .doublePrecision)])
    ])
    engine.process([
      [.integer(start), .text(String(repeating: "k", count: 3000)), 1, 1], [.integer(start), "a\0b", 1, 1],
      [.integer(start), "A", 1, 1e150], [.integer(start), "A", 1, 2],
    ])
    #expect(engine.batch.failures.map(\.code) == [.outOfRange, .keyTooLong, .invalidUTF8])
    #expect(engine.drained() == ["0 A | 2.0"])
  }

  @Test("a measured text that Postgres could not store is a dead letter, whose group does not come into being")
  func unstorableMeasures() {
    let greatest = WindowOperatorTests.aggregate(
      keys: [WindowOperatorTests.code], [WindowOperatorTests.measure(.max, .column(1, .text), .text)])
    let all = WindowOperatorTests.aggregate(keys: [], [WindowOperatorTests.measure(.count, nil, .bigint)])
    let engine = Engine([greatest, all])
    // Twice: first the groups are new, then they have a text to compare with.
    for batch in 0..<2 {
      let counts = engine.process([
        [.integer(start), "A", 1, 1], [.integer(start), "a\0b", 2, 1], [.integer(start), "B", 3, 1],
        [.integer(start), "A\0", 1, 1], [.integer(start), .null, 4, 1],
      ])
      #expect(engine.batch.failures.map(\.code) == [.invalidUTF8, .invalidUTF8])
      #expect(
        engine.batch.failures.map(\.message)
          == Array(repeating: "region is not UTF-8 text without zero bytes", count: 2))
      #expect(counts[0].dead == 2)
      #expect(counts[0].aggregates == [.init(aggregated: 3), .init(aggregated: 3)])
      #expect(engine.windows.groupCount == 4, "batch \(batch)")
    }
    let deltas = engine.windows.drain()
    #expect((0..<deltas[0].rowCount).map { deltas[0].keys[0].text($0) } == ["1", "3", "4"])
    #expect((0..<deltas[0].rowCount).map { deltas[0].accumulators[0].text($0) } == ["A", "B", "NULL"])
    #expect(deltas[1].accumulators[0].text(0) == "6")
  }

  @Test("numbers whose mean would underflow are put aside")
  func tinyNumbers() {
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [], [WindowOperatorTests.measure(.sum, .column(3, .doublePrecision), .doublePrecision)])
    ])
    engine.process([
      [.integer(start), "A", 1, .double(.leastNonzeroMagnitude)], [.integer(start), "A", 1, -1e-150],
      [.integer(start), "A", 1, 0],
    ])
    #expect(engine.batch.failures.map(\.code) == [.outOfRange, .outOfRange])
    #expect(engine.drained() == ["0  | 0.0"])
  }

  @Test(
    "events with dates and times that Postgres cannot store are put aside, whatever these are used for",
    arguments: [
      (.date, -2_440_588, true), (.date, -2_440_589, false), (.date, Int64(Int32.max), false), (.time, -1, false),
      (.time, 86_400_000_000, true), (.timestamptz, .min, false), (.timestamp, .max, false), (.bigint, .max, true),
    ] as [(SQLType, Int64, Bool)], [true, false])
  func unstorableTimes(_ drawn: (type: SQLType, value: Int64, isStored: Bool), asKey: Bool) {
    let specs = [
      ColumnSpec(path: ["ts"], type: .timestamptz, isNullable: false),
      ColumnSpec(path: ["x"], type: drawn.type, isNullable: false),
    ]
    let key = KeyColumn(
      name: "x", expression: .column(1, drawn.type), type: drawn.type, isNullable: false, comment: "")
    var plan = WindowOperatorTests.plan([
      WindowOperatorTests.aggregate(
        keys: asKey ? [key] : [],
        [WindowOperatorTests.measure(asKey ? .count : .max, asKey ? nil : .column(1, drawn.type), drawn.type)])
    ])
    plan.columns = specs
    let batch = EventBatch(specs: specs, capacity: 4)
    let windows = WindowOperator(plan, batch: batch, seed: 1)
    batch.fill([[.integer(start), .integer(drawn.value)]])
    _ = windows.process(batch, runs: [PartitionRun(partition: 0, rows: 0..<1)], now: start, watermark: nil)
    #expect(batch.failures.map(\.code) == (drawn.isStored ? [] : [.timeOutOfRange]))
    #expect(windows.groupCount == (drawn.isStored ? 1 : 0))
  }

  @Test("hostile event times with the longest retention neither trap nor count")
  func hostileTimes() {
    let century = 36_525 * 1440 * minute
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [], [WindowOperatorTests.measure(.count, nil, .bigint)], retention: century, late: .drop)
    ])
    for watermark in [nil, -200_000_000_000_000_000 - century, start] as [Int64?] {
      engine.process(
        [.min, .min + 1, -200_000_000_000_000_001, 9_200_000_000_000_000_001, .max].map { [.integer($0), "A", 1, 1] },
        watermark: watermark)
      #expect(engine.batch.failures.count == 5)
    }
    #expect(engine.drained().isEmpty)
  }

  @Test("memory that only a large delta needed is given back at its drain")
  func memoryAfterDrain() {
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [WindowOperatorTests.region],
        [WindowOperatorTests.measure(.max, .column(1, .text), .text)])
    ])
    let ordinary = engine.windows.memory
    for chunk in 0..<140 {
      engine.process(
        (0..<1000).map { row in
          [.integer(start), .text("key-\(chunk * 1000 + row)-" + String(repeating: "x", count: 250)), 1, 1]
        })
    }
    #expect(engine.windows.memory > 70 << 20)
    #expect(engine.windows.drain()[0].rowCount == 140_000)
    #expect(engine.windows.memory < ordinary + (4 << 20))
  }

  @Test(
    "a drain keeps no more than it may, and what it keeps does not count against the next delta",
    arguments: [0, 1 << 20, 4 << 20, 64 << 20])
  func retainedMemory(retained: Int) {
    let engine = Engine(
      [
        WindowOperatorTests.aggregate(
          keys: [WindowOperatorTests.region, WindowOperatorTests.code],
          [WindowOperatorTests.measure(.max, .column(1, .text), .text)])
      ], retainedBytes: retained)
    let empty = engine.windows.memory
    #expect(engine.windows.deltaMemory == 0)
    for round in 0..<3 {
      for chunk in 0..<10 {
        engine.process(
          (0..<1000).map {
            [
              .integer(start), .text("\(round)-\(chunk)-\($0)-" + String(repeating: "x", count: 500)),
              .integer(Int64($0)), 1,
            ]
          })
      }
      #expect(engine.windows.deltaMemory > 5 << 20)
      #expect(engine.windows.drain()[0].rowCount == 10_000)
      #expect(engine.windows.deltaMemory == 0)
      #expect(engine.windows.memory <= empty + retained + (1 << 16))
    }
    // Enough for all of it: it is kept.
    if retained == 64 << 20 { #expect(engine.windows.memory > empty + (5 << 20)) }
  }

  @Test("windows of events that take no part count as memory")
  func filteredWindows() {
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [], [WindowOperatorTests.measure(.count, nil, .bigint)], filter: WindowOperatorTests.isGood)
    ])
    let before = engine.windows.memory
    for chunk in 0..<100 {
      engine.process((0..<1000).map { [.integer(start - Int64(chunk * 1000 + $0) * minute), "A", 404, 1] })
    }
    #expect(engine.windows.groupCount == 0)
    #expect(engine.windows.memory > before + 100_000 * 16)
    #expect(engine.windows.drain().isEmpty)
    #expect(engine.windows.memory < before + (1 << 20))
  }

  @Test("a hundred thousand keys keep their sums, through growth and drains")
  func manyKeys() {
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [WindowOperatorTests.region], [WindowOperatorTests.measure(.sum, .column(2, .integer), .bigint)])
    ])
    // Short ones, those of up to 32 bytes, and longer ones are looked up differently.
    func key(_ number: Int) -> String { "key-\(number)" + String(repeating: "x", count: number % 3 * 16) }
    for round in 0..<2 {
      for _ in 0..<2 {
        for chunk in 0..<100 {
          engine.process(
            (0..<1000).map { [.integer(start), .text(key(chunk * 1000 + $0)), .integer(Int64($0)), 1] })
        }
      }
      #expect(engine.windows.groupCount == 100_000)
      let delta = engine.windows.drain()[0]
      #expect(delta.rowCount == 100_000)
      for row in stride(from: 0, to: 100_000, by: 997) {
        #expect(delta.keys[0].text(row) == key(row), "round \(round)")
        #expect(delta.accumulators[0].text(row) == "\(row % 1000 * 2)")
      }
    }
  }

  @Test("pairs of many keys keep their sums, whether they are new, known or met twice in a block")
  func manyPairs() {
    let engine = Engine([
      WindowOperatorTests.aggregate(
        keys: [WindowOperatorTests.region, WindowOperatorTests.code],
        [WindowOperatorTests.measure(.count, nil, .bigint)])
    ])
    for _ in 0..<2 {
      // Each pair comes twice in a row.
      for event in stride(from: 0, to: 90_000, by: 500) {
        engine.process(
          (event..<event + 500).flatMap { pair -> [[Value]] in
            let row: [Value] = [.integer(start), .text("region-\(pair % 300)"), .integer(Int64(pair / 300)), 1]
            return [row, row]
          })
      }
      let delta = engine.windows.drain()[0]
      #expect(delta.rowCount == 90_000)
      var pairs: Set<String> = []
      for row in 0..<delta.rowCount {
        pairs.insert("\(delta.keys[0].text(row)) \(delta.keys[1].integer(row))")
        if delta.accumulators[0].integer(row) != 2 { Issue.record("row \(row): \(delta.accumulators[0].integer(row))") }
      }
      #expect(pairs.count == 90_000)
    }
  }

  @Test("a delta keeps its texts while the operator goes on, forgets them and is gone")
  func textsOutliveTheOperator() {
    var engine: Engine? = Engine([
      WindowOperatorTests.aggregate(
        keys: [WindowOperatorTests.region], [WindowOperatorTests.measure(.max, .column(1, .text), .text)])
    ])
    // Long enough that the dictionary is forgotten at a drain.
    func key(_ round: Int, _ number: Int) -> String { "\(round)-\(number)-" + String(repeating: "x", count: 1000) }
    var deltas: [WindowDelta] = []
    for round in 0..<3 {
      for chunk in 0..<20 {
        engine?.process(
          (0..<1000).map { [.integer(start), .text(key(round, chunk * 1000 + $0)), 1, 1] })
      }
      deltas += engine?.windows.drain() ?? []
    }
    engine = nil
    #expect(deltas.map(\.rowCount) == [20_000, 20_000, 20_000])
    for (round, delta) in deltas.enumerated() {
      for row in stride(from: 0, to: delta.rowCount, by: 97) {
        #expect(delta.keys[0].text(row) == key(round, row))
        #expect(delta.accumulators[0].text(row) == key(round, row))
      }
    }
  }

  @Test(
    "a run is clipped to a slice of its batch, whose rows count from 0",
    arguments: [
      (0..<10, 0..<4), (5..<10, 2..<4), (0..<4, 0..<1), (4..<6, 1..<3), (0..<3, nil), (7..<9, nil),
    ] as [(Range<Int>, Range<Int>?)])
  func clippedRun(rows: Range<Int>, expected: Range<Int>?) {
    let clipped = PartitionRun(partition: 2, rows: rows).clipped(to: 3..<7)
    #expect(clipped == expected.map { PartitionRun(partition: 2, rows: $0) })
  }

  @Test(
    "text is storable when it is UTF-8 without a zero byte",
    arguments: [
      ([UInt8]("plain ascii text".utf8), true), ([UInt8]("größer als acht Zeichen".utf8), true), ([], true),
      ([0x61, 0x00], false), (Array("12345678".utf8) + [0], false), ([0xFF], false), ([0xC3], false),
      (Array("12345678".utf8) + [0xED, 0xA0, 0x80], false), ([0xC0, 0x80], false),
    ] as [([UInt8], Bool)])
  func storable(bytes: [UInt8], expected: Bool) {
    var arena = TextArena()
    let view = bytes.withUnsafeBufferPointer { arena.append($0) }
    #expect(isStorableText(view) == expected)
  }
}

extension DeltaColumn {
  fileprivate func text(_ row: Int) -> String {
    if isNull(row) { return "NULL" }
    switch type.physical {
    case .boolean: return "\(boolean(row))"
    case .integer: return "\(integer(row))"
    case .decimal: return "\(decimal(row))"
    case .double: return "\(double(row))"
    case .text: return withText(row) { String(decoding: $0, as: UTF8.self) }
    }
  }
}

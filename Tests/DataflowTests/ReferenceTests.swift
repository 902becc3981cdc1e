import Events
import Plan
import Testing

@testable import Dataflow

/// Values of reference data in expressions: looked up by key and time, in one version and then in another.
@Suite struct ReferenceTests {
  private static let contents = Reference(
    name: "contents",
    columns: [
      .init(name: "id", type: .text, isNullable: false), .init(name: "publisher", type: .text, isNullable: true),
      .init(name: "tier", type: .integer, isNullable: true),
    ], key: [0])
  private static let prices = Reference(
    name: "prices",
    columns: [
      .init(name: "article", type: .bigint, isNullable: false), .init(name: "region", type: .text, isNullable: false),
      .init(name: "price", type: .numeric(scale: 2), isNullable: false),
      .init(name: "begins", type: .timestamptz, isNullable: true),
      .init(name: "ends", type: .timestamptz, isNullable: true),
    ], key: [0, 1], validity: .init(from: 3, to: 4))

  private static let specs = [
    ColumnSpec(path: ["time"], type: .timestamptz, isNullable: false),
    ColumnSpec(path: ["id"], type: .text, isNullable: true),
    ColumnSpec(path: ["article"], type: .bigint, isNullable: true),
    ColumnSpec(path: ["region"], type: .text, isNullable: true),
  ]
  private static let time = Expression.column(0, .timestamptz)
  private static let byID = JoinPlan(
    reference: contents, alias: "contents", isOuter: true, keys: [.column(1, .text)])
  private static let byArticle = JoinPlan(
    reference: prices, alias: "p", isOuter: true, keys: [.column(2, .bigint), .column(3, .text)])

  private static func table(
    _ reference: Reference, _ rows: [[String?]], limits: ReferenceLimits = ReferenceLimits()
  ) throws(ReferenceFault) -> ReferenceTable {
    let builder = ReferenceTableBuilder(reference, limits: limits, seed: 1)
    for row in rows {
      try builder.addRow { column, take in
        guard var text = row[column] else { return take(nil) }
        text.withUTF8 { take($0) }
      }
    }
    return try builder.finish()
  }

  /// A program over the columns above, and what it makes of batches.
  private struct Bench {
    let batch = EventBatch(specs: ReferenceTests.specs, capacity: 4096)
    let program: Program
    let registers: [Program.Register]

    init(_ expressions: [Expression], keepsDistinct: Bool = true) {
      let program = Program(batch: batch, keepsDistinct: keepsDistinct)
      registers = expressions.map { program.compile($0) }
      self.program = program
    }

    func results(_ rows: [[Value]]) -> [[Value]] {
      batch.fill(rows)
      program.run(batch)
      return rows.indices.map { row in registers.map { program.registers[$0].read(row) } }
    }
  }

  private static func event(_ id: Value) -> [Value] { [0, id, 0, ""] }

  @Test("a text names its row; an unknown one and NULL name none", arguments: [true, false])
  func text(keepsDistinct: Bool) throws {
    let bench = Bench(
      [Self.byID.value(1, eventTime: Self.time), Self.byID.value(2, eventTime: Self.time)],
      keepsDistinct: keepsDistinct)
    let long = "an identifier of more than thirty-two bytes, which is long"
    bench.program.use(
      ReferenceSet([
        try Self.table(
          Self.contents, [["a", "Ann", "1"], ["b", nil, "2"], ["", "Nobody", nil], [long, "Long", "-7"]])
      ]))
    let events = ["a", "b", "", "c", nil, .text(long), "a"].map(Self.event)
    #expect(
      bench.results(events) == [
        ["Ann", 1], [nil, 2], ["Nobody", nil], [nil, nil], [nil, nil], ["Long", -7], ["Ann", 1],
      ])
  }

  @Test("without a version nothing has a row")
  func none() {
    let bench = Bench([Self.byID.value(1, eventTime: Self.time), Self.byID.isMatched(eventTime: Self.time)])
    #expect(bench.results([Self.event("a")]) == [[nil, false]])
  }

  @Test("a newer version counts from the next batch on, also for values that are known", arguments: [true, false])
  func versions(keepsDistinct: Bool) throws {
    let bench = Bench(
      [Self.byID.value(1, eventTime: Self.time), Self.byID.isMatched(eventTime: Self.time)],
      keepsDistinct: keepsDistinct)
    let events = ["a", "b"].map(Self.event)
    bench.program.use(ReferenceSet([try Self.table(Self.contents, [["a", "Ann", nil]])]))
    #expect(bench.results(events) == [["Ann", true], [nil, false]])
    bench.program.use(ReferenceSet([try Self.table(Self.contents, [["a", "Bob", nil], ["b", "Ben", nil]])]))
    #expect(bench.results(events) == [["Bob", true], ["Ben", true]])
    bench.program.use(ReferenceSet([try Self.table(Self.contents, [])]))
    #expect(bench.results(events) == [[nil, false], [nil, false]])
  }

  @Test("the same version again keeps what is known of values")
  func sameVersion() throws {
    let bench = Bench([Self.byID.value(1, eventTime: Self.time)])
    let version = ReferenceSet([try Self.table(Self.contents, [["a", "Ann", nil]])])
    #expect(bench.program.use(version) == false)
    _ = bench.results([Self.event("a")])
    bench.program.use(version)
    #expect(bench.results([Self.event("a")]) == [["Ann"]])
  }

  @Test("the row that is valid at the event's time is taken: from its beginning until before its end")
  func validity() throws {
    let bench = Bench([Self.byArticle.value(2, eventTime: Self.time)])
    bench.program.use(
      ReferenceSet([
        try Self.table(
          Self.prices,
          [
            ["1", "eu", "300", "200", nil], ["1", "eu", "100", nil, "100"], ["1", "eu", "200", "100", "150"],
            ["1", "us", "900", nil, nil], ["2", "eu", "1", "50", "50"], ["3", "eu", "1", "50", "40"],
          ])
      ]))
    func at(_ time: Int64, _ article: Value, _ region: Value) -> [Value] { [.integer(time), nil, article, region] }
    // 1, eu:  ◀────100──│100──200──│150    200│──300──────▶
    let events = [
      at(-5, 1, "eu"), at(99, 1, "eu"), at(100, 1, "eu"), at(149, 1, "eu"), at(150, 1, "eu"), at(199, 1, "eu"),
      at(200, 1, "eu"), at(9_000, 1, "eu"), at(0, 1, "us"), at(50, 2, "eu"), at(45, 3, "eu"), at(0, 4, "eu"),
      at(0, nil, "eu"), at(0, 1, nil),
    ]
    let expected: [Value] = [
      .decimal(100), .decimal(100), .decimal(200), .decimal(200), nil, nil, .decimal(300), .decimal(300),
      .decimal(900), nil, nil, nil, nil, nil,
    ]
    #expect(bench.results(events).map { $0[0] } == expected)
  }

  @Test("keys of several columns are told apart wherever their values meet")
  func compositeKeys() throws {
    let pairs = Reference(
      name: "pairs",
      columns: [
        .init(name: "a", type: .text, isNullable: false), .init(name: "b", type: .text, isNullable: false),
        .init(name: "value", type: .boolean, isNullable: false),
      ], key: [1, 0])
    let join = JoinPlan(
      reference: pairs, alias: "pairs", isOuter: true, keys: [.column(3, .text), .column(1, .text)])
    let bench = Bench([join.value(2, eventTime: Self.time)])
    bench.program.use(ReferenceSet([try Self.table(pairs, [["ab", "c", "t"], ["a", "bc", "f"]])]))
    let events: [[Value]] = [[0, "ab", 0, "c"], [0, "a", 0, "bc"], [0, "abc", 0, ""], [0, "c", 0, "ab"]]
    #expect(bench.results(events) == [[true], [false], [nil], [nil]])
  }

  @Test("the key of a join can be a value of another")
  func chains() throws {
    let next = JoinPlan(
      reference: Self.contents, alias: "next", isOuter: true, keys: [Self.byID.value(1, eventTime: Self.time)])
    let bench = Bench([next.value(1, eventTime: Self.time)])
    bench.program.use(ReferenceSet([try Self.table(Self.contents, [["a", "b", nil], ["b", "c", nil]])]))
    #expect(bench.results(["a", "b", "c"].map(Self.event)) == [["c"], [nil], [nil]])
  }

  @Test("many keys are all found, and others are not", arguments: [100, 5_000, 30_000])
  func many(count: Int) throws {
    let bench = Bench([Self.byID.value(2, eventTime: Self.time)])
    let rows: [[String?]] = (0..<count).map { ["key-\($0)", nil, "\($0)"] }
    bench.program.use(ReferenceSet([try Self.table(Self.contents, rows)]))
    for first in stride(from: 0, to: count, by: 4000) {
      let wanted = Array(first..<min(count, first + 4000))
      let found = bench.results(wanted.map { Self.event(.text("key-\($0)")) })
      #expect(found == wanted.map { [.integer(Int64($0))] })
    }
    #expect(bench.results([Self.event(.text("key-\(count)"))]) == [[nil]])
  }

  // MARK: What cannot be used

  @Test("two rows with one key are refused, with the key")
  func repeatedKeys() {
    #expect(throws: ReferenceFault.repeatedKey("(a)")) {
      try Self.table(Self.contents, [["a", nil, nil], ["b", nil, nil], ["a", nil, nil]])
    }
  }

  @Test("rows whose validities overlap are refused, with the key and the time")
  func overlaps() {
    #expect(throws: ReferenceFault.overlap("(1, eu)", at: 99)) {
      try Self.table(Self.prices, [["1", "eu", "1", "99", nil], ["1", "eu", "1", nil, "100"]])
    }
    #expect(throws: ReferenceFault.overlap("(1, eu)", at: .min)) {
      try Self.table(Self.prices, [["1", "eu", "1", nil, "7"], ["1", "eu", "2", nil, "8"]])
    }
  }

  @Test("a row without a key is left out")
  func missingKeys() throws {
    let table = try Self.table(Self.contents, [[nil, "x", nil], [nil, "y", nil], ["a", nil, nil]])
    #expect(table.rowCount == 1)
  }

  @Test("what is no value of its column is refused, with the row's key")
  func unusable() {
    #expect(throws: ReferenceFault.unusable(column: "tier", key: "(a)")) {
      try Self.table(Self.contents, [["a", nil, "one"]])
    }
    #expect(throws: ReferenceFault.missing(column: "price", key: "(1, eu)")) {
      try Self.table(Self.prices, [["1", "eu", nil, nil, nil]])
    }
  }

  @Test("a table beyond the bounds is refused")
  func bounds() {
    let rows: [[String?]] = (0..<2000).map { ["key \($0)", String(repeating: "x", count: 1000), nil] }
    #expect(throws: ReferenceFault.tooManyRows(limit: 1999)) {
      try Self.table(Self.contents, rows, limits: ReferenceLimits(maxRows: 1999))
    }
    #expect(throws: ReferenceFault.tooManyBytes(limit: 1 << 20)) {
      try Self.table(Self.contents, rows, limits: ReferenceLimits(maxBytes: 1 << 20))
    }
    #expect(throws: Never.self) { try Self.table(Self.contents, rows) }
  }
}

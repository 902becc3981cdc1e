import Testing

@testable import Benchmark

@Suite struct FigureTests {
  @Test func `A figure is the median of its rounds, with the spread beside it`() {
    let figure = Figure(bench: "b", unit: "u", ours: [5, 1, 3], limit: [8, 2], goal: .none)
    #expect(figure.ours == 3)
    #expect(figure.spread == 1...5)
    #expect(figure.limit == 5)
    #expect(figure.ratio == 0.6)
    #expect(figure.rounds == 3)
  }

  @Test func `The ratio is that of the median round, whatever slowed the others down`() {
    let figure = Figure(bench: "b", unit: "u", ours: [8, 80, 50, 8, 81], limit: [1, 10, 10, 1, 10], goal: .none)
    #expect(figure.ratio == 8)
    #expect(figure.ours == 50)
    #expect(figure.limit == 10)
  }

  @Test(arguments: [
    (Figure.Goal.ratioAtLeast(0.5), true), (.ratioAtLeast(0.6), false), (.ratioAtMost(0.5), true),
    (.ratioAtMost(0.4), false), (.atLeast(10), true), (.atLeast(11), false), (.atMost(10), true), (.atMost(9), false),
    (.none, true),
  ])
  func `A goal is met at its very value`(goal: Figure.Goal, isMet: Bool) {
    #expect(Figure(bench: "b", unit: "u", ours: [10], limit: [20], goal: goal).isMet == isMet)
  }

  @Test(arguments: [Figure.Goal.ratioAtLeast(0.5), .ratioAtMost(0.5), .atLeast(1), .atMost(1), .none])
  func `Without a number no goal is met`(goal: Figure.Goal) {
    #expect(!Figure(bench: "b", unit: "u", ours: [], goal: goal).isMet)
  }

  @Test func `A JSON line has exactly the promised members`() throws {
    let figure = Figure(bench: "b", unit: "u", ours: [1.5], limit: [3], goal: .ratioAtLeast(0.5), broker: "none")
    let line = figure.json(date: "2026-01-31T12:00:00Z")
    #expect(
      line == """
        {"bench":"b","unit":"u","ours":1.5,"limit":3.0,"ratio":0.5,"goal":"≥ 0.500 × limit","met":true,"rounds":1,\
        "broker":"none","date":"2026-01-31T12:00:00Z"}
        """)
    let absolute = Figure(bench: "b", unit: "u", ours: [1.5], goal: .none).json(date: "")
    #expect(absolute.contains(#""limit":null,"ratio":null"#))
  }

  @Test func `The table tells every figure and which goals are missed`() {
    let table = Figure.table([
      Figure(bench: "fast", unit: "events/s", ours: [1_500_000, 1_250_000, 2_000_000], goal: .atLeast(1e6)),
      Figure(bench: "slow", unit: "ms", ours: [12.34], limit: [10], goal: .ratioAtMost(1.1), broker: "in-process"),
    ])
    #expect(
      table == """
        bench  unit      ours                       limit  ratio  goal            met  rounds  broker
        -----  --------  -------------------------  -----  -----  --------------  ---  ------  ----------
        fast   events/s  1.50 M (1.25 M to 2.00 M)  -      -      ≥ 1.00 M        yes  3
        slow   ms        12.34                      10.00  1.23   ≤ 1.10 × limit  NO   1       in-process
        """)
  }
}

@Suite struct StatisticsTests {
  @Test(arguments: [(0.5, 50.0), (0.99, 99), (1, 100), (0.001, 1)])
  func `A percentile is the value of the nearest rank`(share: Double, value: Double) {
    #expect(percentile(share, of: (1...100).map(Double.init).shuffled()) == value)
  }

  @Test func `The slope of a straight line is its own`() {
    #expect(slope(of: [3, 5, 7, 9]) == 2)
    #expect(slope(of: [4, 4, 4]) == 0)
    #expect(slope(of: [4]) == 0)
  }
}

import Events
import Plan
import Testing

@testable import Dataflow

private let second: Int64 = 1_000_000
/// 2026-01-01T00:00:00Z.
private let start: Int64 = 1_767_225_600_000_000

@Suite struct SessionBoundsTests {
  private static let specs = [
    ColumnSpec(path: ["ts"], type: .timestamptz, isNullable: true),
    ColumnSpec(path: ["visitor"], type: .integer, isNullable: false),
  ]

  private static func plan(gap: Int64, maximum: Int64? = nil, late: LatePolicy = .revise) -> StreamPlan {
    StreamPlan(
      definition: StreamDefinition(
        name: "s", topic: "t", format: .avro, schema: .file("s.avsc"), eventTime: ["ts"], outOfOrdernessMicroseconds: 0,
        idleTimeoutMicroseconds: second, maxAheadMicroseconds: 3600 * second, deadLetterTopic: nil),
      columns: specs, eventTimeColumn: 0,
      aggregates: [
        AggregatePlan(
          name: "a", comment: "", filter: nil,
          window: .session(
            gapMicroseconds: gap * second, maximumMicroseconds: maximum.map { $0 * second }),
          keys: [
            KeyColumn(name: "visitor", expression: .column(1, .integer), type: .integer, isNullable: false, comment: "")
          ],
          accumulators: [
            AccumulatorPlan(function: .count, argument: nil, filter: nil, column: "n", type: .bigint, comment: "")
          ],
          outputs: [], retentionMicroseconds: nil, allowedLatenessMicroseconds: 2 * second, latePolicy: late,
          select: SelectText(text: "", from: 0..<0, window: ""))
      ])
  }

  private struct Engine {
    let batch = EventBatch(specs: SessionBoundsTests.specs, capacity: 64)
    let windows: WindowOperator

    init(_ plan: StreamPlan) { windows = WindowOperator(plan, batch: batch, seed: 42) }

    /// - Parameter events: seconds and visitor.
    @discardableResult
    func process(_ events: [(Int64, Int64)], watermark: Int64? = nil) -> RunCounts {
      batch.fill(events.map { [.integer(start + $0.0 * second), .integer($0.1)] })
      return windows.process(
        batch, runs: [PartitionRun(partition: 0, rows: 0..<events.count)], now: start + 3600 * second,
        watermark: watermark.map { start + $0 * second })[0]
    }

    /// Rows as "visitor: from to until, count", in seconds, sorted.
    func drained() -> [String] {
      windows.drain().flatMap { delta in
        (0..<delta.rowCount).map { row in
          let (from, until) = (delta.windowStarts[row] - start, delta.windowEnds[row] - start)
          return
            "\(delta.keys[0].integer(row)): \(from / second) until \(until / second), \(delta.accumulators[0].integer(row))"
        }
      }.sorted()
    }
  }

  @Test("a row reaches from its first event to the gap after its last one, over several batches until the drain")
  func bounds() {
    let engine = Engine(Self.plan(gap: 30))
    engine.process([(5, 1), (20, 1), (12, 2)])
    engine.process([(3, 1), (29, 2)])
    #expect(engine.drained() == ["1: 3 until 50, 3", "2: 12 until 59, 2"])
    engine.process([(21, 1)])
    #expect(engine.drained() == ["1: 21 until 51, 1"])
  }

  @Test("events of one cell are one session; those of different cells are merged by whoever stores them")
  func cells() {
    let engine = Engine(Self.plan(gap: 30))
    engine.process([(29, 1), (30, 1), (59, 1), (60, 1)])
    #expect(engine.drained() == ["1: 29 until 59, 1", "1: 30 until 89, 2", "1: 60 until 90, 1"])
  }

  @Test("where sessions are cut, they end, and cells begin anew")
  func maximum() {
    let engine = Engine(Self.plan(gap: 30, maximum: 100))
    // 2026 began with a cut.
    engine.process([(99, 1), (100, 1), (95, 2), (90, 2)])
    #expect(engine.drained() == ["1: 100 until 130, 1", "1: 99 until 100, 1", "2: 90 until 100, 2"])
  }

  @Test("an event is late when its time is before the watermark less the allowed lateness, whatever session it joins")
  func late() {
    let engine = Engine(Self.plan(gap: 30, late: .drop))
    engine.process([(100, 1)])
    let counts = engine.process([(97, 1), (98, 1), (99, 1)], watermark: 100)
    #expect(counts.aggregates[0] == RunCounts.Aggregate(aggregated: 2, late: 1))
    #expect(engine.drained() == ["1: 98 until 130, 3"])
    let letters = Engine(Self.plan(gap: 30, late: .deadLetter))
    letters.process([(90, 1)], watermark: 100)
    #expect(
      letters.windows.lateEvents == [
        LateEvent(
          row: 0, aggregate: 0, windowStart: start + 90 * second, lateness: 8 * second - 1, isOfSession: true)
      ])
  }

  @Test("the earliest and the latest event times that there may be have sessions")
  func extremes() {
    let window = WindowAssigner.session(gapMicroseconds: 366 * 86_400 * second, maximumMicroseconds: nil)
    var layout = GroupStates.Layout()
    let bounds = SessionBounds(window, layout: &layout)
    let states = GroupStates(layout)
    states.grow(to: 3)
    let unit = Int32(states.stride / GroupStates.unit)
    bounds?.add([WindowOperator.earliest, WindowOperator.latest], to: states, [unit, 2 * unit], 2)
    let drained = bounds?.drain(states.copy())
    #expect(drained?.starts == [WindowOperator.earliest, WindowOperator.latest])
    #expect(drained?.ends.last == WindowOperator.latest + 366 * 86_400 * second)
  }

  @Test("cells lie within windows of the maximum, are no longer than the gap, and follow each other", arguments: 1...40)
  func grid(seed: Int64) {
    let gap = 1 + seed * 7_919 % 50
    let maximum = gap + 1 + seed * 104_729 % 200
    let window = WindowAssigner.session(gapMicroseconds: gap, maximumMicroseconds: maximum)
    let whole = PaneAssigner.fixed(microseconds: maximum)
    var time = -3 * maximum + seed
    while time < 3 * maximum {
      let cell = window.panes.pane(of: time)
      #expect(cell.contains(time) && cell.count <= Int(gap))
      #expect(whole.pane(of: cell.lowerBound) == whole.pane(of: cell.upperBound - 1))
      #expect(window.panes.pane(of: cell.lowerBound) == cell && window.panes.pane(of: cell.upperBound - 1) == cell)
      time = cell.upperBound
    }
  }
}

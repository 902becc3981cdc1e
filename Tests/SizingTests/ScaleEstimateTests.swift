import Testing

@testable import Sizing

@Suite struct ScaleEstimateTests {
  /// A microsecond of the processor an event, of which the busiest thread has half; 20 µs of Postgres a row, 1 ms a flush.
  private static let costs = ScaleCosts(
    processor: .init(event: 1e-6, row: 2e-6, flush: 1e-4), worker: .init(event: 5e-7),
    postgres: .init(row: 2e-5, flush: 1e-3),
    log: .init(row: 200, flush: 500), transaction: .init(row: 2e-5, flush: 0.003), flushSeconds: 0.02,
    aggregates: [
      .init(
        name: "by_key", keys: 1_000, evenness: RowSpread.even, rowBytes: 100, windowSeconds: 60,
        retentionSeconds: 864_000)
    ])
  private static let limits = ScaleLimits(postgresCores: 8, logBytesPerSecond: 1e8, storageBytes: 1e12)

  private func estimate(_ rate: Double, partitions: Int = 64, instances: Int? = nil, keys: Double? = nil)
    -> ScaleEstimate
  {
    ScaleEstimate(
      ScaleLoad(eventsPerSecond: rate, partitions: partitions, instances: instances),
      costs: Self.costs.with(keys: keys),
      limits: Self.limits)
  }

  @Test("events touch as many groups as there are events when they are few, and all groups when they are many")
  func spread() {
    #expect(abs(RowSpread.rows(events: 10, keys: 1e6, evenness: RowSpread.even) - 10) < 0.001)
    #expect(abs(RowSpread.rows(events: 1e9, keys: 1_000, evenness: RowSpread.even) - 1_000) < 0.001)
    #expect(RowSpread.rows(events: 0, keys: 1_000, evenness: 1) == 0)
    // The more uneven, the fewer.
    let even = RowSpread.rows(events: 1_000, keys: 1_000, evenness: RowSpread.even)
    let uneven = RowSpread.rows(events: 1_000, keys: 1_000, evenness: 0.5)
    #expect((630...634).contains(even) && uneven < 0.8 * even)
  }

  @Test("the evenness that was seen gives back what was seen", arguments: [0.05, 0.5, 3, 100])
  func evenness(of evenness: Double) {
    let seen = [50.0, 500, 5_000].map { events in
      (events: events, rows: RowSpread.rows(events: events, keys: 2_000, evenness: evenness))
    }
    let found = RowSpread.evenness(seen: seen, keys: 2_000)
    for flush in seen {
      let rows = RowSpread.rows(events: flush.events, keys: 2_000, evenness: found)
      #expect(abs(rows / flush.rows - 1) < 0.02)
    }
    #expect(RowSpread.evenness(seen: [(events: 5_000, rows: 2_000)], keys: 2_000) == RowSpread.even)
  }

  @Test("costs that made the measurements are found again, and none is below zero")
  func fit() {
    let made = ScaleCosts.Shares(event: 1e-6, row: 4e-6, flush: 1e-3)
    let runs = [(1e6, 2e4, 10.0), (1e5, 5e4, 200), (2e3, 1.5e3, 150), (5e5, 1e5, 80)].map { events, rows, flushes in
      ScaleMeasurement(
        seconds: 1, events: events, rows: rows, flushes: flushes,
        processorSeconds: made.total(events: events, rows: rows, flushes: flushes), workerSeconds: 0,
        postgresSeconds: 2e-5 * rows, logBytes: 0, transactionSeconds: 0)
    }
    let found = ScaleCosts.Shares(explaining: \.processorSeconds, in: runs)
    #expect(abs(found.event / made.event - 1) < 1e-6 && abs(found.row / made.row - 1) < 1e-6)
    #expect(abs(found.flush / made.flush - 1) < 1e-6)
    let postgres = ScaleCosts.Shares(explaining: \.postgresSeconds, in: runs, hasEvents: false)
    #expect(postgres.event == 0 && abs(postgres.row / 2e-5 - 1) < 1e-6 && postgres.flush.magnitude < 1e-9)
    #expect(ScaleCosts.Shares(explaining: \.logBytes, in: runs) == .init())
  }

  @Test("one instance bears a hundred thousand events a second; what it needs is what was measured times that")
  func small() {
    let found = estimate(100_000)
    #expect(found.instances == 1 && found.isPossible)
    // A flush of 20 ms has 2,000 events in 870 of the 1,000 groups, and takes about as long.
    #expect(
      (860...880).contains(found.rowsPerSecond * found.flushSeconds) && (0.02...0.021).contains(found.flushSeconds))
    #expect(abs(found.processorCores - (0.1 + found.rowsPerSecond * 2e-6 + 0.005)) < 0.002)
    #expect(abs(found.postgresCores - (found.rowsPerSecond * 2e-5 + found.transactionsPerSecond * 1e-3)) < 1e-9)
    #expect(abs(found.newRowsPerDay - 1_000 * 1_440) < 1 && abs(found.storedBytes - 1_000 * 1_440 * 100 * 10) < 100)
  }

  @Test("a flush that takes longer than the interval gathers more, so that rows come less often, not more slowly")
  func gathering() {
    let few = estimate(500_000, instances: 1)
    let many = estimate(500_000, instances: 1, keys: 50_000)
    #expect(few.flushSeconds < 0.03 && many.flushSeconds > 0.1)
    #expect(many.rowsPerSecond < 1 / 2e-5)
  }

  @Test("ten million events a second need eight instances, and partitions for them")
  func large() {
    let found = estimate(1e7)
    // Each of them changes all groups in each flush, and so Postgres is asked most.
    #expect(found.instances == 8 && found.isPossible && found.needs[0].resource == .postgresCores)
    let short = estimate(1e7, partitions: 4)
    #expect(short.instances == 4 && !short.isPossible && short.needs[0].resource == .worker)
    let idle = estimate(1e3, partitions: 4, instances: 8)
    #expect(idle.needs[0].resource == .partitions && !idle.isPossible)
  }

  @Test("what is short first is named, whatever it is")
  func bottlenecks() {
    func first(_ limits: ScaleLimits) -> ScaleNeed.Resource {
      ScaleEstimate(
        ScaleLoad(eventsPerSecond: 1e5, partitions: 64), costs: Self.costs, limits: limits
      ).needs[0].resource
    }
    var limits = Self.limits
    limits.logBytesPerSecond = 1e6
    #expect(first(limits) == .log)
    limits.storageBytes = 1e6
    #expect(first(limits) == .storage)
    limits = Self.limits
    limits.postgresCores = 0.1
    #expect(first(limits) == .postgresCores)
    // Millions of groups, of which each flush changes as many as there are events: a second is not enough for any of them.
    limits = ScaleLimits(postgresCores: 8, logBytesPerSecond: 1e9, storageBytes: 1e18)
    let alone = ScaleLoad(eventsPerSecond: 1e5, partitions: 64, instances: 1)
    let many = ScaleEstimate(alone, costs: Self.costs.with(keys: 1e8), limits: limits)
    #expect(many.needs[0].resource == .transactions && !many.isPossible)
  }

  @Test("the ceiling is the greatest rate that is possible")
  func ceiling() throws {
    let load = ScaleLoad(eventsPerSecond: 1, partitions: 8)
    let found = try #require(ScaleEstimate.ceiling(load, costs: Self.costs, limits: Self.limits))
    #expect(found.isPossible && !estimate(found.load.eventsPerSecond * 1.01, partitions: 8).isPossible)
    var limits = Self.limits
    limits.storageBytes = 1
    #expect(ScaleEstimate.ceiling(load, costs: Self.costs, limits: limits) == nil)
  }

  @Test("another number of keys changes the aggregate that has the most, and no other is greater")
  func keys() {
    var costs = Self.costs
    costs.aggregates.append(
      .init(name: "few", keys: 20, evenness: 1, rowBytes: 1, windowSeconds: 60, retentionSeconds: nil))
    #expect(costs.with(keys: 5_000).aggregates.map(\.keys) == [5_000, 20])
    #expect(costs.with(keys: 5).aggregates.map(\.keys) == [5, 5])
    #expect(costs.with(keys: nil) == costs)
  }
}

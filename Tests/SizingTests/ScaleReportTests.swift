import JSON
import Testing

@testable import Sizing

@Suite struct ScaleReportTests {
  private static let costs = ScaleCosts(
    processor: .init(event: 1e-6, row: 2e-6, flush: 1e-4), worker: .init(event: 5e-7),
    postgres: .init(row: 2e-5, flush: 1e-3),
    log: .init(row: 200, flush: 500), transaction: .init(row: 2e-5, flush: 0.003), flushSeconds: 0.02,
    aggregates: [
      .init(name: "by_key", keys: 1_000, evenness: 2.5, rowBytes: 100, windowSeconds: 60, retentionSeconds: 864_000),
      .init(name: "all", keys: 1, evenness: 1_000, rowBytes: 300, windowSeconds: 60, retentionSeconds: nil),
    ])
  private static let limits = ScaleLimits(postgresCores: 8, logBytesPerSecond: 1e8, storageBytes: 1e12)

  private func report(_ rate: Double, partitions: Int = 64) -> ScaleReport {
    ScaleReport(
      ScaleLoad(eventsPerSecond: rate, partitions: partitions), keys: nil, costs: Self.costs, limits: Self.limits)
  }

  @Test("costs in a file are the costs that were written")
  func costsFile() throws {
    #expect(try ScaleCosts(JSONValue(parsing: Self.costs.json.text)) == Self.costs)
  }

  @Test(
    "a file that is none of costs is refused with what is wrong",
    arguments: [
      ("{}", "“processor” is missing"),
      (#"{"processor": {"event": -1, "row": 0, "flush": 0}}"#, "“event” is no number from zero on"),
    ])
  func wrongFile(text: String, reason: String) throws {
    let json = try JSONValue(parsing: text)
    let fault = #expect(throws: ScaleCosts.Fault.self) { _ = try ScaleCosts(json) }
    #expect(fault?.description == reason)
  }

  @Test("the report names what is short first, and the greatest load")
  func verdict() {
    let fits = report(100_000)
    #expect(fits.isPossible && fits.text.contains("It fits. First to run out: "))
    #expect(fits.text.contains("load          100 k events/s in 64 partitions"))
    let not = report(1e7, partitions: 2)
    #expect(!not.isPossible && not.text.contains("IT DOES NOT FIT. First to run out: one core of an instance"))
    #expect(not.text.contains("The greatest load of this shape is "))
    #expect(not.json["fits"] == .bool(false) && not.json["bottleneck"] == .string("worker"))
    #expect(not.json["needs"]?.arrayValue?.count == 6)
  }

  @Test(
    "quantities have three digits that count",
    arguments: [
      (Quantity.number(12_345), "12.3 k"), (Quantity.number(999), "999"), (Quantity.number(0.25), "0.25"),
      (Quantity.bytes(2.5e12), "2.5 TB"), (Quantity.seconds(0.0000123), "12.3 µs"), (Quantity.seconds(0), "0 ns"),
      (Quantity.percent(0.07), "7 %"), (Quantity.number(.infinity), "no end of"),
    ])
  func quantities(found: String, expected: String) {
    #expect(found == expected)
  }
}

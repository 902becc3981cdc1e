import Metrics
import Synthesis
import Testing

@Suite struct MetricSynthesizerTests {
  private struct Measurement: Equatable {
    var id: String
    var name: String
    var time: Int64
    var value: Double
    var tags: [String]

    init(_ event: MetricEvent) {
      id = event.metricID.description
      name = event.name.description
      time = event.timestampMilliseconds
      value = event.value
      tags = event.tags.map { "\($0.name.description)=\($0.value.description)" }
    }
  }

  private static let day: Int64 = 86_400_000

  private func measurements(
    seed: UInt64 = 7, count: Int = 40_000, hosts: Int = 12, incidents: [String] = []
  ) throws -> [Measurement?] {
    let run = SynthesisRun(
      seed: seed, incidents: try incidents.map { try IncidentSpec(parsing: $0, target: "metric", effect: "effect") },
      beginningMilliseconds: newYear)
    let synthesizer = try MetricSynthesizer(run: run, hosts: hosts)
    return (0..<count).map { index in
      let turn = newYear + Int64(index) * Self.day / Int64(count)
      return synthesizer.event(UInt64(index), timestampMilliseconds: turn).map(Measurement.init)
    }
  }

  @Test("the same seed and times give the same measurements, another seed gives others")
  func determinism() throws {
    let first = try measurements(count: 1000)
    #expect(try measurements(count: 1000) == first)
    #expect(try measurements(seed: 8, count: 1000) != first)
  }

  @Test("nine metrics of each host report in turn, with the host's tags; sums are exact")
  func series() throws {
    let all = try measurements().compactMap(\.self)
    #expect(Set(all.map(\.id)).count == 108 && Set(all.map(\.name)).count == 9)
    for measurement in all {
      let parts = measurement.id.split(separator: "/").map(String.init)
      #expect(parts == [String(measurement.tags[0].dropFirst("host=".count)), measurement.name])
      #expect(measurement.tags.map { $0.prefix { $0 != "=" } } == ["host", "service", "zone"])
      #expect(measurement.value * 256 == (measurement.value * 256).rounded())
    }
    var counts = [String: Int]()
    for measurement in all { counts[measurement.id, default: 0] += 1 }
    let (often, seldom) = (counts["web-1/cpu_usage_percent"] ?? 0, counts["web-1/disk_used_percent"] ?? 0)
    #expect((3.9...4.1).contains(Double(often) / Double(seldom)))
  }

  @Test("values stay within what can be, and follow the day where the metric does")
  func values() throws {
    let all = try measurements().compactMap(\.self)
    #expect(all.allSatisfy { $0.value >= 0 && ($0.name.hasSuffix("percent") ? $0.value <= 100 : true) })
    func mean(_ name: String, hour: Int64) -> Double {
      let values = all.filter { $0.name == name && ($0.time - newYear) / 3_600_000 == hour }.map(\.value)
      return values.reduce(0, +) / Double(values.count)
    }
    #expect(mean("requests_per_second", hour: 20) > 4 * mean("requests_per_second", hour: 4))
    #expect(abs(mean("disk_used_percent", hour: 20) / mean("disk_used_percent", hour: 4) - 1) < 0.05)
  }

  @Test(
    "an incident is that of a series, of a metric or of a host",
    arguments: [("web-1/queue_depth", 1), ("queue_depth", 12), ("web-1", 9)])
  func targets(target: String, struck: Int) throws {
    let usual = try measurements()
    let without = try measurements(incidents: ["\(target):+0s:1d:vanish"])
    let missing = zip(usual, without).filter { $1 == nil }.map { $0.0?.id }
    #expect(Set(missing).count == struck)
    #expect(zip(usual, without).allSatisfy { $1 == nil || $0 == $1 })
  }

  @Test("a shift changes the level for its time; a spike fades")
  func effects() throws {
    let id = "api-2/requests_per_second"
    func ratios(_ effect: String) throws -> [(progress: Double, ratio: Double)] {
      let usual = try measurements(count: 200_000)
      let struck = try measurements(count: 200_000, incidents: ["\(id):+2h:8h:\(effect)"])
      return zip(usual, struck).compactMap { before, after in
        guard let before, let after else { return nil }
        let progress = Double(before.time - newYear - 7_200_000) / 28_800_000
        if before.id != id || !(0..<1).contains(progress) {
          #expect(before == after)
          return nil
        }
        return before.value > 1 ? (progress, after.value / before.value) : nil
      }
    }
    let shifted = try ratios("shift=3")
    #expect(shifted.count > 100 && shifted.allSatisfy { abs($0.ratio - 3) < 0.05 })
    let spiked = try ratios("spike=9")
    #expect(spiked.filter { $0.progress < 0.05 }.allSatisfy { $0.ratio > 7.5 })
    #expect(spiked.filter { $0.progress > 0.95 }.allSatisfy { $0.ratio < 1.2 })
    #expect(zip(spiked, spiked.dropFirst()).allSatisfy { $0.ratio > $1.ratio - 0.1 })
  }

  @Test("an incident that cannot be is refused with what there is")
  func refused() throws {
    let error = #expect(throws: SettingError.self) { _ = try measurements(count: 1, incidents: ["disk:+1s:1s:shift"]) }
    #expect(
      error?.description.hasPrefix("there is no metric “disk” for an incident; there are cpu_usage_percent, ") == true)
    #expect(error?.description.hasSuffix("e.g. web-1/cpu_usage_percent") == true)
  }
}

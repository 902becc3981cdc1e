import Observability
import Testing

@Suite struct MetricsTests {
  @Test("the text is Prometheus' format")
  func render() {
    let registry = MetricsRegistry()
    registry.counter("streampulse_events_total", help: "Events.\nAll.", labels: [.init("stream", "a\"b\\c\n")]).add(3)
    registry.gauge("streampulse_lag_records", help: "Lag.").set(1.5)
    registry.gauge("streampulse_pool_connections", help: "Open.") { 4 }
    let histogram = registry.histogram("streampulse_flush_seconds", help: "Flush.", bounds: [0.1, 1])
    for value in [0.05, 0.1, 0.5, 7] { histogram.record(value) }
    #expect(
      registry.render() == """
        # HELP streampulse_events_total Events.\\nAll.
        # TYPE streampulse_events_total counter
        streampulse_events_total{stream="a\\"b\\\\c\\n"} 3
        # HELP streampulse_flush_seconds Flush.
        # TYPE streampulse_flush_seconds histogram
        streampulse_flush_seconds_bucket{le="0.1"} 2
        streampulse_flush_seconds_bucket{le="1"} 3
        streampulse_flush_seconds_bucket{le="+Inf"} 4
        streampulse_flush_seconds_sum 7.65
        streampulse_flush_seconds_count 4
        # HELP streampulse_lag_records Lag.
        # TYPE streampulse_lag_records gauge
        streampulse_lag_records 1.5
        # HELP streampulse_pool_connections Open.
        # TYPE streampulse_pool_connections gauge
        streampulse_pool_connections 4

        """)
  }

  @Test("the same name and labels are the same instrument")
  func identity() {
    let registry = MetricsRegistry()
    let first = registry.counter("streampulse_x_total", help: "X", labels: [.init("a", "1")])
    #expect(first === registry.counter("streampulse_x_total", help: "X", labels: [.init("a", "1")]))
    #expect(first !== registry.counter("streampulse_x_total", help: "X", labels: [.init("a", "2")]))
  }

  @Test("counts of several tasks are not lost")
  func concurrency() async {
    let registry = MetricsRegistry()
    let counter = registry.counter("streampulse_x_total", help: "X")
    let gauge = registry.gauge("streampulse_y", help: "Y")
    let histogram = registry.histogram("streampulse_z_seconds", help: "Z")
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<1000 {
            counter.add()
            gauge.add(1)
            histogram.record(0.5)
          }
        }
      }
    }
    #expect(counter.value == 4000)
    #expect(gauge.value == 4000)
    #expect(histogram.count == 4000)
    #expect(histogram.sum == 2000)
  }

  @Test("a counter never falls")
  func monotone() {
    let counter = MetricsRegistry().counter("streampulse_x_total", help: "X")
    counter.add(5)
    counter.add(-3)
    #expect(counter.value == 5)
  }

  @Test("labels beyond the bound are counted together")
  func boundedSeries() {
    let registry = MetricsRegistry()
    for number in 0..<(MetricsRegistry.maximumSeries + 10) {
      registry.counter("streampulse_x_total", help: "X", labels: [.init("path", "\(number)")]).add()
    }
    #expect(registry.render().contains("streampulse_x_total{path=\"other\"} 10\n"))
  }

  @Test("a process tells its time, memory and descriptors, which are of a plausible size")
  func process() throws {
    let registry = MetricsRegistry()
    _ = try logged(.json) { Observer(logger: $0, registry: registry).exposeProcess(version: "1.2.3") }
    let text = registry.render()
    #expect(text.contains("streampulse_build_info{version=\"1.2.3\"} 1\n"))
    func value(_ name: String) -> Double? {
      text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
    }
    #expect(try #require(value("process_resident_memory_bytes")) > 1_000_000)
    #expect(try #require(value("process_virtual_memory_bytes")) > #require(value("process_resident_memory_bytes")))
    #expect(try #require(value("process_open_fds")) >= 3)
    #expect(try #require(value("process_max_fds")) > #require(value("process_open_fds")))
    #expect(try #require(value("process_cpu_seconds_total")) > 0)
    #expect(try #require(value("process_start_time_seconds")) > 1_700_000_000)
    #expect(text.contains("# TYPE process_cpu_seconds_total counter"))
  }
}

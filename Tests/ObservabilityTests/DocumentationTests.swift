import Glibc
import Observability
import Testing

@Suite struct DocumentationTests {
  @Test("docs/operations.md lists every metric and no other")
  func metrics() throws {
    let registry = MetricsRegistry()
    _ = try logged(.json) { logger in
      let observer = Observer(logger: logger, registry: registry)
      observer.exposeHealth(streams: ["s"], states: ["running"]) {
        HealthFigures(isDatabaseUp: true, isBrokerUp: true, lagRecords: [:])
      }
      observer.exposeConnections(reasons: ["late"]) {
        ConnectionFigures(open: 1, waiting: 2, streams: 3, sockets: 1, closed: ["late": 4])
      }
      observer.exposeCertificate { 1 }
      observer.exposeProcess(version: "1")
      observer.exposeNotifications(["t"]) { _ in 1 }
      observer.exposeTraces { TraceFigures(waiting: 1, exported: 2, dropped: 3, refused: 4) }
      observer.exposeReferences(["t"]) { _ in ReferenceFigures(rows: 1, bytes: 2, ageSeconds: 3) }
      for sample in ObservationTests.samples { observer.observe(sample) }
    }
    var documented: Set<String> = []
    for line in try documentation("docs/operations.md").split(separator: "\n") where line.hasPrefix("| `") {
      for name in (line.split(separator: "|").first ?? "").split(separator: "`") where isMetric(name) {
        documented.insert(String(name.prefix { $0 != "{" }))
      }
    }
    #expect(documented == Set(registry.names))
  }

  private func isMetric(_ name: Substring) -> Bool { name.hasPrefix("streampulse_") || name.hasPrefix("process_") }

  private func documentation(_ path: String, test: String = #filePath) throws -> String {
    let root = test.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    let file = try #require(fopen("\(root)/\(path)", "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let length = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(length), as: UTF8.self)
  }
}

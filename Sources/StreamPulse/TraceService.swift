import Configuration
import Glibc
import Observability
import Threads
import TraceExport
import Tracing

/// The tracer of a process, and the thread that sends what it records.
final class TraceService: Sendable {
  let tracer: Tracer
  private let parts = StartedParts()

  /// Starts it; nil where nothing is to be traced.
  convenience init?(_ configuration: Configuration.Tracing?, _ observer: Observer) throws {
    guard let configuration, let sampler = Sampler(name: configuration.sampler, ratio: configuration.ratio) else {
      return nil
    }
    try self.init(configuration, sampler, observer)
  }

  private init(_ configuration: Configuration.Tracing, _ sampler: Sampler, _ observer: Observer) throws {
    let exporter = TraceExporter(
      TraceExportSettings(
        address: configuration.address, headers: configuration.revealedHeaders,
        timeoutMilliseconds: configuration.timeoutMilliseconds, caFile: configuration.caFile,
        request: TraceRequest(resource: Self.resource(configuration), version: Commands.version)),
      observe: { observer.observe($0) })
    tracer = Tracer(
      sampler,
      random: {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
      }, take: { exporter.take($0) })
    observer.exposeTraces {
      let figures = exporter.figures
      return TraceFigures(
        waiting: figures.waiting, exported: figures.exported, dropped: figures.dropped, refused: figures.refused)
    }
    try parts.startThread("traces", stop: { exporter.stop() }, run: { exporter.run() })
  }

  /// What spans say of the process, unless the settings say otherwise.
  private static func resource(_ configuration: Configuration.Tracing) -> [(name: String, value: String)] {
    var resource = [
      "service.name": "streampulse", "service.version": Commands.version, "host.name": hostName(),
      "service.instance.id": "\(hostName()):\(getpid())", "process.pid": String(getpid()),
      "telemetry.sdk.name": "streampulse", "telemetry.sdk.language": "swift", "telemetry.sdk.version": Commands.version,
    ]
    for (name, value) in configuration.attributes { resource[name] = value }
    if let name = configuration.serviceName { resource["service.name"] = name }
    return resource.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Sends what waits, as long as the collector takes it within a second.
  func stop() { parts.stop() }
}

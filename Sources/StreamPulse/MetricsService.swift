import HTTPServer
import Observability
import Postgres
import Processing
import StatsAPI
import Threads

/// `/metrics` and `/health` of a processor without an API beside it.
final class MetricsService: Sendable {
  let url: String
  private let parts = StartedParts()

  /// Starts it.
  init(
    _ context: CommandContext, _ address: ListeningAddress, settings: ProcessorSettings, processor: Processor
  ) throws {
    do {
      let server = try MetricsService.start(context, address, settings, processor, parts)
      url = "http://\(address.host):\(server.port)"
    } catch {
      parts.stop()
      throw error
    }
    context.observe(.listening(url: url))
  }

  private static func start(
    _ context: CommandContext, _ address: ListeningAddress, _ settings: ProcessorSettings, _ processor: Processor,
    _ parts: StartedParts
  ) throws -> HTTPServer {
    let observer = context.observer
    let health = HealthMonitor(
      database: settings.database.with("application_name", "streampulse metrics"), setup: [], kafka: settings.kafka,
      topic: settings.topic, processor: processor, observe: { observer.observe($0) })
    observer.exposeHealth { health.report.figures }
    let api = try StatsAPI(
      endpoints: [], configuration: StatsAPIConfiguration(),
      dependencies: StatsAPI.Dependencies(
        // There is no endpoint that could ask.
        execute: { _, _, completion in completion(.failure(.unavailable)) }, health: { $0(health.report) },
        metrics: { Array(observer.registry.render().utf8) }, dataVersion: DataVersion(),
        observe: { observer.observe($0.observation) }))
    parts.add { api.stop() }
    try parts.startThread("health", stop: { health.stop() }, run: { health.run() })
    var http = HTTPConfiguration()
    http.host = address.host
    http.port = UInt16(clamping: address.port)
    http.threads = 1
    let server = try address.listening { () throws(HTTPServerError) in
      try HTTPServer(configuration: http) { request, responder in api.handle(request, responder) }
    }
    parts.add { server.stop() }
    return server
  }

  func stop() {
    parts.stop()
  }
}

import HTTPServer
import Kafka
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
    _ context: CommandContext, _ address: ListeningAddress, processors: ProcessorService, kafka: KafkaConfiguration,
    database: ConnectionSettings
  ) throws {
    do {
      let server = try MetricsService.start(context, address, processors, kafka, database, parts)
      url = "http://\(address.host):\(server.port)"
    } catch {
      parts.stop()
      throw error
    }
    context.observe(.listening(url: url))
  }

  private static func start(
    _ context: CommandContext, _ address: ListeningAddress, _ service: ProcessorService, _ kafka: KafkaConfiguration,
    _ database: ConnectionSettings, _ parts: StartedParts
  ) throws -> HTTPServer {
    let observer = context.observer
    let health = HealthMonitor(
      database: database.with("application_name", "streampulse metrics"), setup: [], kafka: kafka,
      streams: service.processors.map {
        .init($0.source, database, isOnly: service.processors.count == 1, processor: $0.processor)
      }, references: service.references, silentAfterSeconds: context.configuration.api.silentAfterSeconds,
      observer: observer)
    observer.exposeHealth(
      streams: service.processors.map(\.source.name), states: HealthReport.Processor.State.names
    ) { health.report.figures }
    var configuration = StatsAPIConfiguration()
    configuration.version = Commands.version
    let api = try StatsAPI(
      endpoints: [], configuration: configuration,
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
    http.reservedPaths = StatsAPI.vitalPaths
    let server = try address.listening { () throws(HTTPServerError) in
      try HTTPServer(configuration: http, report: { observer.observe($0.observation) }) { request, responder in
        api.handle(request, responder)
      }
    }
    observer.expose(server, api)
    parts.add { server.stop() }
    return server
  }

  func stop() {
    parts.stop()
  }
}

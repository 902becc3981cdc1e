import HTTPServer
import Observability
import Postgres
import Processing
import StatsAPI
import Threads

/// `/metrics` and `/health` of a processor without an API beside it.
final class MetricsService: Sendable {
  let url: String
  private let server: HTTPServer
  private let api: StatsAPI
  private let health: HealthMonitor
  private let thread: WorkerThread

  /// Starts it.
  init(
    _ context: CommandContext, host: String, port: Int, settings: ProcessorSettings, processor: Processor
  ) throws {
    let health = HealthMonitor(
      database: settings.database.with("application_name", "streampulse metrics"), setup: [], kafka: settings.kafka,
      topic: settings.topic, processor: processor)
    self.health = health
    let observer = context.observer
    observer.exposeHealth { health.report.figures }
    let api = try StatsAPI(
      endpoints: [], configuration: StatsAPIConfiguration(),
      dependencies: StatsAPI.Dependencies(
        // There is no endpoint that could ask.
        execute: { _, _, completion in completion(.failure(.unavailable)) }, health: { $0(health.report) },
        metrics: { Array(observer.registry.render().utf8) }, dataVersion: DataVersion(),
        observe: { observer.observe($0.observation) }))
    self.api = api
    var http = HTTPConfiguration()
    http.host = host
    http.port = UInt16(clamping: port)
    http.threads = 1
    server = try HTTPServer(configuration: http) { request, responder in api.handle(request, responder) }
    url = "http://\(host):\(server.port)"
    thread = try WorkerThread(name: "health") { health.run() }
    context.observe(.listening(url: url))
  }

  func stop() {
    server.stop()
    api.stop()
    health.stop()
    thread.join()
  }
}

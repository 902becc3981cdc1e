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
  private let context: CommandContext
  private let kafka: KafkaConfiguration
  private let database: ConnectionSettings
  private let served: ServedAPI
  private let server: HTTPServer

  /// Starts it.
  init(
    _ context: CommandContext, _ address: ListeningAddress, processors: ProcessorService, kafka: KafkaConfiguration,
    database: ConnectionSettings
  ) throws {
    (self.context, self.kafka, self.database) = (context, kafka, database)
    let observer = context.observer
    let version = try MetricsService.version(context, processors, kafka, database)
    let served = ServedAPI(version)
    self.served = served
    do {
      var http = HTTPConfiguration()
      http.host = address.host
      http.port = UInt16(clamping: address.port)
      http.threads = 1
      http.reservedPaths = StatsAPI.vitalPaths
      server = try address.listening { () throws(HTTPServerError) in
        try HTTPServer(configuration: http, report: { observer.observe($0.observation) }) { request, responder in
          served.handle(request, responder)
        }
      }
    } catch {
      served.stop()
      throw error
    }
    url = "http://\(address.host):\(server.port)"
    expose(processors)
    observer.expose(server, served)
    context.observe(.listening(url: url))
  }

  /// Goes on with other processors in this process.
  func adopt(_ processors: ProcessorService) throws {
    let version = try MetricsService.version(context, processors, kafka, database)
    version.health.waitForReport()
    served.exchange(version)
    expose(processors)
  }

  private func expose(_ processors: ProcessorService) {
    let served = served
    context.observer.exposeHealth(
      streams: processors.processors.map(\.source.name), states: HealthReport.Processor.State.names
    ) { served.health.report.figures }
  }

  private static func version(
    _ context: CommandContext, _ service: ProcessorService, _ kafka: KafkaConfiguration, _ database: ConnectionSettings
  ) throws -> ServedAPI.Version {
    let observer = context.observer
    let health = HealthMonitor(
      database: database.with("application_name", "streampulse metrics"), setup: [], kafka: kafka,
      streams: service.processors.map {
        .init($0.source, database, isOnly: service.processors.count == 1, processor: $0.processor)
      }, references: service.references, silentAfterSeconds: context.configuration.api.silentAfterSeconds,
      observer: observer)
    var configuration = StatsAPIConfiguration()
    configuration.version = Commands.version
    let api = try StatsAPI(
      endpoints: [], configuration: configuration,
      dependencies: StatsAPI.Dependencies(
        // There is no endpoint that could ask.
        execute: { _, _, completion in completion(.failure(.unavailable)) }, health: { $0(health.report) },
        metrics: { Array(observer.registry.render().utf8) }, dataVersion: DataVersion(),
        observe: { observer.observe($0.observation) }))
    return try ServedAPI.Version(api, health)
  }

  func stop() {
    server.stop()
    served.stop()
  }
}

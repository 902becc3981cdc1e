import Dialects
import HTTPServer
import HTTPTestClient
import Plan
import SQLFrontend
import Synchronization

@testable import StatsAPI

/// The API on a real server, over a database that answers when and what the test says.
final class Fixture: Sendable {
  typealias Completion = @Sendable (Result<[UInt8], QueryFailure>) -> Void

  struct Query: Sendable {
    var path: String
    var arguments: [String?]
    var complete: Completion
  }

  struct Statement: Sendable {
    var text: String
    var values: [String?]
  }

  struct Write: Sendable {
    var values: [String?]
    /// nil: there is no entry to make.
    var record: AuditRecord?
  }

  private struct State {
    var queries: [Query] = []
    var statements: [Statement] = []
    var queryCount = 0
    /// nil: queries wait in `queries` for `nextQuery`.
    var result: Result<[UInt8], QueryFailure>?
    var milliseconds: Int64 = 1_000
    var observations: [RequestObservation] = []
    var writes: [Write] = []
    var records: [AuditRecord] = []
  }

  static func endpoints() throws -> [EndpointPlan] {
    let texts = [
      """
      -- name: GET /api/stats/trending
      -- summary: Top content
      -- param: minutes integer = 5 in 1..60 -- Look-back window
      -- param: limit integer = 5 in 1..20
      -- returns: rows
      SELECT :minutes AS minutes, :limit AS "limit"
      """,
      """
      -- name: GET /api/stats/alerts
      -- summary: Alerts
      -- param: severity text ? in INFO|WARNING|CRITICAL
      -- param: acknowledged boolean = false
      -- param: region text ?
      -- returns: rows
      SELECT :severity AS severity, :acknowledged AS acknowledged, :region AS region
      """,
      """
      -- name: GET /api/stats/realtime
      -- summary: Now
      -- returns: object
      SELECT 1 AS n
      """,
      """
      -- name: GET /api/stats/region
      -- summary: One region
      -- param: region text
      -- param: offset integer ? in -2147483648..2147483647
      -- returns: object
      SELECT :region AS region, :offset AS "offset"
      """,
      """
      -- name: GET /api/stats/sizes
      -- summary: Values that differ by the case of their letters alone
      -- param: unit text = 'GB' in GB|gb
      -- returns: object
      SELECT :unit AS unit
      """,
    ]
    return try texts.map { try parseEndpoint(SourceFile(path: "endpoint.sql", text: $0)) }
  }

  let dataVersion = DataVersion()
  let server: HTTPServer
  let api: StatsAPI
  private let state: Box
  private let arrived: Latch

  private final class Box: Sendable {
    let value: Mutex<State>
    init(_ state: sending State) { value = Mutex(state) }
  }

  init(
    result: String? = "{}", health: HealthReport? = nil, endpoints: [EndpointPlan]? = nil,
    relations: [Relation]? = nil, configure: (inout StatsAPIConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = StatsAPIConfiguration()
    configuration.streamIntervalMilliseconds = 0
    configuration.version = "1.2.3"
    configuration.vendorFiles = []
    configure(&configuration)
    let state = Box(State(result: result.map { .success(Array($0.utf8)) }))
    let arrived = Latch()
    let well = HealthReport(
      database: .init(isUp: true), broker: .init(isUp: true),
      streams: [
        .init(
          name: "downloads", topic: "t",
          processor: .init(lagRecords: 0, lastCommitAgeSeconds: 0.25, isStalled: false))
      ])
    let api = try StatsAPI(
      endpoints: endpoints ?? Self.endpoints(), relations: relations, configuration: configuration,
      dependencies: .init(
        execute: { endpoint, arguments, complete in
          let result = state.value.withLock { state -> Result<[UInt8], QueryFailure>? in
            state.queryCount += 1
            state.statements.append(Statement(text: endpoint.statement, values: arguments))
            if state.result == nil {
              state.queries.append(Query(path: endpoint.path, arguments: arguments, complete: complete))
            }
            return state.result
          }
          if let result { complete(result) } else { arrived.open() }
        },
        write: { _, values, record, complete in
          let result = state.value.withLock { state -> Result<[UInt8], QueryFailure> in
            state.writes.append(Write(values: values, record: record))
            return state.result ?? .failure(.unavailable)
          }
          complete(result)
        },
        record: { records, complete in
          state.value.withLock { $0.records += records }
          complete(true)
        },
        health: { $0(health ?? well) }, metrics: { Array("# TYPE up gauge\nup 1\n".utf8) }, dataVersion: dataVersion,
        observe: { observation in state.value.withLock { $0.observations.append(observation) } },
        now: { state.value.withLock { $0.milliseconds } }))
    self.state = state
    self.arrived = arrived
    self.api = api
    server = try HTTPServer(configuration: HTTPConfiguration(), recall: { api.recall($0) }, handler: api.handle)
  }

  deinit {
    server.stop(graceMilliseconds: 0)
    api.stop()
  }

  var queryCount: Int { state.value.withLock { $0.queryCount } }
  /// What was run last.
  var lastStatement: Statement? { state.value.withLock { $0.statements.last } }
  var writes: [Write] { state.value.withLock { $0.writes } }
  /// What was refused, as it was written down.
  var records: [AuditRecord] { state.value.withLock { $0.records } }

  /// The API ends; the server goes on.
  func stop() { api.stop() }
  /// Whether some statement was run with these values.
  func hasRun(with values: [String?]) -> Bool {
    state.value.withLock { $0.statements.contains { $0.values == values } }
  }

  var observations: [RequestObservation] { state.value.withLock { $0.observations } }

  func client() throws -> HTTPTestClient { try HTTPTestClient(port: server.port, keeping: self) }

  func get(_ target: String, headers: [String: String] = [:]) throws -> HTTPTestClient.Answer {
    try client().get(target, headers: headers)
  }

  func setResult(_ text: String) { setResult(.success(Array(text.utf8))) }

  func setResult(_ result: Result<[UInt8], QueryFailure>?) { state.value.withLock { $0.result = result } }

  func advance(milliseconds: Int64) { state.value.withLock { $0.milliseconds += milliseconds } }

  /// The next query that waits for its result; nil after a minute.
  func nextQuery() -> Query? {
    arrived.wait() ? state.value.withLock { $0.queries.removeFirst() } : nil
  }
}

/// A value that closures share.
final class Box<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>

  init(_ value: Value) { mutex = Mutex(value) }

  var value: Value { mutex.withLock { $0 } }

  func update(_ body: (inout Value) -> Void) { mutex.withLock { body(&$0) } }
}

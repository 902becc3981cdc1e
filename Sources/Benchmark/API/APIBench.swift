import Dialects
import Glibc
import Plan
import Threads

/// How many requests a second the API answers: from its cache against a constant route of the same server, and with a
/// query each time against pgbench with the same statement on as many connections.
struct APIBench {
  let workspace: Workspace
  let rounds: Int
  private static let events = 200_000
  private static let path = "/api/stats/realtime"
  /// Longer than the events' ten minutes and the bench, so that every answer is the same.
  private static let minutes = "60"
  private static let secondsPerRound = 3
  private static let databaseConnections = 4

  func run() throws -> BenchReport {
    let broker = try Broker(workspace, cluster: nil, partitions: Broker.partitions(forEvents: APIBench.events))
    let database = try Database(workspace)
    defer { database.close() }
    let unique = try fill(database, broker)
    let (cached, cachedCosts) = try runCached(broker, database, unique)
    let (uncached, uncachedCosts) = try runUncached(broker, database, unique)
    return BenchReport(
      cached + uncached,
      notes: [
        "api: with tokens on; 64 connections with one request each, load generator on the same cores; p99 of the limit is beside it",
        "api cached: \(cachedCosts)", "api uncached, with pgbench: \(uncachedCosts)",
      ])
  }

  /// - Returns: what the answer must begin with.
  private func fill(_ database: Database, _ broker: Broker) throws -> [UInt8] {
    // Early enough that all of their minutes are complete.
    let beginning = Clock.wallMilliseconds() - EventSequence.spanMilliseconds - 180_000
    let totals = try broker.fill(
      EventSequence(count: APIBench.events, schemaJSON: workspace.schemaJSON, beginningMilliseconds: beginning))
    let program = try workspace.start(
      ["process"], broker.childSettings(group: "api").merging(database.childSettings) { $1 })
    try database.waitForCommitted(totals.events, seconds: 60, by: program)
    try program.stop()
    try database.check(totals)
    // Statistics as they are some minutes after such a load.
    _ = try database.query("VACUUM ANALYZE")
    return Array("{\"total_downloads\":\(totals.events),".utf8)
  }

  /// - Returns: the figures, and what the processes cost.
  private func runCached(_ broker: Broker, _ database: Database, _ start: [UInt8]) throws -> ([Figure], String) {
    let api = try APIServer(workspace, broker, database, ["CACHE_TTL": "2"], wantsToken: true)
    let constant = try workspace.start(["bench", "constant-route"], [:])
    let line = try constant.line(containing: "constant-route ")
    guard let port = line.split(separator: " ").last.flatMap({ UInt16($0) }) else {
      throw BenchmarkError.setup("not a port: \(line)")
    }
    let ourLoad = try load(api, start)
    let constantLoad = LoadGenerator(port: port, target: "/", beginning: Array(ConstantRoute.body.utf8))
    var ours: [LoadResult] = []
    var limit: [LoadResult] = []
    for _ in 0..<rounds {
      limit.append(try constantLoad.run(seconds: Double(APIBench.secondsPerRound)))
      ours.append(try ourLoad.run(seconds: Double(APIBench.secondsPerRound)))
    }
    var costs = ProcessCosts()
    costs.add("API", api.program)
    costs.add("constant route", constant)
    try api.program.stop()
    let figures = [
      Figure(
        bench: "API cached", unit: "requests/s", ours: ours.map(\.requestsPerSecond),
        limit: limit.map(\.requestsPerSecond), goal: .ratioAtLeast(0.8)),
      Figure(bench: "API cached p99", unit: "ms", ours: ours.map(\.p99), limit: limit.map(\.p99), goal: .none),
    ]
    return (figures, costs.text)
  }

  private func runUncached(_ broker: Broker, _ database: Database, _ start: [UInt8]) throws -> ([Figure], String) {
    guard let endpoint = workspace.project.endpoints.first(where: { $0.path.text == APIBench.path }) else {
      throw BenchmarkError.setup("the project has no endpoint \(APIBench.path)")
    }
    let api = try APIServer(
      workspace, broker, database, ["CACHE_TTL": "0", "API_WORKERS": String(APIBench.databaseConnections)],
      wantsToken: true)
    let pgbench = try PgBench(
      workspace, database, sql: endpoint.sql(naming: \.name), parameters: [("minutes", APIBench.minutes)])
    let ourLoad = try load(api, start)
    var ours: [LoadResult] = []
    var limit: [Double] = []
    for _ in 0..<rounds {
      limit.append(
        try pgbench.run(connections: APIBench.databaseConnections, seconds: APIBench.secondsPerRound))
      ours.append(try ourLoad.run(seconds: Double(APIBench.secondsPerRound)))
    }
    var costs = ProcessCosts()
    costs.add("API", api.program)
    costs.add(database)
    try api.program.stop()
    let figures = [
      Figure(
        bench: "API uncached", unit: "requests/s", ours: ours.map(\.requestsPerSecond), limit: limit,
        goal: .ratioAtLeast(0.8)),
      Figure(bench: "API uncached p99", unit: "ms", ours: ours.map(\.p99), goal: .none),
    ]
    return (figures, costs.text)
  }

  private func load(_ api: APIServer, _ start: [UInt8]) throws -> LoadGenerator {
    let target = "\(APIBench.path)?minutes=\(APIBench.minutes)"
    let body = try HTTPConnection(port: api.port).get(target, token: api.token)
    guard body.filter({ $0 != UInt8(ascii: " ") }).starts(with: start) else {
      throw BenchmarkError.wrongAnswer(String(decoding: body, as: UTF8.self))
    }
    // What follows tells how far the complete minutes reach, and changes with each of them.
    let steady = body.firstRange(of: Array("\"downloads_per_minute\"".utf8)).map { Array(body[..<$0.lowerBound]) }
    return LoadGenerator(port: api.port, target: target, token: api.token, beginning: steady ?? body)
  }
}

extension EndpointPlan {
  /// The statement with `:name` instead of `$1`.
  fileprivate func sql(naming name: (Parameter) -> String) -> String {
    var text = statement.text
    for (index, parameter) in parameters.enumerated().reversed() {
      let parts = text.split(separator: "$\(index + 1)", omittingEmptySubsequences: false)
      // What is optional is not given, as in the requests.
      text = parts.joined(separator: parameter.isOptional ? "NULL" : ":\(name(parameter))")
    }
    return text
  }
}

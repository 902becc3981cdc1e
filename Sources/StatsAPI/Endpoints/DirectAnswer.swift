import Dialects
import HTTPServer
import Plan
import Postgres

/// What the API answers to one GET request, made at once on a connection of the caller's: without server, pool and cache.
package struct DirectAnswer: Sendable {
  package var status: Int
  /// The JSON, or of another status than 200 what is wrong.
  package var body: String

  /// - Parameter target: a path with its query, as it is written in a request.
  package init(
    to target: String, of endpoints: [EndpointPlan], _ relations: [Relation], _ connection: PostgresConnection
  ) {
    let parsed = Array(target.utf8).withUnsafeBufferPointer { RequestTarget($0) }
    var routes = RouteTable<DataRoute>()
    for endpoint in endpoints { routes.add(endpoint.method, endpoint.path, DataRoute(endpoint)) }
    for relation in relations.map(RelationRoute.init) { routes.add("GET", relation.path, .relation(relation)) }
    guard let parsed,
      let found = routes.find(path: parsed.path, segments: RequestTarget.pathSegments(Array(target.utf8))),
      let route = found.entry[.get]
    else {
      self.init(status: 404, body: "there is nothing at \(target)")
      return
    }
    do throws(ArgumentError) {
      let format = try FormatParameter(of: parsed.query, route.parameters)
      guard format.form ?? .json == .json else {
        self.init(status: 400, body: "a test compares JSON; leave out format=")
        return
      }
      let (query, values) = route.query(try route.arguments(for: format.query, path: found.values))
      self.init(PostgresExecutor.run(query, values, connection))
    } catch {
      self.init(status: error.problem.status, body: error.problem.detail)
    }
  }

  private init(_ result: Result<[UInt8], QueryFailure>) {
    switch result {
    case .success(let json): self.init(status: 200, body: String(decoding: json, as: UTF8.self))
    case .failure(.failed(let message)): self.init(status: 500, body: message)
    case .failure(let failure): self.init(status: failure.problem.status, body: failure.problem.detail)
    }
  }

  private init(status: Int, body: String) {
    self.status = status
    self.body = body
  }
}

import HTTPServer
import Plan
import Threads

/// A route that is answered with what a query gives: a project's endpoint, or the rows of an aggregate or a view.
enum DataRoute: Sendable {
  case endpoint(EndpointPlan, EndpointQuery)
  case relation(RelationRoute)

  init(_ endpoint: EndpointPlan) { self = .endpoint(endpoint, EndpointQuery(endpoint)) }

  /// Decoded, with its parameters in braces: what logs and metrics call it.
  var path: String {
    switch self {
    case .endpoint(let endpoint, _): endpoint.path.text
    case .relation(let route): route.path
    }
  }

  /// In the order of the arguments.
  var parameters: [EndpointPlan.Parameter] {
    switch self {
    case .endpoint(let endpoint, _): endpoint.parameters
    case .relation(let route): route.parameters
    }
  }

  /// Whether the rows are the answer's member `data`, rather than it is the only row.
  var hasData: Bool {
    switch self {
    case .endpoint(let endpoint, _): endpoint.returns == .rows
    case .relation: true
    }
  }

  /// What a request gives for the parameters, in one spelling.
  ///
  /// - Parameter path: what its path gives, from left to right.
  func arguments(for query: [QueryItem], path: [String]) throws(ArgumentError) -> [String?] {
    switch self {
    case .endpoint(let endpoint, _): try endpoint.arguments(for: query, path: path)
    case .relation(let route): try route.arguments(for: query)
    }
  }

  /// The statement that answers them, and what to bind.
  ///
  /// - Parameter now: microseconds since 1970, for times that are relative to it.
  func query(_ arguments: [String?], at now: Int64 = Clock.wall()) -> (query: EndpointQuery, values: [String?]) {
    let bound = zip(parameters, arguments).map { parameter, argument in argument.map { parameter.bound($0, at: now) } }
    switch self {
    case .endpoint(_, let query): return (query, bound)
    case .relation(let route): return route.query(bound)
    }
  }
}

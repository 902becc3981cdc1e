import HTTPServer
import Plan

/// A route that is answered with what a query gives: a project's endpoint, or the rows of an aggregate or a view.
enum DataRoute: Sendable {
  case endpoint(EndpointPlan, EndpointQuery)
  case relation(RelationRoute)

  init(_ endpoint: EndpointPlan) { self = .endpoint(endpoint, EndpointQuery(endpoint)) }

  /// Decoded.
  var path: String {
    switch self {
    case .endpoint(let endpoint, _): endpoint.path
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
  func arguments(for query: [QueryItem]) throws(ArgumentError) -> [String?] {
    switch self {
    case .endpoint(let endpoint, _): try endpoint.arguments(for: query)
    case .relation(let route): try route.arguments(for: query)
    }
  }

  /// The statement that answers them, and what to bind.
  func query(_ arguments: [String?]) -> (query: EndpointQuery, values: [String?]) {
    switch self {
    case .endpoint(_, let query): (query, arguments)
    case .relation(let route): route.query(arguments)
    }
  }
}

import Dialects
import HTTPServer
import Hexadecimal
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

  /// Whether an answer ends with the member `next`, which a request for the next page gives for `cursor`.
  private var hasPages: Bool {
    let hasCursor = parameters.contains { $0.name == Relation.cursorParameter && $0.place == .query }
    guard hasCursor else { return false }
    switch self {
    case .endpoint(let endpoint, _): return endpoint.returns == .rows && endpoint.meta.last?.name == "next"
    case .relation: return true
    }
  }

  /// The query that asks for the next page; nil: there is none, or nobody can tell.
  ///
  /// - Parameters:
  ///   - json: the answer of this page.
  ///   - arguments: what it was asked with.
  func nextPage(after json: [UInt8], _ arguments: [String?]) -> String? {
    guard hasPages, let next = NextPage.cursor(endOf: json) else { return nil }
    var items: [String] = []
    for (parameter, argument) in zip(parameters, arguments) where parameter.place == .query {
      if parameter.name == Relation.cursorParameter {
        items.append("\(parameter.name)=\(percentEncoded(next))")
      } else if let argument {
        // A list is bound as an array, whose text is none of the request's.
        guard !parameter.isList else { return nil }
        items.append("\(percentEncoded(parameter.name))=\(percentEncoded(argument))")
      }
    }
    return items.joined(separator: "&")
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

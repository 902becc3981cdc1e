import Access
import HTTPServer
import Plan

// The one place where what went wrong becomes HTTP.

extension ArgumentError {
  var problem: Problem {
    switch self {
    case .unknown(let name, let known):
      let taken = known.isEmpty ? "there are no parameters" : "the parameters are " + known.joined(separator: ", ")
      return Problem(
        status: 400, title: "Unknown parameter", detail: "\(shortened(name)) is not a parameter: \(taken)",
        extensions: [.init("parameter", .text(shortened(name))), .init("allowed", .texts(known))])
    case .repeated(let parameter):
      return Problem(
        status: 400, title: "Repeated parameter", detail: "\(parameter.name) may be given once",
        extensions: parameter.problemMembers)
    case .tooMany(let parameter):
      return Problem(
        status: 400, title: "Too many values",
        detail: "\(parameter.name) may be given \(EndpointPlan.Parameter.maximumListCount) times",
        extensions: parameter.problemMembers)
    case .missing(let parameter):
      return Problem(
        status: 400, title: "Missing parameter", detail: "\(parameter.name) must be given: \(parameter.requirement)",
        extensions: parameter.problemMembers)
    case .invalid(let parameter, let value):
      return Problem(
        status: 400, title: "Invalid parameter",
        detail: value.isEmpty
          ? "\(parameter.name) is given empty: it must be \(parameter.requirement), or be left out"
          : "\(parameter.name) must be \(parameter.requirement), got \"\(shortened(value))\"",
        extensions: parameter.problemMembers)
    case .unfit(let parameter, let reason):
      return Problem(
        status: 400, title: "Invalid parameter", detail: "\(parameter.name) cannot be used: \(reason)",
        extensions: parameter.problemMembers)
    }
  }

  /// An error message is no place to mirror a client's kilobytes.
  private func shortened(_ text: String) -> String {
    text.count <= 64 ? text : text.prefix(64) + "…"
  }
}

extension EndpointPlan.Parameter {
  fileprivate var problemMembers: [Problem.Member] {
    var members: [Problem.Member] = [.init("parameter", .text(name))]
    if case .integers(let range) = range {
      members.append(.init("minimum", .integer(Int(range.lowerBound))))
      members.append(.init("maximum", .integer(Int(range.upperBound))))
    }
    if !allowedValues.isEmpty { members.append(.init("allowed", .texts(allowedValues))) }
    return members
  }
}

extension QueryFailure {
  var problem: Problem {
    switch self {
    case .unavailable:
      Problem(status: 503, title: "Database unavailable", detail: "the database cannot be reached at the moment")
    case .overloaded: Problem(status: 503, title: "Too many queries", detail: "too many queries are waiting already")
    case .timeout: Problem(status: 504, title: "Query timeout", detail: "the database did not answer in time")
    case .noResult: Problem(status: 404, title: "No result", detail: "there is nothing that the parameters name")
    case .invalidArgument(let parameter, let reason):
      Problem(
        status: 400, title: "Invalid parameter", detail: "\(parameter) cannot be used: \(reason)",
        extensions: [.init("parameter", .text(parameter))])
    case .refused(let reason): Problem(status: 422, title: "Refused", detail: reason)
    case .conflict:
      Problem(status: 409, title: "Conflict", detail: "this does not go with what is there already")
    case .failed:
      Problem(status: 500, title: "Query failed", detail: "the endpoint's query failed; the server's log says why")
    }
  }

  var response: HTTPResponse {
    switch self {
    case .unavailable: problem.response(headers: [HTTPHeader("Retry-After", "2")])
    case .overloaded: problem.response(headers: [HTTPHeader("Retry-After", "1")])
    case .timeout, .noResult, .invalidArgument, .refused, .conflict, .failed: problem.response()
    }
  }
}

enum Problems {
  static func notFound(path: String) -> HTTPResponse {
    Problem(status: 404, title: "Not found", detail: "there is nothing at \(path.prefix(256))").response()
  }

  /// - Parameter allowed: those that are.
  static func methodNotAllowed(_ method: HTTPMethod, allowed: [String]) -> HTTPResponse {
    let shown = allowed.filter { $0 != "HEAD" && $0 != "OPTIONS" }
    return Problem(
      status: 405, title: "Method not allowed",
      detail: "\(method) is not allowed here; \(shown.joined(separator: ", ")) \(shown.count == 1 ? "is" : "are")"
    ).response(headers: [HTTPHeader("Allow", allowed.joined(separator: ", "))])
  }

  /// RFC 6750, section 3: what a client without a token learns is only that it needs one.
  static func refused(_ refusal: AccessPolicy.Refusal) -> HTTPResponse {
    let header =
      switch refusal {
      case .missing: HTTPHeader("WWW-Authenticate", "Bearer")
      case .unknown: HTTPHeader("WWW-Authenticate", "Bearer error=\"invalid_token\"")
      case .beyondScope: HTTPHeader("WWW-Authenticate", "Bearer error=\"insufficient_scope\"")
      case .tooOften(let seconds, client: _): HTTPHeader("Retry-After", "\(seconds)")
      }
    return problem(of: refusal).response(headers: [header])
  }

  static func problem(of refusal: AccessPolicy.Refusal) -> Problem {
    switch refusal {
    case .missing:
      Problem(status: 401, title: "Token needed", detail: "send Authorization: Bearer with a token of this server")
    case .unknown:
      Problem(status: 401, title: "Token not valid", detail: "the token is not known here, or has expired")
    case .beyondScope(let scope, client: _):
      Problem(status: 403, title: "Not allowed", detail: "the token has no scope \(scope.rawValue)")
    case .tooOften(let seconds, client: _):
      Problem(status: 429, title: "Too many requests", detail: "wait \(seconds) s before the next request")
    }
  }

  /// Without tokens, only this machine writes and reads what is not for everybody.
  static func notLocal(_ scope: AccessScope) -> HTTPResponse {
    Problem(
      status: 403, title: "Not allowed",
      detail:
        "without API_TOKENS only requests from this machine \(scope == .write ? "write" : "read this"), and of web pages "
        + "only this server's own; make a token of scope \(scope.rawValue)"
    ).response()
  }

  static var isReadOnly: HTTPResponse {
    Problem(
      status: 503, title: "Read-only",
      detail: "this server has no role of the database that it could do this as; streampulse migrate makes it"
    ).response()
  }

  static func tooManyStreams(maximum: Int) -> HTTPResponse {
    Problem(
      status: 503, title: "Too many streams", detail: "\(maximum) streams are open already",
      extensions: [.init("maximum", .integer(maximum))]
    ).response(headers: [HTTPHeader("Retry-After", "5")])
  }

  static func tooManyStreams(ofAddress maximum: Int) -> HTTPResponse {
    Problem(
      status: 503, title: "Too many streams", detail: "an address may have \(maximum) streams at most",
      extensions: [.init("maximum", .integer(maximum))]
    ).response(headers: [HTTPHeader("Retry-After", "5")])
  }

  static func stopping() -> HTTPResponse {
    Problem(status: 503, title: "Server is stopping", detail: "the server is about to stop, or to be replaced")
      .response(headers: [HTTPHeader("Retry-After", "1")])
  }

  static func foreignOrigin() -> HTTPResponse {
    Problem(
      status: 403, title: "Origin not allowed",
      detail: "the page that connects is of another origin than this server, and ALLOWED_ORIGINS does not name it"
    ).response()
  }
}

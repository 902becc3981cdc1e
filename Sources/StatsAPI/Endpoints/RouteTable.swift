import HTTPServer
import Plan

/// What is asked for at which path. A path without parameters is found before one with them, and among these the one whose
/// own words stand further to the left.
struct RouteTable<Route: Sendable>: Sendable {
  struct Entry: Sendable {
    /// What logs and metrics call it.
    let path: String
    /// By the method's name.
    fileprivate(set) var routes: [String: Route] = [:]

    subscript(method: HTTPMethod) -> Route? {
      // Whoever asks for the head asks for all but the body.
      routes[method == .head ? HTTPMethod.get.description : method.description]
    }

    /// For the header `Allow`.
    var methods: [String] {
      (routes["GET"] == nil ? [] : ["GET", "HEAD"]) + routes.keys.filter { $0 != "GET" }.sorted() + ["OPTIONS"]
    }
  }

  private var exact: [String: Entry] = [:]
  private var templates: [(template: PathTemplate, entry: Entry)] = []

  /// Puts a route at a path, instead of one that is there.
  mutating func add(_ method: String, _ path: String, _ route: Route) {
    exact[path, default: Entry(path: path)].routes[method] = route
  }

  mutating func add(_ method: String, _ template: PathTemplate, _ route: Route) {
    guard !template.parameters.isEmpty else { return add(method, template.text, route) }
    if let index = templates.firstIndex(where: { $0.template.shape == template.shape }) {
      templates[index].entry.routes[method] = route
      return
    }
    let entry = Entry(path: template.text, routes: [method: route])
    let index = templates.firstIndex { template.precedes($0.template) } ?? templates.endIndex
    templates.insert((template, entry), at: index)
  }

  /// What is at a request's path, and what that gives for the parameters in it. A slash behind it changes nothing.
  func find(_ request: HTTPRequest) -> (entry: Entry, values: [String])? {
    find(path: request.path, segments: request.pathSegments)
  }

  /// - Parameters:
  ///   - path: decoded.
  ///   - segments: of the same path, each decoded for itself.
  func find(path: String, segments: @autoclosure () -> [String]?) -> (entry: Entry, values: [String])? {
    if let entry = exact[path] { return (entry, []) }
    if path.count > 1, path.hasSuffix("/"), let entry = exact[String(path.dropLast())] { return (entry, []) }
    guard !templates.isEmpty, var segments = segments() else { return nil }
    if segments.last == "", segments.count > 1 { segments.removeLast() }
    for (template, entry) in templates {
      if let values = template.values(in: segments) { return (entry, values) }
    }
    return nil
  }
}

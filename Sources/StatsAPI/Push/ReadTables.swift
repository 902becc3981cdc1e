import Dialects
import Plan

/// Which tables the routes' statements read in the end, by way of views too.
struct ReadTables {
  /// What the engine writes besides aggregates, and announces.
  private static let announced: Set<String> = ["alerts", "dead_letters", "event_log", "trending_predictions"]

  /// What statements call an aggregate, with the name that is announced.
  private let aggregates: [String: String]
  private let views: [String: [String]?]

  init(_ relations: [Relation]) {
    aggregates = Dictionary(
      relations.filter { $0.kind == .aggregate }.flatMap { relation in relation.names.map { ($0, relation.name) } }
    ) { first, _ in first }
    views = Dictionary(relations.filter { $0.kind == .view }.map { ($0.name, $0.reads) }) { first, _ in first }
  }

  /// The announced names of the tables that the route reads. nil: something that is not announced is among them, or a
  /// schema of its own, so that any commit may concern it.
  func tables(of route: DataRoute) -> Set<String>? {
    switch route {
    case .endpoint(let endpoint, _): endpoint.reads.flatMap(tables)
    case .relation(let route): tables(of: [route.relation.name])
    }
  }

  private func tables(of names: Set<String>) -> Set<String>? {
    var found: Set<String> = []
    var seen: Set<String> = []
    var open = Array(names)
    while let name = open.popLast() {
      guard seen.insert(name).inserted else { continue }
      if let view = views[name] {
        guard let reads = view else { return nil }
        open += reads
      } else if let aggregate = aggregates[name] {
        found.insert(aggregate)
      } else {
        guard Self.announced.contains(name) else { return nil }
        found.insert(name)
      }
    }
    return found
  }
}

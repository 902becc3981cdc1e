import Plan
import SQLQuoting

/// A project's views, and what is wrong with them.
public struct PlannedViews: Sendable {
  /// The views that nothing is wrong with, each behind those that it reads.
  public let plans: [ViewPlan]
  /// Everything that is wrong in any of the files, file by file and from top to bottom.
  public let errors: [DefinitionError]
  /// Views in whose own files nothing is wrong, over aggregates or streams that something is wrong with.
  public let unjudged: [UnjudgedDefinition]
  /// Names that stand for none of `plans`, though files of the project give them.
  private let refused: RefusedNames
  private let views: [ParsedView]

  fileprivate init(
    plans: [ViewPlan], errors: [DefinitionError], unjudged: [UnjudgedDefinition], refused: RefusedNames,
    views: [ParsedView]
  ) {
    self.plans = plans
    self.errors = errors
    self.unjudged = unjudged
    self.refused = refused
    self.views = views
  }

  /// Whether a view of that name is defined, but cannot be made as it is.
  func isRefused(_ name: String) -> Bool { refused.names.contains(name) }

  /// Tables in the views' SELECTs that nothing defines and that are called almost like one that is.
  public func misspeltTables(known: [String]) -> [DefinitionError] {
    views.flatMap { view in
      view.relations.compactMap { misspelling($0, in: view.source, known: known + views.map(\.plan.name)) }
    }
  }
}

/// Reads views over the streams' aggregates. Whether tables and columns are there is Postgres' to say, when it makes them.
public func planViews(_ files: [SourceFile], of streams: PlannedStreams) -> PlannedViews {
  var diagnostics = Diagnostics()
  var views: [ParsedView] = []
  var refused = RefusedNames()
  for file in files {
    var parser = ViewParser(source: SourceText(file))
    let view = parser.parse()
    for error in parser.diagnostics.errors { diagnostics.report(error) }
    guard let view else {
      refused.insert(parser.source.aggregateName ?? parser.source.stem)
      continue
    }
    if let conflict = conflict(view, views, streams) {
      diagnostics.report(conflict)
    } else {
      views.append(view)
    }
  }
  for view in views {
    for error in streamsRead(by: view, views, streams) {
      diagnostics.report(error)
      refused.insert(view.plan.name)
    }
  }
  let order = ViewOrder(views)
  for error in order.cycles { diagnostics.report(error) }
  for view in views where !order.plans.contains(view.plan) { refused.insert(view.plan.name) }
  var causes: [String: String] = [:]
  for view in order.plans {
    let wrong = view.reads.first { name in
      refused.names.contains(name) || (!order.plans.contains { $0.name == name } && streams.isRefused(name))
    }
    causes[view.name] = wrong ?? view.reads.lazy.compactMap { causes[$0] }.first
  }
  let unjudged = order.plans.filter { !refused.names.contains($0.name) }.compactMap { view in
    causes[view.name].map { UnjudgedDefinition(.view, view.name, cause: $0) }
  }
  for name in causes.keys { refused.insert(name) }
  return PlannedViews(
    plans: order.plans.filter { !refused.names.contains($0.name) }, errors: diagnostics.sorted, unjudged: unjudged,
    refused: refused, views: views)
}

/// Refuses a name that another definition has: aggregates are tables beside the views.
private func conflict(
  _ view: ParsedView, _ others: [ParsedView], _ streams: PlannedStreams
) -> DefinitionError? {
  let name = view.plan.name
  let message: String
  if let first = others.first(where: { $0.plan.name == name }) {
    message = "\(first.source.path) defines \(quotedIdentifier(name)) already"
  } else if streams.aggregates.contains(where: { $0.name == name }) || streams.isNamedRefused(name) {
    message = "there is an aggregate \(quotedIdentifier(name)) already"
  } else if let aggregate = streams.aggregates.first(where: { $0.relationNames.contains(name) }) {
    message = "the rows of \(quotedIdentifier(aggregate.name)) are stored in a table \(quotedIdentifier(name))"
  } else {
    return nil
  }
  return view.source.error(at: view.nameLocation, message, hint: "give it another name")
}

/// Refuses streams in FROM: their events are in Kafka.
private func streamsRead(
  by view: ParsedView, _ views: [ParsedView], _ streams: PlannedStreams
) -> [DefinitionError] {
  let tables = streams.aggregates.flatMap(\.relationNames) + views.map(\.plan.name)
  return view.relations.filter { relation in
    !tables.contains(relation.name) && streams.plans.contains { $0.definition.name == relation.name }
  }.map { relation in
    let aggregates = streams.aggregates.map { quotedIdentifier($0.name) }.joined(separator: ", ")
    return view.source.error(
      at: relation.location, "\(quotedIdentifier(relation.name)) is a stream, and a view reads tables",
      hint: "read an aggregate"
        + (aggregates.isEmpty ? "" : ": there are \(aggregates)")
        + "; a table that is called like the stream needs its schema: public.\(quotedIdentifier(relation.name))")
  }
}

/// Puts views behind those that they read.
private struct ViewOrder {
  private(set) var plans: [ViewPlan] = []
  /// An error for each circle, where it is closed.
  private(set) var cycles: [DefinitionError] = []

  init(_ views: [ParsedView]) {
    var left = views
    while !left.isEmpty {
      let names = Set(left.map(\.plan.name))
      let ready = left.filter { view in !view.plan.reads.contains(where: names.contains) }
      if ready.isEmpty {
        let cycle = Self.cycle(in: left)
        cycles.append(Self.error(of: cycle))
        // Those that read them are right themselves.
        left.removeAll { view in cycle.contains { $0.plan.name == view.plan.name } }
      } else {
        plans += ready.map(\.plan)
        let placed = Set(ready.map(\.plan.name))
        left.removeAll { placed.contains($0.plan.name) }
      }
    }
  }

  /// Views of which each reads the next, and the last the first. Each of `views` reads one of them.
  private static func cycle(in views: [ParsedView]) -> [ParsedView] {
    var path: [ParsedView] = []
    var next = views.first
    while let view = next {
      if let start = path.firstIndex(where: { $0.plan.name == view.plan.name }) { return Array(path[start...]) }
      path.append(view)
      next = views.first { view.plan.reads.contains($0.plan.name) }
    }
    return path
  }

  private static func error(of cycle: [ParsedView]) -> DefinitionError {
    let names = cycle.map { quotedIdentifier($0.plan.name) }
    // In the last of the files, as two definitions of one name are refused in the later.
    let last = cycle.indices.max { cycle[$0].source.path < cycle[$1].source.path } ?? 0
    let view = cycle[last]
    let target = cycle[(last + 1) % cycle.count].plan.name
    let location = view.relations.first { $0.name == target }?.location ?? view.nameLocation
    let circle = (names[last...] + names[..<last] + [names[last]]).joined(separator: " → ")
    return view.source.error(
      at: location,
      cycle.count == 1 ? "the view \(names[last]) reads itself" : "views read one another in a circle: \(circle)",
      hint: cycle.count == 1
        ? "read an aggregate or another view; a table of another schema is written with it"
        : "let one of them read aggregates alone")
  }
}

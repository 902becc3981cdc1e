import Events
import Plan
import SQLQuoting

/// The streams of a project, as far as their files can be read.
public struct ParsedStreams: Sendable {
  /// In the order of their files.
  public let streams: [ParsedStream]
  /// Everything that is wrong in the files.
  public let errors: [DefinitionError]
  let refused: RefusedNames
}

/// Reads streams' definitions, of which no two may have one name, and none may read what its own dead letters become.
///
/// - Parameter areAll: false when there are files that cannot be read, which may define any stream.
public func parseStreams(_ files: [SourceFile], areAll: Bool = true) -> ParsedStreams {
  var diagnostics = Diagnostics()
  var refused = RefusedNames()
  if !areAll { refused.insert(nil) }
  var streams: [ParsedStream] = []
  for file in files {
    do {
      let stream = try parseStream(file)
      let name = stream.definition.name
      if let first = streams.first(where: { $0.definition.name == name }) {
        diagnostics.report(
          stream.error(
            at: "", "\(first.path) defines the stream \(quotedIdentifier(name)) already", hint: "give it another name"))
      } else {
        streams.append(stream)
      }
    } catch {
      for error in error.errors { diagnostics.report(error) }
      refused.insert(SourceText(file).streamName)
    }
  }
  let routes = streams.map {
    DeadLetterLoop.Route(topic: $0.definition.topic, deadLetterTopic: $0.definition.deadLetterTopic)
  }
  for loop in DeadLetterLoop.all(in: routes) {
    diagnostics.report(
      streams[loop.stream].error(
        at: "dead_letter_topic", "dead letters would be read again, for ever: \(loop.topics.joined(separator: " → "))",
        hint: "name a dead_letter_topic that no stream reads"))
  }
  return ParsedStreams(streams: streams, errors: diagnostics.sorted, refused: refused)
}

/// Streams with those of their aggregates that could be planned, and what is wrong with the others.
public struct PlannedStreams: Sendable {
  /// The streams that nothing is wrong with, in the order in which they were given.
  public let plans: [StreamPlan]
  /// Everything that is wrong in any of the files, file by file and from top to bottom.
  public let errors: [DefinitionError]
  /// Aggregates in whose own files nothing is wrong, over streams that something is wrong with.
  public let unjudged: [UnjudgedDefinition]
  private let refused: RefusedNames

  fileprivate init(
    plans: [StreamPlan], errors: [DefinitionError], unjudged: [UnjudgedDefinition], refused: RefusedNames
  ) {
    self.plans = plans
    self.errors = errors
    self.unjudged = unjudged
    self.refused = refused
  }

  var aggregates: [AggregatePlan] { plans.flatMap(\.aggregates) }

  /// Whether an aggregate of that name is defined, but not as it should be.
  func isRefused(_ name: String) -> Bool {
    !aggregates.contains { $0.name == name } && refused.mayHold(name)
  }

  /// Whether it is certain that one of that name is.
  func isNamedRefused(_ name: String) -> Bool { refused.names.contains(name) }
}

/// Plans streams and all aggregates over them: an aggregate's stream is the one in its FROM.
///
/// What is right is planned beside what is wrong: an alert on a right aggregate is right. An aggregate over a stream that
/// something is wrong with is neither: it is not judged.
/// - Parameters:
///   - fields: what a stream's schema has; nil for a stream whose schema cannot be had, which is said elsewhere.
///   - references: the tables that aggregates may be joined with.
///   - areAll: false when there are files that cannot be read, which may define any aggregate.
public func planStreams(
  _ streams: ParsedStreams, fields: (ParsedStream) -> SchemaFields?, references: ParsedReferences = .none,
  aggregates: [SourceFile], areAll: Bool = true
) -> PlannedStreams {
  var diagnostics = Diagnostics()
  var refusedStreams = streams.refused
  var columns: [StreamColumns] = []
  for stream in streams.streams {
    let name = stream.definition.name
    guard let fields = fields(stream) else {
      refusedStreams.insert(name)
      continue
    }
    let candidate = StreamColumns(stream.definition, fields)
    let errors = StreamCheck(stream: stream, fields: fields, columns: candidate).errors
    for error in errors { diagnostics.report(error) }
    if errors.isEmpty { columns.append(candidate) } else { refusedStreams.insert(name) }
  }
  var catalogue = StreamCatalogue(streams: columns, refused: refusedStreams, areAll: areAll)
  let tables = ReferenceCatalogue(references)
  var planners = aggregates.map { AggregatePlanner(source: SourceText($0), references: tables) }
  for index in planners.indices { planners[index].read() }
  let order = CascadeOrder(planners, streams: catalogue)
  for error in order.cycles { diagnostics.report(error) }
  for index in order.circular { catalogue.refuse(aggregate: planners[index].source.aggregateName) }
  var plans: [Int: AggregatePlan] = [:]
  var files: [String: String] = [:]
  var names = RelationNames()
  for reference in references.references { names.insert(reference) }
  var unjudged: [Int: UnjudgedDefinition] = [:]
  for index in order.indices {
    let planned = planners[index].plan(in: catalogue)
    let planner = planners[index]
    for error in planner.diagnostics.errors { diagnostics.report(error) }
    let source = planner.source
    guard let planned else {
      catalogue.refuse(aggregate: source.aggregateName)
      if let relation = planner.refusedRelation, planner.diagnostics.errors.isEmpty {
        unjudged[index] = UnjudgedDefinition(.aggregate, source.aggregateName ?? source.stem, cause: relation)
      }
      continue
    }
    let name = planned.plan.name
    if let first = files[name] {
      diagnostics.report(
        source.error(
          at: source.location(of: name), "\(first) defines \(quotedIdentifier(name)) already",
          hint: "give it another name"))
      continue
    }
    if let conflict = names.conflict(of: planned.plan, in: source) {
      diagnostics.report(conflict)
      continue
    }
    files[name] = aggregates[index].path
    names.insert(planned.plan, aggregates[index].path)
    catalogue.add(planned.plan, of: planned.stream)
    plans[index] = planned.plan
  }
  let streamOf = Dictionary(catalogue.aggregates.map { ($0.plan.name, $0.stream) }) { first, _ in first }
  let inOrder = aggregates.indices.compactMap { plans[$0] }
  return PlannedStreams(
    plans: columns.map { columns in
      StreamPlan(
        definition: columns.stream, columns: columns.specs, eventTimeColumn: 0,
        aggregates: inOrder.filter { streamOf[$0.name] == columns.stream.name })
    }, errors: diagnostics.sorted, unjudged: aggregates.indices.compactMap { unjudged[$0] },
    refused: catalogue.refusedAggregates)
}

/// Plans one stream and all aggregates over it.
///
/// - Throws: everything that is wrong in any of the files.
public func planStream(
  _ stream: ParsedStream, references: ParsedReferences = .none, aggregates: [SourceFile], fields: SchemaFields
) throws(DefinitionErrors) -> StreamPlan {
  let streams = ParsedStreams(streams: [stream], errors: [], refused: RefusedNames())
  let planned = planStreams(streams, fields: { _ in fields }, references: references, aggregates: aggregates)
  guard planned.errors.isEmpty, let plan = planned.plans.first else { throw DefinitionErrors(planned.errors) }
  return plan
}

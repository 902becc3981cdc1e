import Plan
import Spelling

/// All definitions of a project folder, loaded and planned.
public struct Project: Sendable {
  /// By name; at least one.
  public private(set) var streams: [Stream]
  /// The tables of reference data that it declares.
  public let references: [Reference]
  /// Each behind those that it reads.
  public let views: [ViewPlan]
  public let endpoints: [EndpointPlan]
  public private(set) var alerts: [AlertPlan]
  /// Where notifications go.
  public private(set) var targets: [NotificationTarget]
  /// What was found in the folder and is not used, a line each.
  public let notices: [String]
  /// What was found in schemas and definitions that is probably not meant, a line each.
  public let remarks: [String]
  /// That all of this was read from.
  public let files: ProjectFiles

  /// Loads `sql/` and `schemas/` of the folder.
  ///
  /// - Parameter lookup: where the schemas come from that streams name by a registry's subject.
  /// - Throws: every error of every definition, not only the first.
  public init(folder: String, lookup: SchemaLookup = .none) throws(ProjectError) {
    try self.init(ProjectReview(folder: folder, lookup: lookup))
  }

  /// The same of files that were read before, or kept.
  public init(_ files: ProjectFiles, lookup: SchemaLookup = .none) throws(ProjectError) {
    try self.init(ProjectReview(files, lookup: lookup))
  }

  /// The project that was reviewed.
  ///
  /// - Throws: everything that the review has found wrong.
  public init(_ review: ProjectReview) throws(ProjectError) {
    guard review.errors.isEmpty else { throw .definitions(review.errors) }
    streams = review.streams
    references = review.references
    views = review.views
    endpoints = review.endpoints
    alerts = review.alerts
    targets = review.targets
    notices = review.notices
    remarks = review.remarks
    files = review.files
  }

  /// The same definitions, of which nobody outside hears: there are no targets, and no dead letter is forwarded.
  ///
  /// - Parameter others: alerts beside the project's own.
  public func isolated(with others: [AlertPlan]) -> Project {
    var copy = self
    copy.targets = []
    copy.alerts += others
    for index in copy.alerts.indices { copy.alerts[index].routing.notify = [] }
    copy.streams = streams.map { stream in
      var plan = stream.plan
      plan.definition.deadLetterTopic = nil
      return Stream(plan: plan, schema: stream.schema)
    }
    return copy
  }

  /// The stream of that name.
  public func stream(named name: String) -> Stream? {
    streams.first { $0.name == name }
  }

  /// What to say of a name that is no stream's.
  public func hint(forStream name: String) -> String {
    let names = streams.map(\.name)
    let nearest = suggestion(for: name, among: names)
    return nearest + (names.count == 1 ? "the stream is \(names[0])" : "streams are \(names.joined(separator: ", "))")
  }

  /// The stream that an aggregate reads.
  public func stream(of aggregate: String) -> Stream? {
    streams.first { $0.plan.aggregates.contains { $0.name == aggregate } }
  }

  /// Those of them that an aggregate is joined with.
  public var usedReferences: [Reference] {
    let names = Set(streams.flatMap { $0.plan.references.map(\.name) })
    return references.filter { names.contains($0.name) }
  }

  /// All aggregates, stream by stream.
  public var aggregates: [AggregatePlan] { streams.flatMap(\.plan.aggregates) }
}

import Plan
import SQLQuoting
import Spelling

/// Names that stand for definitions which cannot be judged, because something is wrong with them: what builds on one of them
/// is not blamed for it.
struct RefusedNames: Sendable {
  private(set) var names: Set<String> = []
  /// Something is wrong with a definition whose name is not to be seen: it may be any.
  private var isAny = false

  mutating func insert(_ name: String?) {
    if let name { names.insert(name) } else { isAny = true }
  }

  /// Whether a name that no right definition has may be that of a wrong one.
  func mayHold(_ name: String) -> Bool { isAny || names.contains(name) }
}

/// What aggregates may read: streams, and one another.
struct StreamCatalogue {
  let streams: [StreamColumns]
  let refused: RefusedNames
  /// Those that have been planned so far, with the streams that feed them.
  private(set) var aggregates: [(plan: AggregatePlan, stream: String)] = []
  private(set) var refusedAggregates: RefusedNames

  /// - Parameter areAll: false when there are files that cannot be read, which may define any aggregate.
  init(streams: [StreamColumns], refused: RefusedNames, areAll: Bool) {
    self.streams = streams
    self.refused = refused
    refusedAggregates = RefusedNames()
    if !areAll { refusedAggregates.insert(nil) }
  }

  mutating func add(_ plan: AggregatePlan, of stream: String) { aggregates.append((plan, stream)) }

  /// Notes one that something is wrong with.
  mutating func refuse(aggregate: String?) { refusedAggregates.insert(aggregate) }

  enum Answer {
    case stream(StreamColumns)
    case aggregate(AggregatePlan, stream: String)
    /// Something is wrong with the stream or the aggregate itself, which is said there.
    case refused
    case unknown(hint: String)
  }

  /// What FROM with that name reads.
  func relation(named name: String) -> Answer {
    if let stream = streams.first(where: { $0.stream.name == name }) { return .stream(stream) }
    if let (plan, stream) = aggregates.first(where: { $0.plan.name == name }) {
      return .aggregate(plan, stream: stream)
    }
    if refused.mayHold(name) || refusedAggregates.mayHold(name) { return .refused }
    let names = streams.map(\.stream.name) + refused.names.sorted()
    let nearestName = nearestSpelling(of: name, among: names + aggregates.map(\.plan.name))
    guard names.count > 1 || nearestName.map(names.contains) == false else {
      return .unknown(hint: names.isEmpty ? "there are none" : "the stream is \(names[0])")
    }
    let nearest = nearestName.map { "did you mean \(quotedIdentifier($0))? " } ?? ""
    return .unknown(hint: "\(nearest)streams are \(names.map(quotedIdentifier).joined(separator: ", "))")
  }
}

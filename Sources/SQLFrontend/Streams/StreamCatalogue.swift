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

/// The streams that aggregates may read.
struct StreamCatalogue {
  let streams: [StreamColumns]
  let refused: RefusedNames

  enum Answer {
    case stream(StreamColumns)
    /// Something is wrong with the stream itself, which is said there.
    case refused
    case unknown(hint: String)
  }

  func stream(named name: String) -> Answer {
    if let stream = streams.first(where: { $0.stream.name == name }) { return .stream(stream) }
    if refused.mayHold(name) { return .refused }
    let names = streams.map(\.stream.name) + refused.names.sorted()
    guard names.count > 1 else {
      return .unknown(hint: names.isEmpty ? "there are none" : "the stream is \(names[0])")
    }
    let nearest = nearestSpelling(of: name, among: names).map { "did you mean \(quotedIdentifier($0))? " } ?? ""
    return .unknown(hint: "\(nearest)streams are \(names.map(quotedIdentifier).joined(separator: ", "))")
  }
}

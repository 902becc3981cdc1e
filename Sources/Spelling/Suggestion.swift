/// The beginning of a hint: `did you mean NAME? ` with the candidate that `name` is most likely a misspelling of; empty when
/// none is near.
public func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
  nearestSpelling(of: name, among: candidates).map { "did you mean \($0)? " } ?? ""
}

import Plan
import SQLQuoting
import Spelling

/// The tables of reference data that aggregates may be joined with.
struct ReferenceCatalogue {
  let references: [Reference]
  let refused: RefusedNames

  init(_ parsed: ParsedReferences) {
    references = parsed.references
    refused = parsed.refused
  }

  enum Answer {
    case reference(Reference)
    /// Something is wrong with its declaration, which is said there.
    case refused
    case unknown(hint: String)
  }

  func reference(named name: String) -> Answer {
    if let reference = references.first(where: { $0.name == name }) { return .reference(reference) }
    if refused.mayHold(name) { return .refused }
    let names = references.map(\.name) + refused.names.sorted()
    guard !names.isEmpty else {
      return .unknown(hint: "declare it in sql/references: \(SyntaxReader.referenceForm)")
    }
    let nearest = nearestSpelling(of: name, among: names).map { "did you mean \(quotedIdentifier($0))? " } ?? ""
    return .unknown(
      hint: "\(nearest)sql/references declares \(names.map(quotedIdentifier).joined(separator: ", "))")
  }
}

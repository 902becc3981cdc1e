import Plan
import Spelling

/// Reads the annotation of a detector: `threshold above WARNING 0.10, CRITICAL 0.15`.
struct DetectorParser {
  let source: SourceText

  static let form = "threshold above WARNING 0.10, CRITICAL 0.15"

  func parse(_ item: Annotation) throws(DefinitionError) -> AlertPlan.Detector {
    let words = item.value.split(separator: " ", maxSplits: 2).map(String.init)
    guard words.first == "threshold" else {
      let nearest = nearestSpelling(of: words.first ?? "", among: ["threshold"]).map { "did you mean \($0)? " } ?? ""
      throw source.error(
        at: item.valueLocation, "there is no detector \(words.first ?? "")", hint: "\(nearest)write \(Self.form)")
    }
    guard words.count == 3, let direction = AlertPlan.Direction(rawValue: words[1]) else {
      throw source.error(at: item.valueLocation, "a threshold is above or below", hint: "write \(Self.form)")
    }
    var levels: [AlertPlan.Level] = []
    for text in words[2].split(separator: ",", omittingEmptySubsequences: false) {
      let parts = text.split(separator: " ").map(String.init)
      guard parts.count == 2, let severity = AlertPlan.Severity(rawValue: parts[0]),
        let value = Double(parts[1]), value.isFinite
      else {
        let names = AlertPlan.Severity.allCases.map(\.rawValue)
        let nearest = parts.first.flatMap { names.contains($0) ? nil : nearestSpelling(of: $0, among: names) }
        let advice = nearest.map { "did you mean \($0)? " } ?? ""
        throw source.error(
          at: item.valueLocation, "a level is a severity and a number",
          hint: "\(advice)severities are \(names.joined(separator: ", "))")
      }
      if let last = levels.last {
        let isBeyond = direction == .above ? value > last.value : value < last.value
        guard severity > last.severity, isBeyond else {
          throw source.error(
            at: item.valueLocation, "each level is more severe and further out than the one before",
            hint: "write \(Self.form)")
        }
      }
      levels.append(AlertPlan.Level(severity: severity, value: value))
    }
    return .threshold(direction, levels: levels)
  }
}

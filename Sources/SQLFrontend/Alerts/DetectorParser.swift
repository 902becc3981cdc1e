import Detection
import Plan
import Spelling

/// Reads the annotation of a detector: `threshold above WARNING 0.10, CRITICAL 0.15`, `zscore both WARNING 4 over 60 windows`,
/// `adaptive below`, `silence WARNING 3`.
struct DetectorParser {
  let source: SourceText

  static let form = "threshold above WARNING 0.10, CRITICAL 0.15"

  /// A detector by the name that definitions have for it.
  private enum Kind: String, CaseIterable {
    case threshold, zscore, ewma, cusum, mad, seasonal
    case rateOfChange = "rate_of_change"
    case adaptive, silence

    var form: String {
      switch self {
      case .threshold: DetectorParser.form
      case .zscore: "zscore above WARNING 4, CRITICAL 6 over 60 windows"
      case .ewma: "ewma above WARNING 4, CRITICAL 6 weight 0.2"
      case .cusum: "cusum above WARNING 5, CRITICAL 8 slack 0.5"
      case .mad: "mad above WARNING 5, CRITICAL 8 over 60 windows"
      case .seasonal: "seasonal below WARNING 4, CRITICAL 6 by hour_of_week"
      case .rateOfChange: "rate_of_change both WARNING 0.5, CRITICAL 0.9"
      case .adaptive: "adaptive below"
      case .silence: "silence WARNING 3, CRITICAL 10"
      }
    }

    /// The parameter behind the levels, where there is one.
    var parameter: String? {
      switch self {
      case .zscore, .mad: "over"
      case .ewma: "weight"
      case .cusum: "slack"
      case .seasonal: "by"
      case .threshold, .rateOfChange, .adaptive, .silence: nil
      }
    }
  }

  /// - Parameter minimumSamples: what `min_samples` says.
  func parse(_ item: Annotation, minimumSamples: Int64) throws(DefinitionError) -> AlertPlan.Detector {
    var words = item.value.split(separator: " ").map(String.init)
    let name = words.isEmpty ? "" : words.removeFirst()
    guard let kind = Kind(rawValue: name) else {
      let names = Kind.allCases.map(\.rawValue)
      let nearest = suggestion(for: name, among: names)
      throw source.error(
        at: item.valueLocation, "there is no detector \(name)",
        hint: "\(nearest)detectors are \(names.joined(separator: ", "))")
    }
    let direction = direction(&words)
    if kind == .threshold, direction == nil || direction == .both {
      throw source.error(at: item.valueLocation, "a threshold is above or below", hint: "write \(kind.form)")
    }
    if kind == .silence, direction != nil {
      throw source.error(
        at: item.valueLocation, "silence has no direction, its levels are numbers of windows",
        hint: "write \(kind.form)")
    }
    let parameters = words.firstIndex { $0 == kind.parameter }.map { Array(words[$0...]) } ?? []
    words.removeLast(parameters.count)
    let levels = try levels(words.joined(separator: " "), kind, direction ?? .both, item)
    if kind == .silence { return .silence(levels) }
    let configuration = DetectorConfiguration(
      try method(kind, parameters, item), direction: direction ?? .both, levels: levels,
      minimumWeight: Int(clamping: minimumSamples))
    if let problem = configuration.problem {
      throw source.error(at: item.valueLocation, problem, hint: "write \(kind.form)")
    }
    return .values(configuration)
  }

  private func direction(_ words: inout [String]) -> DetectorConfiguration.Direction? {
    let direction: DetectorConfiguration.Direction
    switch words.first {
    case "above": direction = .above
    case "below": direction = .below
    case "both": direction = .both
    default: return nil
    }
    words.removeFirst()
    return direction
  }

  private func levels(
    _ text: String, _ kind: Kind, _ direction: DetectorConfiguration.Direction, _ item: Annotation
  ) throws(DefinitionError) -> [AlertPlan.Level] {
    if kind == .adaptive, text.isEmpty { return [] }
    var levels: [AlertPlan.Level] = []
    for text in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = text.split(separator: " ").map(String.init)
      guard parts.count == 2, let severity = Severity(rawValue: parts[0]), let value = Double(parts[1]), value.isFinite
      else {
        let names = Severity.allCases.map(\.rawValue)
        let advice = parts.first.map { names.contains($0) ? "" : suggestion(for: $0, among: names) } ?? ""
        throw source.error(
          at: item.valueLocation, "a level is a severity and a number",
          hint: "\(advice)severities are \(names.joined(separator: ", "))"
            + (kind == .threshold ? "" : "; write \(kind.form)"))
      }
      if kind == .silence, value.rounded() != value || value < 1 || value > Double(AlertLifecycle.maximumWindows) {
        throw source.error(
          at: item.valueLocation,
          "a level of silence is a number of windows, from 1 to \(AlertLifecycle.maximumWindows)",
          hint: "write \(kind.form)")
      }
      if let last = levels.last {
        // Scores grow in either direction; a value below a limit does not.
        let isBeyond = kind == .threshold && direction == .below ? value < last.threshold : value > last.threshold
        guard severity > last.severity, isBeyond else {
          throw source.error(
            at: item.valueLocation, "each level is more severe and further out than the one before",
            hint: "write \(kind.form)")
        }
      }
      levels.append(AlertPlan.Level(severity: severity, threshold: value))
    }
    return levels
  }

  private func method(
    _ kind: Kind, _ parameters: [String], _ item: Annotation
  ) throws(DefinitionError) -> DetectorConfiguration.Method {
    let refused = source.error(
      at: item.valueLocation, "\(kind.rawValue) does not take \"\(parameters.joined(separator: " "))\"",
      hint: "write \(kind.form)")
    let value = parameters.dropFirst().first
    let rest = parameters.dropFirst(2)
    switch kind {
    case .zscore, .mad:
      guard parameters.isEmpty || (value.flatMap { Int($0) } != nil && rest == ["windows"]) else { throw refused }
      let windows = value.flatMap { Int($0) } ?? 60
      return kind == .zscore ? .rollingZ(windows: windows) : .median(windows: windows)
    case .ewma:
      guard let weight = parameters.isEmpty ? 0.2 : value.flatMap({ Double($0) }), rest.isEmpty else { throw refused }
      return .ewma(weight: weight)
    case .cusum:
      guard let slack = parameters.isEmpty ? 0.5 : value.flatMap({ Double($0) }), rest.isEmpty else { throw refused }
      return .cusum(slack: slack)
    case .seasonal:
      guard rest.isEmpty else { throw refused }
      switch parameters.isEmpty ? "hour_of_day" : value {
      case "hour_of_day": return .seasonal(.hourOfDay)
      case "hour_of_week": return .seasonal(.hourOfWeek)
      default: throw refused
      }
    case .rateOfChange: return .change
    case .adaptive: return .adaptive
    case .threshold, .silence: return .threshold
    }
  }
}

import Detection
import Events
import Plan
import Spelling

/// Reads which of its results an aggregate wants forecasts of: `-- forecast: downloads, failures` in its header.
struct ForecastParser {
  static let name = "forecast"
  /// Each costs a kilobyte for each key, and rows for each window.
  static let maximumMeasures = 8

  let source: SourceText
  let columns: [PresentationParser.Column]

  /// Each result with its place, in their order. What they are is checked once the aggregate is planned.
  func parse(_ diagnostics: inout Diagnostics) -> [(name: String, location: Int)] {
    let results = columns.filter(\.isResult).map(\.name)
    var found: [(name: String, location: Int)] = []
    for annotation in source.headerTokens.compactMap({ Annotation($0, source) }) {
      guard annotation.isForecast(among: columns.map(\.name)) else { continue }
      diagnostics.attempt { () throws(DefinitionError) in
        guard annotation.name == Self.name else {
          throw source.error(
            at: annotation.location, "there is no annotation \"\(annotation.name)\"",
            hint: "did you mean \"\(Self.name)\"?")
        }
        for (name, location) in annotation.list {
          guard !name.isEmpty else {
            throw source.error(
              at: location, "a result is missing", hint: "write -- \(Self.name): \(results.first ?? "downloads")")
          }
          guard results.contains(name) else {
            let isKey = columns.contains { $0.name == name }
            throw source.error(
              at: location,
              isKey
                ? "forecasts are of results, and \(name) is what they are grouped by"
                : "there is no column \"\(name)\"",
              hint: "\(suggestion(for: name, among: results))results are \(results.joined(separator: ", "))")
          }
          guard !found.contains(where: { $0.name == name }) else {
            throw source.error(at: location, "a forecast of \(name) is asked for twice")
          }
          found.append((name, location))
        }
      }
    }
    for column in columns {
      let above = source.commentTokens(above: column.location).compactMap { Annotation($0, source) }
      guard let line = above.first(where: { $0.name == Self.name }) else { continue }
      diagnostics.report(
        source.error(
          at: line.location, "what is forecast stands in the header of the file",
          hint: "write -- \(Self.name): \(column.name) above CREATE MATERIALIZED VIEW"))
    }
    if found.count > Self.maximumMeasures {
      diagnostics.report(
        source.error(
          at: found[Self.maximumMeasures].location,
          "at most \(Self.maximumMeasures) results of an aggregate are forecast"
        ))
    }
    return found
  }

  /// Refuses a forecast of what is no aggregate.
  static func refuse(in source: SourceText, _ diagnostics: inout Diagnostics) {
    guard let line = source.headerTokens.compactMap({ Annotation($0, source) }).first(where: { $0.name == name }) else {
      return
    }
    diagnostics.report(
      source.error(
        at: line.location, "forecasts are of aggregates, and this is a view",
        hint: "put the line into the file of an aggregate"))
  }

  /// Refuses what cannot be forecast.
  func check(
    _ asked: [(name: String, location: Int)], of plan: AggregatePlan, _ diagnostics: inout Diagnostics
  ) {
    guard let first = asked.first else { return }
    if let problem = plan.window.forecastProblem {
      diagnostics.report(source.error(at: first.location, problem.reason, hint: problem.hint))
    }
    for (name, location) in asked {
      guard let type = plan.outputs.first(where: { $0.name == name }).flatMap(plan.type), !type.isMeasured else {
        continue
      }
      diagnostics.report(
        source.error(
          at: location, "\(name) is \(type.sqlName), and forecasts are of numbers",
          hint: "name a count, a sum or a mean"))
    }
  }
}

extension Annotation {
  /// Whether it asks for forecasts, perhaps with a misspelling in front of one of these columns.
  fileprivate func isForecast(among columns: [String]) -> Bool {
    if name == ForecastParser.name { return true }
    return nearestSpelling(of: name, among: [ForecastParser.name]) != nil
      && list.contains { columns.contains($0.text) }
  }
}

extension SourceText {
  /// Whether a comment of the header asks for forecasts, and so is none of the table.
  func isForecast(_ token: Token) -> Bool { Annotation(token, self)?.name == ForecastParser.name }
}

extension AggregatePlan {
  fileprivate func type(_ output: OutputColumn) -> SQLType? {
    switch output.source {
    case .accumulator(let index): accumulators[index].type
    case .derived(let derived): derived.type
    case .key, .windowStart, .windowEnd: nil
    }
  }
}

extension SQLType {
  fileprivate var isMeasured: Bool {
    switch self {
    case .integer, .bigint, .numeric, .doublePrecision: true
    default: false
    }
  }
}

extension WindowAssigner {
  /// Why there are no forecasts of windows of that kind; nil: there are.
  fileprivate var forecastProblem: (reason: String, hint: String)? {
    guard case .tumble(let size) = self else {
      return ("forecasts are of windows that follow each other without overlap", "write tumble(…, INTERVAL '1 minute')")
    }
    guard Forecaster.takes(step: size) else {
      return (
        "forecasts are of windows that a day is divided into",
        "write INTERVAL '1 minute', '5 minutes', '1 hour' or '1 day'"
      )
    }
    return nil
  }
}

import Plan
import Project
import SQLQuoting

/// Endpoints for aggregates that have none yet, so that their rows are seen while somebody works on them: each is a file
/// as one would write it, beside those of the folder.
enum DefaultEndpoints {
  /// - Parameter review: of the folder.
  /// - Returns: the files with those that are made up, and what they are.
  static func add(to review: ProjectReview) -> (files: ProjectFiles, charts: [DevelopmentStatus.Chart]) {
    var files = review.files
    var charts: [DevelopmentStatus.Chart] = []
    let taken = Set(review.endpoints.map(\.path))
    for aggregate in review.streams.flatMap(\.plan.aggregates) {
      let path = "/api/stats/\(aggregate.name)"
      guard isPath(aggregate.name), !taken.contains(path),
        !review.endpoints.contains(where: { names(in: $0.select.text).contains(aggregate.name) })
      else { continue }
      let file = ProjectFile(path: "sql/endpoints/\(aggregate.name)__default.sql", text: text(aggregate, path))
      files.add(file)
      let title = aggregate.comment.split(separator: "\n").first.map(String.init) ?? aggregate.name
      charts.append(.init(name: aggregate.name, path: path, title: title, measure: measure(of: aggregate)))
    }
    return (files, charts)
  }

  private static func text(_ aggregate: AggregatePlan, _ path: String) -> String {
    """
    -- Made up, because no endpoint reads \(aggregate.name).
    -- name: GET \(path)
    -- summary: The newest windows of \(aggregate.name).
    -- param: limit integer = 200 in 1..1000    -- How many rows
    -- returns: rows
    SELECT * FROM \(quotedIdentifier(aggregate.name)) ORDER BY window_start DESC LIMIT :limit;
    """
  }

  /// The words of a statement, tables among them.
  private static func names(in statement: String) -> Set<String> {
    Set(statement.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
  }

  /// As paths of endpoints are written.
  private static func isPath(_ name: String) -> Bool {
    name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
  }

  /// The first result that is a number: of most definitions the count.
  private static func measure(of aggregate: AggregatePlan) -> String? {
    aggregate.outputs.first { output in
      guard case .accumulator(let index) = output.source, !aggregate.accumulators[index].isOpaque else { return false }
      return switch aggregate.accumulators[index].type {
      case .integer, .bigint, .doublePrecision, .numeric: true
      default: false
      }
    }?.name
  }
}

import Plan
import SQLFrontend

extension Project {
  /// An alert on one of the project's aggregates that is not one of its files.
  ///
  /// - Parameter path: what messages call it.
  public func alert(_ text: String, path: String) throws(ProjectError) -> AlertPlan {
    do {
      return try parseAlert(SourceFile(path: path, text: text), aggregates: aggregates)
    } catch {
      throw .definitions(error.errors)
    }
  }
}

import Plan
import SQLFrontend

extension ProjectFiles {
  /// The project's targets alone, whatever is wrong with other definitions.
  public func notificationTargets() throws(ProjectError) -> [NotificationTarget] {
    guard let text = try Folder.read(self, targetsPath) else { return [] }
    do {
      return try parseTargets(SourceFile(path: targetsPath, text: text))
    } catch {
      throw .definitions(error.errors)
    }
  }
}

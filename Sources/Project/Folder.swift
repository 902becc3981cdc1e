import SQLFrontend

/// The files of one folder of a project. Every file is a definition written by hand: more than a megabyte is a mistake.
enum Folder {
  /// The names in `folder` of `root` with this ending, sorted; none when there is no such folder.
  static func names(_ root: ProjectFiles, _ folder: String, ending: String) throws(ProjectError) -> [String] {
    try root.entries(folder).map(\.name).filter { $0.hasSuffix(ending) }
  }

  /// The file's text, or nil when there is no such file. Messages show its path in the project, as those of definitions do.
  static func read(_ root: ProjectFiles, _ path: String) throws(ProjectError) -> String? { try root.text(path) }

  /// All files of `folder` with this ending, their paths relative to `root` for messages.
  static func files(_ root: ProjectFiles, _ folder: String, ending: String) throws(ProjectError) -> [SourceFile] {
    var files: [SourceFile] = []
    for name in try names(root, folder, ending: ending) {
      guard let text = try read(root, "\(folder)/\(name)") else { continue }
      files.append(SourceFile(path: "\(folder)/\(name)", text: text))
    }
    return files
  }

  /// The same without those that cannot be read, which are among the errors then.
  ///
  /// - Returns: also whether all could be read.
  static func readableFiles(
    _ root: ProjectFiles, _ folder: String, _ errors: inout [DefinitionError]
  ) throws(ProjectError) -> (files: [SourceFile], areAll: Bool) {
    var files: [SourceFile] = []
    let names = try names(root, folder, ending: ".sql")
    for name in names {
      do throws(ProjectError) {
        guard let text = try read(root, "\(folder)/\(name)") else { continue }
        files.append(SourceFile(path: "\(folder)/\(name)", text: text))
      } catch {
        guard case .unreadable(let path, let reason) = error else { throw error }
        errors.append(
          DefinitionError(path: path, line: 0, column: 0, offendingText: "", message: reason))
      }
    }
    return (files, files.count == names.count)
  }
}

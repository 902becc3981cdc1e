import Glibc
import SQLFrontend
import TextFiles

/// Reads the files of a folder. Every file is a definition written by hand: more than a megabyte is a mistake.
enum Folder {
  /// The names in `folder` of `root` with this ending, sorted; none when there is no such folder.
  static func names(_ root: String, _ folder: String, ending: String) throws(ProjectError) -> [String] {
    guard let directory = opendir("\(root)/\(folder)") else {
      if errno == ENOENT { return [] }
      throw .unreadable(path: folder, reason: systemReason())
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(ending), !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  /// The file's text, or nil when there is no such file. Messages show its path in the project, as those of definitions do.
  static func read(_ root: String, _ path: String) throws(ProjectError) -> String? {
    do {
      return try TextFile.read("\(root)/\(path)")
    } catch {
      throw .unreadable(path: path + error.place, reason: error.description)
    }
  }

  /// All files of `folder` with this ending, their paths relative to `root` for messages.
  static func files(_ root: String, _ folder: String, ending: String) throws(ProjectError) -> [SourceFile] {
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
    _ root: String, _ folder: String, _ errors: inout [DefinitionError]
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

  private static func systemReason() -> String { String(cString: strerror(errno)) }
}

import CProcess
import Glibc

extension Configuration {
  /// The folder with `sql/` and `schemas/`.
  ///
  /// A name stands for a folder in `projects/`: of the working directory, else of the folders two and three levels above
  /// the program's own, which is where `.build/release/streampulse` was built; else of `share/streampulse` beside the
  /// folder `lib` that the program is installed in. The default, where the working directory has no `sql/`, stands for
  /// those folders themselves.
  ///
  /// - Parameter executable: the program's own path, symbolic links resolved.
  public func projectDirectory(executable: String? = runningExecutable()) throws(ConfigurationError) -> String {
    if isFolder(project + "/sql") { return project }
    let candidates = (Self.isName(project) ? ["projects/" + project] : []) + builtFolders(executable)
    if let found = candidates.first(where: { isFolder($0 + "/sql") }) { return found }
    throw ConfigurationError(
      location: SettingKey.project.rawValue, message: "there is no folder \(project)/sql",
      hint: "set it to the folder with sql/ and schemas/, or to a name in projects/")
  }

  private func builtFolders(_ executable: String?) -> [String] {
    guard let executable, !isProjectExplicit || Self.isName(project) else { return [] }
    let folders = executable.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    var homes = [2, 3].filter { folders.count > $0 }.map { folders.dropLast($0).joined(separator: "/") }
    if folders.suffix(2) == ["lib", "streampulse"] {
      homes.append(folders.dropLast(2).joined(separator: "/") + "/share/streampulse")
    }
    return homes.map { $0 + (isProjectExplicit ? "/projects/" + project : "") }
  }

  /// Whether a project is given by its name in `projects/`, and not as a folder.
  static func isName(_ project: String) -> Bool {
    !project.isEmpty && !project.hasPrefix(".") && !project.contains("/") && !isFolder(project + "/sql")
  }
}

extension Configuration {
  /// What the running `streampulse up` says of a setting in its data folder; nil when none runs.
  public func valueOfRunning(_ key: SettingKey) throws(ConfigurationError) -> String? {
    try EnvironmentFile.read(dataDirectory + "/env")?.entries.last { $0.key == key.rawValue }?.value
  }
}

/// The path of the running program, symbolic links resolved; nil when the system does not say.
public func runningExecutable() -> String? {
  guard let path = realpath("/proc/self/exe", nil) else { return nil }
  defer { free(path) }
  return String(cString: path)
}

/// The environment of this process. Call it before threads are started that might change it.
public func processEnvironment() -> [String: String] {
  var result: [String: String] = [:]
  var next = streampulse_environment()
  while let pointer = next, let entry = pointer.pointee {
    let text = String(cString: entry)
    if let split = text.firstIndex(of: "=") {
      result[String(text[..<split])] = String(text[text.index(after: split)...])
    }
    next = pointer + 1
  }
  return result
}

private func isFolder(_ path: String) -> Bool {
  var information = stat()
  return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
}

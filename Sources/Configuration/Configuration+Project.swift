import CProcess
import Glibc

extension Configuration {
  /// The folder with `sql/` and `schemas/`.
  ///
  /// Only the default is searched for: without `sql/` in the working directory, the folders two and three levels above
  /// the program's own, which is where `.build/release/streampulse` was built.
  ///
  /// - Parameter executable: the program's own path, symbolic links resolved.
  public func projectDirectory(executable: String? = runningExecutable()) throws(ConfigurationError) -> String {
    if isFolder(project + "/sql") { return project }
    if !isProjectExplicit, let executable {
      let folders = executable.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      for levels in [2, 3] where folders.count > levels {
        let folder = folders.dropLast(levels).joined(separator: "/")
        if isFolder(folder + "/sql") { return folder }
      }
    }
    throw ConfigurationError(
      location: SettingKey.project.rawValue, message: "there is no folder \(project)/sql",
      hint: "set it to the folder with sql/ and schemas/")
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

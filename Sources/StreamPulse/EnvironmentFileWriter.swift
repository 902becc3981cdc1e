import Configuration
import Glibc

/// The file `env` in the data folder: how to join in, readable by its owner only because it holds a password.
struct EnvironmentFileWriter {
  private let path: String

  /// Makes the folder if there is none, and those around it; fails when nothing can be written into it.
  static func prepare(folder: String) throws {
    makeFolders(above: folder)
    if mkdir(folder, 0o755) == 0 { return }
    if errno == EEXIST, access(folder + "/.", W_OK | X_OK) == 0 { return }
    let key = SettingKey.dataDirectory.rawValue
    throw ConfigurationError(
      location: key, message: "\(folder): \(String(cString: strerror(errno)))",
      hint: "set \(key) to a folder to write into")
  }

  /// Writes the file in one step: a reader sees all of it or none.
  init(folder: String, entries: [(key: String, value: String)]) throws {
    path = "\(folder)/env"
    let temporary = path + ".new"
    unlink(temporary)
    let text = entries.map { "\($0.key)=\($0.value)\n" }.joined()
    guard writeFile(temporary, text, O_EXCL, mode: 0o600) else { throw EnvironmentFileWriter.problem(temporary) }
    guard rename(temporary, path) == 0 else { throw EnvironmentFileWriter.problem(path) }
  }

  /// Nothing runs any more that it could lead to.
  func remove() {
    unlink(path)
  }

  private static func problem(_ path: String) -> ConfigurationError {
    ConfigurationError(location: path, message: String(cString: strerror(errno)))
  }
}

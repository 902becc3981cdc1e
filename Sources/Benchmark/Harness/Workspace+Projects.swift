import Glibc

/// Projects that a bench makes for itself, in the scratch folder.
extension Workspace {
  /// Makes the folders of a project that has the example's schemas and no definitions yet.
  func makeProject(_ folder: String) throws {
    for path in [folder, "\(folder)/sql", "\(folder)/sql/streams", "\(folder)/sql/aggregates"]
    where mkdir(path, 0o755) != 0 && errno != EEXIST {
      throw BenchmarkError.setup("\(path): \(String(cString: strerror(errno)))")
    }
    guard symlink(file("schemas"), "\(folder)/schemas") == 0 else {
      throw BenchmarkError.setup("\(folder)/schemas: \(String(cString: strerror(errno)))")
    }
  }

  func write(_ text: String, _ path: String) throws {
    guard let file = fopen(path, "w") else {
      throw BenchmarkError.setup("\(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    guard fputs(text, file) >= 0 else { throw BenchmarkError.setup("\(path) cannot be written") }
  }
}

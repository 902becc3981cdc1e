import Downloads
import Glibc
import Project

/// Projects that a bench makes for itself, in the scratch folder.
extension Workspace {
  /// Makes the folders of a project that has the example's schemas and no definitions yet.
  ///
  /// - Parameter kinds: of definitions, beside streams and aggregates.
  func makeProject(_ folder: String, _ kinds: String...) throws {
    for path in [folder, "\(folder)/sql"] + (["streams", "aggregates"] + kinds).map({ "\(folder)/sql/\($0)" })
    where mkdir(path, 0o755) != 0 && errno != EEXIST {
      throw BenchmarkError.setup("\(path): \(String(cString: strerror(errno)))")
    }
    guard symlink(file("schemas"), "\(folder)/schemas") == 0 || errno == EEXIST else {
      throw BenchmarkError.setup("\(folder)/schemas: \(String(cString: strerror(errno)))")
    }
  }

  /// The stream with the aggregates that what the engine does for an event is measured with, whatever else the example
  /// project has.
  func measuredStream() throws -> Stream {
    let folder = "\(self.folder)/measured"
    try makeProject(folder)
    try write(try definition("streams", of: stream.name), "\(folder)/sql/streams/\(stream.name).sql")
    for name in ShippedProject.measuredAggregates {
      try write(try definition("aggregates", of: name), "\(folder)/sql/aggregates/\(name).sql")
    }
    guard let measured = try Project(folder: folder).stream(named: stream.name) else {
      throw BenchmarkError.setup("\(folder) has no stream \(stream.name)")
    }
    return measured
  }

  func write(_ text: String, _ path: String) throws {
    guard let file = fopen(path, "w") else {
      throw BenchmarkError.setup("\(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    guard fputs(text, file) >= 0 else { throw BenchmarkError.setup("\(path) cannot be written") }
  }
}

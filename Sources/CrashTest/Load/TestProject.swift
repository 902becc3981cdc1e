import ChildProcess
import Glibc
import Plan
import Project

/// A definition of the test's own.
struct ProjectFile {
  /// Inside of the project's folder.
  var path: String
  var text: String
}

/// The project under test: a copy of the given one, with streams of the test's own beside those that it has, and what is
/// sent to them.
struct TestProject {
  let folder: String
  let project: Project
  /// The topics of these are different, and those of streams that are not loaded are not among them.
  let loads: [any TopicLoad]

  /// Tables of reference data of the test's own.
  var tables: [JoinedTable] { loads.flatMap(\.tables) }

  /// Streams of the given project that nothing is sent to: the test knows no events for them.
  var silent: [String] {
    project.streams.map(\.name).filter { name in !loads.contains { $0.streams.contains(name) } }
  }

  /// - Parameters:
  ///   - original: the folder of `project`, with `sql/` and `schemas/`.
  ///   - folder: of the copy; must not be there yet.
  init(copying original: String, of project: Project, to folder: String) throws {
    var (loads, definitions) = TestProject.downloads(project, original)
    definitions += TripLoad.definitions + RequestLoad.definitions
    loads += [TripLoad(), RequestLoad()]
    self.folder = folder
    self.loads = loads
    try TestProject.copy(original, to: folder)
    for definition in definitions { try TestProject.write(definition, in: folder) }
    self.project = try Project(folder: folder)
  }

  /// The loads of the project's own streams of downloads, and a further stream of one of their topics.
  private static func downloads(_ project: Project, _ folder: String) -> ([any TopicLoad], [ProjectFile]) {
    var loads: [DownloadLoad] = []
    var definitions: [ProjectFile] = []
    var topics: Set<String> = []
    for stream in project.streams {
      let topic = stream.plan.definition.topic
      guard let file = stream.plan.definition.schemaFile, !topics.contains(topic) else { continue }
      let schema = readText("\(folder)/schemas/\(file)", limit: 64 << 20)
      guard DownloadLoad.fits(schema) else { continue }
      topics.insert(topic)
      var streams = project.streams.map(\.plan.definition).filter { $0.topic == topic && $0.schemaFile == file }
        .map(\.name)
      if loads.isEmpty {
        streams.append(DownloadLoad.secondStreamName)
        definitions += DownloadLoad.secondStream(of: topic, schemaFile: file)
      }
      loads.append(
        DownloadLoad(
          name: loads.isEmpty ? "downloads" : "downloads_\(loads.count + 1)", topic: topic, streams: streams,
          schemaJSON: schema))
    }
    return (loads, definitions)
  }

  private static func copy(_ original: String, to folder: String) throws {
    for path in [
      folder, folder + "/sql", folder + "/sql/streams", folder + "/sql/aggregates", folder + "/sql/references",
    ] {
      guard mkdir(path, 0o755) == 0 else { throw CrashTestError.setup("\(path): \(lastSystemError())") }
    }
    let parts = ["sql", "schemas"].map { original + "/" + $0 }.filter { path in access(path, F_OK) == 0 }
    let (status, output) = try ChildProcess.run(
      Launch(executable: "/bin/cp", arguments: ["-RL"] + parts + [folder]), timeoutMilliseconds: 60_000)
    guard status.isSuccess else { throw CrashTestError.setup("\(original) cannot be copied: \(output)") }
  }

  private static func write(_ definition: ProjectFile, in folder: String) throws {
    let path = "\(folder)/\(definition.path)"
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw CrashTestError.setup("\(path): \(lastSystemError())") }
    defer { close(file) }
    let bytes = Array(definition.text.utf8)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
      throw CrashTestError.setup("\(path): \(lastSystemError())")
    }
  }
}

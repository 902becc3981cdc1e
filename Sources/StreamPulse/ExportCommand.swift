import Configuration
import FlinkDialect
import Glibc
import Project
import Spelling

/// `streampulse export flink`: exit status 0 when the folder was written, 1 when something is refused.
func export(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  guard parsed.positional[0] == "flink" else {
    throw parsed.error("there is no export to \(parsed.positional[0])", hint: "write export flink")
  }
  let project = try context.loadProject(SubjectSchemas(context, .look))
  let without = try parsed.leftOut(of: project)
  let export = try flinkExport(context, project, without: without)
  let folder = parsed.string("out") ?? "flink"
  try write(export.files, to: folder)
  for remark in export.remarks { print("note: \(remark)") }
  print("wrote \(folder): \(export.files.map(\.path).joined(separator: ", "))")
  print("next: read \(folder)/README.md")
  flushOutput()
  return 0
}

extension ParsedCommand {
  /// The aggregates that `--without` names.
  func leftOut(of project: Project) throws -> Set<String> {
    let without = Set((string("without") ?? "").split(separator: ",").map(String.init))
    let names = project.aggregates.map(\.name)
    for name in without.sorted() where !names.contains(name) {
      let nearest = suggestion(for: name, among: names)
      throw error(
        "--without: there is no aggregate \(name)", hint: "\(nearest)there are \(names.joined(separator: ", "))")
    }
    return without
  }
}

/// - Parameter beginnings: of streams, by their names, that go on where our processors have stopped.
func flinkExport(
  _ context: CommandContext, _ project: Project, without: Set<String>, beginnings: [String: FlinkBeginning] = [:]
) throws -> FlinkExport {
  let title = try context.projectName().text
  do throws(FlinkRefusals) {
    return try FlinkExport(
      project.streams.map { FlinkExport.Stream(plan: $0.plan, layout: $0.layout, beginning: beginnings[$0.name]) },
      project: title, without: without)
  } catch {
    throw ProjectError.definitions(
      error.refusals.map { project.refusal(of: $0.subject, near: $0.word, message: $0.message, hint: $0.hint) })
  }
}

func write(_ files: [FlinkExport.File], to folder: String) throws {
  makeFolders(above: folder)
  guard mkdir(folder, 0o755) == 0 || errno == EEXIST && isEmpty(folder) else {
    let reason = errno == EEXIST ? "is there already, and not empty" : String(cString: strerror(errno))
    throw ConfigurationError(location: folder, message: reason, hint: "choose another folder with --out")
  }
  var written: [String] = []
  for file in files {
    let path = "\(folder)/\(file.path)"
    guard writeFile(path, file.text, O_EXCL), !file.isProgram || chmod(path, 0o755) == 0 else {
      let reason = String(cString: strerror(errno))
      // Nothing is left half.
      for path in written + [path] { unlink(path) }
      throw ConfigurationError(location: path, message: reason)
    }
    written.append(path)
  }
}

/// Whether it is a folder without anything in it.
private func isEmpty(_ folder: String) -> Bool {
  guard let directory = opendir(folder) else { return false }
  defer { closedir(directory) }
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { return false }
  }
  errno = EEXIST
  return true
}

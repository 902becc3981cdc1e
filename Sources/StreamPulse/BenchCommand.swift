import Benchmark
import Configuration
import Glibc
import Project

/// `streampulse bench`
func bench(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let project = try context.loadProject()
  let schema = try schemaText(context, project)
  let figures = try EngineBench(project: project, schemaJSON: schema, events: 1_000_000, rounds: 7).run()
  for figure in figures {
    print(
      "\(figure.bench) \(figure.ours) \(figure.unit) limit \(figure.limit ?? 0) ratio \(figure.ratio ?? 0) \(figure.isMet) \(figure.spread)"
    )
  }
  return figures.allSatisfy(\.isMet) ? 0 : 1
}

private func schemaText(_ context: CommandContext, _ project: Project) throws -> String {
  let path = try context.configuration.projectDirectory() + "/schemas/" + project.stream.plan.definition.schemaFile
  guard let file = fopen(path, "r") else {
    throw ConfigurationError(location: path, message: String(cString: strerror(errno)))
  }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 20)
  let count = fread(&bytes, 1, bytes.count, file)
  return String(decoding: bytes.prefix(count), as: UTF8.self)
}

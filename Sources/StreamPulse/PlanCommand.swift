import Configuration
import Glibc
import Postgres
import Storage
import TextFiles

/// `streampulse plan`: exit status 0 when `migrate` would do all of it, 1 when it would refuse something.
func plan(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let project = try context.loadProject(SubjectSchemas(context, .migration))
  let connection = try PostgresConnection(context.database().with("application_name", "streampulse plan"))
  defer { connection.close() }
  let plan = try Migrator(connection) { context.observe($0) }.plan(project, as: context.projectName())
  if let path = parsed.string("out") { try PlanFile.write(plan, path) }
  print(parsed.flag("json") ? plan.json : plan.page)
  flushOutput()
  return plan.isPossible ? 0 : 1
}

/// A plan that `plan --out` wrote and `migrate --plan` follows.
enum PlanFile {
  static func read(_ path: String) throws -> MigrationPlan {
    do {
      guard let text = try TextFile.read(path) else { throw StorageError.definition("there is no such file") }
      return try MigrationPlan(json: text)
    } catch {
      throw StorageError.definition("\(path): \(error)\n  hint: streampulse plan --out \(path) writes a plan")
    }
  }

  static func write(_ plan: MigrationPlan, _ path: String) throws {
    guard writeFile(path, plan.json + "\n", O_TRUNC) else {
      throw StorageError.definition("\(path): \(String(cString: strerror(errno)))")
    }
  }
}

extension MigrationPlan {
  /// For a terminal: a line for each object, what differs below it, and a verdict.
  var page: String {
    (lines(of: Set(MigrationPlan.Effect.allCases)) + [verdict]).joined(separator: "\n")
  }

  /// A line for each object to which that happens, and what differs below it.
  /// - Parameter settled: effects that whoever asks will bring about, so that nobody has to be told how.
  func lines(of effects: Set<MigrationPlan.Effect>, settled: Set<MigrationPlan.Effect> = []) -> [String] {
    let steps = steps.filter { effects.contains($0.effect) }
    let names = steps.map { $0.name.isEmpty ? $0.subject.rawValue : "\($0.subject.rawValue) \($0.name)" }
    let width = names.map(\.count).max() ?? 0
    var lines: [String] = []
    for (name, step) in zip(names, steps) {
      let effect = step.subject == .table ? "left alone" : step.effect.rawValue
      lines.append(name + String(repeating: " ", count: width - name.count) + "  " + effect)
      for change in step.changes { lines.append("  " + change.replacing("\n", with: "\n  ")) }
      if let advice = step.advice, !settled.contains(step.effect) { lines.append("    hint: \(advice)") }
    }
    return lines
  }

  private var verdict: String {
    if isEmpty { return "nothing to do" }
    guard isPossible else { return "migrate would refuse this; nothing was changed" }
    let count = steps.count { $0.effect != .nothing }
    return "migrate would change \(counted(count, "object")); nothing was changed"
  }
}

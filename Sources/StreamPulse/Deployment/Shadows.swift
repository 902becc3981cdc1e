import Postgres
import Project
import Storage

/// Why shadows cannot begin or end as they were asked to.
struct ShadowError: Error, CustomStringConvertible {
  var description: String
}

/// Changed aggregates beside the present ones: both are fed by the same events, until one of them is given up.
struct Shadows {
  private let context: CommandContext
  private let database: ConnectionSettings
  /// What is in force; nil: nothing is.
  private let current: ProjectFiles?

  init(_ context: CommandContext, _ database: ConnectionSettings) throws {
    self.context = context
    self.database = database
    let connection = try PostgresConnection(database)
    defer { connection.close() }
    let deployments = Deployments(connection)
    current = try deployments.current().flatMap { try deployments.files(of: $0.number) }
  }

  private var names: [String] { current.map { ShadowFiles($0).names } ?? [] }

  /// Another definition would take their aggregates away, and leave their tables behind.
  func refuseWhileThereAre() throws(ShadowError) {
    guard !names.isEmpty else { return }
    throw ShadowError(
      description: "there are shadows of \(names.joined(separator: ", "))\n"
        + "  hint: end them first: streampulse deploy --promote, or --discard")
  }

  /// Puts what is in force in force with shadows of all aggregates that the folder defines otherwise, filled with what the
  /// topic holds.
  func begin(_ deployment: inout Deployment) throws -> Deployment.Outcome {
    try refuseWhileThereAre()
    guard let current else {
      throw ShadowError(
        description: "no definitions are in force, beside which there could be others\n  hint: run streampulse deploy")
    }
    let subjects = SubjectSchemas(context, .migration)
    let changed = try context.loadProject(subjects)
    let besides = try plan(changed).steps.filter { $0.subject == .aggregate && $0.effect == .beside }.map(\.name)
    guard !besides.isEmpty else {
      throw ShadowError(
        description: "no aggregate has changed in what its rows mean, so there is nothing to compare\n"
          + "  hint: streampulse deploy puts other changes in force")
    }
    let files = ShadowFiles(current).adding(Set(besides), from: changed.files)
    let project: Project
    do throws(ProjectError) {
      project = try Project(ProjectFiles(files, name: "the project with shadows"), lookup: subjects.lookup)
    } catch {
      throw ShadowError(
        description: "\(error)\n  hint: a shadow reads the streams that are in force; deploy their changes first")
    }
    deployment.filled = Set(besides.map { $0 + ShadowFiles.suffix })
    let outcome = try deployment.run(project, subjects)
    if case .done = outcome {
      for name in besides { deployment.say("compare them: streampulse compare \(name) \(name)\(ShadowFiles.suffix)") }
    }
    return outcome
  }

  /// Makes the present rows anew with the shadows' definitions, and takes the shadows away.
  func promote(_ deployment: Deployment) throws -> Deployment.Outcome {
    let (current, former) = try running()
    let subjects = SubjectSchemas(context, .work)
    let files = ProjectFiles(ShadowFiles(current).promoted, name: "the promoted project")
    let shadows = Set(names.map { $0 + ShadowFiles.suffix })
    var deployment = deployment
    deployment.removed = former.aggregates.filter { shadows.contains($0.name) }
    return try deployment.run(Project(files, lookup: subjects.lookup), subjects)
  }

  /// Takes the shadows away.
  func discard() throws -> Deployment.Outcome {
    let (current, former) = try running()
    let files = ProjectFiles(ShadowFiles(current).withoutShadows, name: "the project without shadows")
    return try remove(of: former, for: Project(files, lookup: SubjectSchemas(context, .work).lookup))
  }

  private func running() throws -> (ProjectFiles, Project) {
    guard let current, !names.isEmpty else {
      throw ShadowError(description: "there are no shadows\n  hint: streampulse deploy --shadow makes them")
    }
    return (current, try context.deployed(current))
  }

  private func remove(of former: Project, for next: Project) throws -> Deployment.Outcome {
    let connection = try PostgresConnection(database.with("application_name", "streampulse deploy"))
    defer { connection.close() }
    let observe = context.observe
    let migrator = Migrator(connection) { observe($0) }
    try migrator.remove(Set(names.map { $0 + ShadowFiles.suffix }), of: former, for: next)
    return .done(version: try Deployments(connection).current()?.number ?? 0)
  }

  private func plan(_ project: Project) throws -> MigrationPlan {
    let connection = try PostgresConnection(database.with("application_name", "streampulse deploy"))
    defer { connection.close() }
    return try Migrator(connection) { _ in }.plan(project, as: context.projectName())
  }
}

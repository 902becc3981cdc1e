import Configuration
import JSON
import Kafka
import Postgres
import Project
import Storage
import Threads

/// `streampulse dev`: applies the project's files whenever one of them is saved, and keeps what has become of them. Belongs
/// to the main thread, but for the status.
final class Development {
  private let context: CommandContext
  private let folder: String
  private let status = Monitor(DevelopmentStatus())
  /// As they were last applied or refused.
  private var seen: [String: FileState] = [:]
  /// As they were at the last look: somebody may be about to save another one.
  private var last: [String: FileState] = [:]
  /// A signal that came while something was applied.
  private var signal: String?

  init(_ context: CommandContext) throws {
    self.context = context
    folder = try context.configuration.projectDirectory()
  }

  /// What `/health` tells who works on this machine.
  var report: @Sendable () -> JSONValue {
    let status = status
    return { status.read { $0.json } }
  }

  /// The project of the folder, as soon as nothing is wrong with it.
  ///
  /// - Returns: nil: a signal came first.
  func awaitProject(_ subjects: SubjectSchemas) throws -> Project? {
    while true {
      seen = FileState.all(inProject: folder)
      last = seen
      do {
        return try load(subjects)
      } catch let error as ProjectError {
        refuse(error)
        say("waiting for files in \(folder) to be saved; Ctrl-C ends it")
      }
      while FileState.all(inProject: folder) == seen {
        if Signals.wait(milliseconds: 200) != nil { return nil }
      }
    }
  }

  private func load(_ subjects: SubjectSchemas) throws -> Project {
    let review = try ProjectReview(folder: folder, lookup: subjects.lookup)
    guard review.errors.isEmpty else { throw ProjectError.definitions(review.errors) }
    return try Project(review)
  }

  /// Applies a project for the first time.
  func begin(
    _ project: Project, _ subjects: SubjectSchemas, _ kafka: KafkaConfiguration, _ database: ConnectionSettings
  )
    throws
  {
    switch try deployment(kafka, database).run(project, subjects) {
    case .unchanged, .done: status.update { $0.state = .applied }
    case .refused(let reasons): throw StorageError.definition(reasons.joined(separator: "\n"))
    }
    say("watching \(folder)/sql and \(folder)/schemas")
  }

  /// Applies the files when they have been saved since the last time. To be called several times a second.
  ///
  /// - Returns: the signal that came meanwhile.
  func look(_ kafka: KafkaConfiguration, _ database: ConnectionSettings) -> String? {
    let found = FileState.all(inProject: folder)
    defer { last = found }
    // Editors write several files, or one of them in several steps.
    guard found != seen, found == last else { return nil }
    seen = found
    do {
      // Each time anew: it keeps what it has fetched.
      let subjects = SubjectSchemas(context, .migration) { try $0(database) }
      let project = try load(subjects)
      try Shadows(context, database).refuseWhileThereAre()
      status.update { $0.state = .applying }
      switch try deployment(kafka, database).run(project, subjects) {
      case .unchanged: say("saved: nothing has changed")
      case .done(let version): say("saved: version \(version) of the definitions is in force")
      case .refused(let reasons): throw StorageError.definition(reasons.joined(separator: "\n"))
      }
      status.update { status in
        status.state = .applied
        status.faults = []
      }
    } catch {
      if signal == nil { refuse(error) }
    }
    return signal
  }

  private func deployment(_ kafka: KafkaConfiguration, _ database: ConnectionSettings) -> Deployment {
    var deployment = Deployment(context: context, database: database, kafka: { kafka }, say: { say($0) })
    // Rows are wanted at once: the newest events alone would leave a chart empty for a while.
    deployment.fillsNew = true
    deployment.isInterrupted = { [self] in
      signal = signal ?? Signals.wait(milliseconds: 0)
      return signal != nil
    }
    return deployment
  }

  private func refuse(_ error: any Error) {
    fail("\(error)")
    let faults = DevelopmentStatus.Fault.all(of: error)
    status.update { status in
      status.state = .failed
      status.faults = faults
    }
  }
}

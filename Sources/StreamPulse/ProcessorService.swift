import Observability
import Pipeline
import Postgres
import Project
import Threads

/// A processor and its watch on threads of their own.
final class ProcessorService: Sendable {
  let processor: Processor
  private let watch: Watch
  private let threads: [WorkerThread]
  private let outcome: Monitor<Outcome>

  private struct Outcome: Sendable {
    var isOver = false
    var error: PipelineError?
  }

  /// Starts it. The database must have been migrated.
  init(_ context: CommandContext, _ project: Project, _ settings: ProcessorSettings) throws {
    try Migrator.verify(project.stream.plan, PostgresConnection(settings.database))
    let observer = context.observer
    let processor = Processor(project.stream, settings: settings) { observer.observe($0) }
    let watch = Watch(
      project, topic: settings.topic, database: settings.database.with("application_name", "streampulse watch"),
      status: processor.status
    ) { observer.observe($0) }
    let outcome = Monitor(Outcome())
    self.processor = processor
    self.watch = watch
    self.outcome = outcome
    threads = [
      try WorkerThread(name: "worker") {
        var problem: PipelineError?
        do throws(PipelineError) {
          try processor.run()
        } catch {
          problem = error
        }
        outcome.update {
          $0.isOver = true
          $0.error = problem
        }
      },
      try WorkerThread(name: "watch") { watch.run() },
    ]
  }

  /// Whether it has ended, by itself or because it was stopped.
  var isOver: Bool { outcome.read { $0.isOver } }

  /// Why it ended by itself.
  var error: PipelineError? { outcome.read { $0.error } }

  /// Commits what has been read, leaves the group and waits for both threads.
  func stop() {
    processor.stop()
    watch.stop()
    for thread in threads { thread.join() }
  }
}

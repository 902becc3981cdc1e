import JSON
import Plan
import Postgres
import Project
import Threads

/// Runs tests of a project's definitions through the product itself: the worker, the sink's transaction, the watch and the
/// endpoints' statements, over a schema of its own. Without Kafka; the only clock is the test's.
///
/// For one thread.
public final class TestRunner {
  private let project: Project
  private let schema: ScratchSchema

  /// Makes the schema, in which the tests run one after the other.
  ///
  /// - Parameter database: may be anybody's; nothing of it is touched but the schema, which `close` drops.
  public init(_ project: Project, database: ConnectionSettings) throws {
    self.project = project
    self.schema = try ScratchSchema(database, for: project)
  }

  /// Drops the schema.
  public func close() { schema.close() }

  /// Runs one test from an empty schema.
  public func run(_ test: TestPlan) -> TestOutcome {
    let started = Clock.monotonic()
    var failures: [TestOutcome.Failure] = []
    var place = test.steps.first?.place ?? FilePlace(path: test.path, line: 1, column: 1)
    do {
      let run = try TestRun(test, project, schema)
      for step in test.steps {
        place = step.place
        failures += try run.perform(step)
      }
      failures += try run.unexpectedDeadLetters()
    } catch let error as TestRunError {
      failures.append(TestOutcome.Failure(place: error.place ?? place, message: error.description, lines: []))
    } catch {
      failures.append(TestOutcome.Failure(place: place, message: "\(error)", lines: []))
    }
    let seconds = Double(Clock.monotonic() - started) / 1_000_000
    return TestOutcome(test: test, failures: failures, seconds: seconds)
  }
}

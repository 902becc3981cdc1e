import Dataflow
import Dialects
import EngineSchema
import Events
import Plan
import Postgres
import SQLQuoting
import Storage
import Synchronization

@testable import PostgresOracle
@testable import ProcessingTestSupport

/// What is different and should not be.
struct Difference: CustomStringConvertible {
  /// Counts into the trial's definitions; nil: of the stream as a whole.
  var definition: Int?
  var text: String

  var description: String { text }
}

/// Postgres: it holds the rows that the engine makes, and computes the same of the events.
final class Judge {
  /// Of all trials: none of them leaves anything behind.
  private static let database = Result {
    let settings = try TestCluster.makeDatabase()
    let connection = try PostgresConnection(settings)
    defer { connection.close() }
    try connection.execute("SET client_min_messages = 'warning'")
    for file in EngineSchema.files { try connection.execute(file.text) }
    return settings
  }

  private static let number = Atomic(0)

  private let connection: PostgresConnection
  /// Where a trial's tables are made, until it is rolled back: whoever makes a schema of the same name meanwhile waits.
  private let schema: String

  init() throws {
    schema = "trial_\(Judge.number.wrappingAdd(1, ordering: .relaxed).newValue)"
    connection = try PostgresConnection(Judge.database.get())
    // Statements are run once: what a compiler would gain by them is less than it takes. And what is planned for the values
    // of one event evaluates branches that the event does not take.
    try connection.execute(
      """
      SET TIME ZONE 'UTC'; SET extra_float_digits = 1; SET client_min_messages = 'warning'; SET jit = off;
      SET plan_cache_mode = force_generic_plan
      """)
  }

  deinit { connection.close() }

  /// What differs between what the engine makes of the trial and what Postgres does.
  ///
  /// - Parameter fault: what the engine is to do wrong.
  func differences(of trial: Trial, with fault: PlantedFault? = nil) throws -> (
    differences: [Difference], refusals: [String]
  ) {
    let (plan, taken, refusals) = try trial.planned()
    let faulty = fault.map { $0.planted(in: plan) } ?? plan
    // Definitions that a fault does not touch cannot show it.
    let shown = plan.aggregates.indices.filter {
      fault?.isInStatements ?? true || faulty.aggregates[$0] != plan.aggregates[$0]
    }
    guard !shown.isEmpty else { return ([], refusals) }
    var (right, wrong) = (plan, faulty)
    right.aggregates = shown.map { plan.aggregates[$0] }
    wrong.aggregates = shown.map { faulty.aggregates[$0] }
    let definitions = shown.compactMap { number in taken.first { $0.name == plan.aggregates[number].name } }
    let run = try EngineRun(wrong, trial)
    try connection.execute("BEGIN; CREATE SCHEMA \(schema); SET LOCAL search_path = \(schema), public")
    defer { try? connection.execute("ROLLBACK") }
    let comparison = TrialComparison(
      connection: connection, trial: trial, plan: right, written: wrong, definitions: definitions, run: run,
      fault: fault)
    let found = try comparison.differences()
    let positions = definitions.map { definition in trial.definitions.firstIndex { $0.name == definition.name } }
    return (
      found.map { Difference(definition: $0.definition.flatMap { positions[$0] }, text: $0.text) }, refusals
    )
  }
}

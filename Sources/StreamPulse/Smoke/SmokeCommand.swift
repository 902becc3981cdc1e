import Audit
import Configuration
import Glibc
import JSON
import Kafka
import Postgres
import Project
import Storage
import Threads

/// `streampulse smoke`: asks the running system six questions, and sends marked events through a copy of the project on the
/// same brokers and in the same database, of which nothing is left. Exit status 0 when nothing fails.
func smoke(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let isJSON = parsed.flag("json")
  var checks: [SmokeCheck] = []
  func add(_ found: [SmokeCheck]) {
    checks += found
    guard !isJSON else { return }
    for check in found { print(check.page) }
    flushOutput()
  }
  let events = try parsed.integer("events", in: 1...100_000) ?? 300
  let project = try context.loadProject()
  let system = SmokeSystem(
    context: context, project: project, sources: try context.sources(of: project), kafka: try context.kafka(),
    database: try context.database().with("application_name", "streampulse smoke"))
  RunningSystem(system, address: parsed.string("url")).ask(add)
  if parsed.flag("no-events") {
    add([SmokeCheck(name: SmokeCheck.copyRows, outcome: .skipped, detail: "--no-events")])
  } else {
    CopiedSystem.ask(system, events: events, add)
  }
  let failed = checks.count { $0.outcome == .failed }
  let skipped = checks.count { $0.outcome == .skipped }
  if isJSON {
    print(
      JSONValue.object([
        JSONMember("passed", .bool(failed == 0)), JSONMember("checks", .array(checks.map(\.json))),
      ]).text)
  } else {
    print(
      "\(counted(checks.count, "check")): \(checks.count - failed - skipped) passed, \(failed) failed, \(skipped) skipped"
    )
  }
  flushOutput()
  return failed == 0 ? 0 : 1
}

/// What `smoke` looks at.
struct SmokeSystem {
  var context: CommandContext
  var project: Project
  var sources: [StreamSource]
  var kafka: KafkaConfiguration
  var database: ConnectionSettings

  /// Servers that are silent for so long are away.
  static let patienceMilliseconds: Int32 = 5_000

  /// Asks again and again until it is true.
  ///
  /// - Returns: false when it was not within that time.
  static func wait(microseconds: Int64, until isTrue: () throws -> Bool) throws -> Bool {
    let deadline = Clock.monotonic() + microseconds
    while try !isTrue() {
      guard Clock.monotonic() < deadline else { return false }
      usleep(50_000)
    }
    return true
  }
}

extension VerificationReport {
  /// What contradicts the books first; nil: nothing does.
  var contradiction: String? {
    checks.first { !$0.holds }.map { "\($0.name): \($0.violations.first ?? "")" }
  }
}

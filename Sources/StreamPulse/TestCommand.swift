import Configuration
import Glibc
import Plan
import Postgres
import Project
import Spelling
import TestRunner

/// `streampulse test`: exit status 0 only when all tests pass.
func test(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let session = try TestSession(context, parsed)
  defer { session.close() }
  guard parsed.flag("watch") else { return try session.run() ? 0 : 1 }
  return session.watch()
}

/// The database that tests run in, for one run or for as long as somebody watches.
private final class TestSession {
  private static let pollMilliseconds = 250

  private let context: CommandContext
  private let folder: String
  private let names: [String]
  private let reportFile: String?
  private let database: ConnectionSettings
  private let cluster: PrivateCluster?

  init(_ context: CommandContext, _ parsed: ParsedCommand) throws {
    self.context = context
    folder = try context.configuration.projectDirectory()
    names = parsed.positional
    reportFile = parsed.string("junit")
    let configuration = context.configuration
    if case .unconfigured = configuration.database, try configuration.valueOfRunning(.databaseURL) == nil {
      // Kept for the next time: to make one takes longer than the tests.
      let own = try PrivateCluster(
        folder: configuration.dataDirectory + "/test", options: PrivateCluster.Options(isDurable: false))
      cluster = own
      database = own.settings
    } else {
      cluster = nil
      database = try context.database()
    }
  }

  func close() { cluster?.stop() }

  /// - Returns: whether all tests have passed.
  func run() throws -> Bool {
    let review = try ProjectReview(folder: folder, lookup: SubjectSchemas(context, .look).lookup)
    let tests = try TestFolder(in: folder, of: review)
    let errors = review.errors + tests.errors
    guard errors.isEmpty else { throw ProjectError.definitions(errors) }
    let chosen = try choose(from: tests.tests)
    let runner = try TestRunner(Project(review), database: database)
    defer { runner.close() }
    var outcomes: [TestOutcome] = []
    for test in chosen {
      let outcome = runner.run(test)
      outcomes.append(outcome)
      show(outcome)
    }
    print(verdict(outcomes))
    flushOutput()
    if let reportFile { try write(junitReport(of: outcomes), to: reportFile) }
    return outcomes.allSatisfy(\.passed)
  }

  /// Runs the tests again whenever a file of the project has changed, until a signal comes.
  func watch() -> Int32 {
    var seen: [String: FileState] = [:]
    while true {
      let found = FileState.all(inProject: folder)
      if found != seen {
        seen = found
        do {
          _ = try run()
        } catch {
          fail("\(error)")
        }
        say("watching \(folder)/sql; Ctrl-C ends it")
      }
      if Signals.wait(milliseconds: TestSession.pollMilliseconds) != nil { return 0 }
    }
  }

  private func choose(from tests: [TestPlan]) throws -> [TestPlan] {
    guard !tests.isEmpty else {
      throw ConfigurationError(
        location: "\(folder)/sql/tests", message: "there are no tests", hint: "see \"Tests\" in docs/tooling.md")
    }
    for name in names where !tests.contains(where: { $0.name == name }) {
      let known = tests.map(\.name)
      let nearest = suggestion(for: name, among: known)
      throw UsageError(
        message: "there is no test \(name)", hint: "\(nearest)tests are \(known.joined(separator: ", "))")
    }
    return names.isEmpty ? tests : tests.filter { names.contains($0.name) }
  }
}

private func show(_ outcome: TestOutcome) {
  let comment = outcome.test.comment.isEmpty ? "" : ": \(outcome.test.comment)"
  print("\(outcome.passed ? "ok  " : "FAIL") \(outcome.test.name)\(comment)")
  for failure in outcome.failures {
    print(failure.text.split(separator: "\n").map { "     " + $0 }.joined(separator: "\n"))
  }
}

private func verdict(_ outcomes: [TestOutcome]) -> String {
  let failed = outcomes.count { !$0.passed }
  let seconds = Int((outcomes.reduce(0) { $0 + $1.seconds } * 1000).rounded())
  let passed = failed == 0 ? "passed" : "\(failed) FAILED"
  return "\(counted(outcomes.count, "test")), \(passed), in \(seconds) ms"
}

private func write(_ text: String, to path: String) throws {
  guard let file = fopen(path, "w") else {
    throw ConfigurationError(
      location: "--junit", message: "\(path) cannot be written: \(String(cString: strerror(errno)))")
  }
  defer { fclose(file) }
  let bytes = Array(text.utf8)
  guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
    throw ConfigurationError(
      location: "--junit", message: "\(path) cannot be written: \(String(cString: strerror(errno)))")
  }
}

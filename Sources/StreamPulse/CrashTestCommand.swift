import Configuration
import CrashTest
import Processing
import Threads

/// `streampulse crashtest`: exit status 0 only when no row differs.
func crashTest(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  guard let executable = runningExecutable() else {
    throw ConfigurationError(location: "/proc/self/exe", message: "the program's own path is not known")
  }
  let options = try crashTestOptions(parsed)
  let isInterrupted = Monitor(false)
  let test = try CrashTest(
    options, project: context.loadProject(), projectFolder: context.configuration.projectDirectory(),
    executable: executable, environment: childEnvironment(context.configuration), say: say,
    isInterrupted: { isInterrupted.read { $0 } })
  do {
    let report = try Signals.requesting({ isInterrupted.update { $0 = true } }, during: test.run)
    print(report.table)
    if report.passed { test.removeFolder() } else { print("everything is kept in \(test.folder)") }
    print(report.verdict)
    return report.passed ? 0 : 1
  } catch CrashTestError.interrupted {
    test.removeFolder()
    print("crash test interrupted; seed \(options.seed)")
    return 130
  } catch {
    print("everything is kept in \(test.folder)")
    print("crash test failed: \(error); seed \(options.seed)")
    return 1
  }
}

private func crashTestOptions(_ parsed: ParsedCommand) throws -> CrashTest.Options {
  let minutes = try parsed.number("minutes", in: 0.05...1440) ?? 10
  let interval = try parsed.number("every", in: 0.1...600) ?? 5
  return CrashTest.Options(
    seed: UInt64(try parsed.integer("seed", in: 0...Int.max) ?? Int.random(in: 0..<1_000_000_000)),
    durationMilliseconds: Int(minutes * 60_000), processors: try parsed.integer("processors", in: 1...4) ?? 3,
    faultIntervalMilliseconds: Int(interval * 1000),
    eventsPerSecond: try parsed.number("rate", in: 1...1_000_000) ?? 5_000,
    kafkaCommand: parsed.string("kafka-command"),
    processArguments: try parsed.plantedBug().map { ["--planted-bug", $0.rawValue] } ?? [])
}

extension ParsedCommand {
  /// From the hidden option of `process` and `crashtest`.
  func plantedBug() throws(UsageError) -> PlantedBug? {
    guard let name = string("planted-bug") else { return nil }
    guard let bug = PlantedBug(rawValue: name) else { throw error("there is no planted bug \(name)") }
    return bug
  }
}

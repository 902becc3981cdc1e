import Benchmark
import Configuration
import Glibc
import Kafka
import Observability
import Project
import Threads

/// `streampulse bench`: exit status 0 only when every goal is met.
func bench(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let name = parsed.positional.first ?? "all"
  let events = try parsed.integer("events", in: 100_000...100_000_000)
  if let part = BenchPart(rawValue: name) { return try part.run(context, events: events ?? 0) }
  let benches = name == "all" ? Bench.allCases : Bench(rawValue: name).map { [$0] }
  guard let benches else {
    let names = (["all"] + Bench.allCases.map(\.rawValue)).joined(separator: ", ")
    throw parsed.error("there is no bench \(name)", hint: "there are \(names)")
  }
  let options = BenchmarkSuite.Options(
    rounds: try parsed.integer("rounds", in: 1...100) ?? 5, events: events ?? 2_000_000,
    minutes: try parsed.number("minutes", in: 0.1...1440) ?? 10,
    flushIntervalMilliseconds: context.configuration.engine.flushIntervalMilliseconds)
  let workspace = try makeWorkspace(context, context.loadProject())
  defer { workspace.remove() }
  let cluster = context.configuration.kafka.bootstrapServers == nil ? nil : try context.kafka()
  return try Signals.requesting(Interruption.request) {
    run(benches, BenchmarkSuite(workspace, cluster: cluster, options), asJSON: parsed.flag("json"))
  }
}

/// Runs one bench after the other and prints what they found. One that fails does not keep the others from running.
private func run(_ benches: [Bench], _ suite: BenchmarkSuite, asJSON: Bool) -> Int32 {
  var figures: [Figure] = []
  var notes: [String] = []
  var status: Int32 = 0
  loop: for bench in benches {
    say("bench \(bench.rawValue) …")
    do {
      let report = try suite.run(bench)
      figures += report.figures
      notes += report.notes
      if asJSON {
        for figure in report.figures { print(figure.json(date: isoDate())) }
        flushOutput()
      }
    } catch BenchmarkError.interrupted {
      status = 130
      break loop
    } catch {
      status = 1
      fail("bench \(bench.rawValue): \(error)")
    }
  }
  if !asJSON, !figures.isEmpty {
    notes.append("load average \(loadAverage()), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, \(isoDate())")
    print(([Figure.table(figures), ""] + notes).joined(separator: "\n"))
  }
  return status == 0 && !figures.allSatisfy(\.isMet) ? 1 : status
}

/// The parts of a bench that run in processes of their own; not for people.
private enum BenchPart: String {
  case bareLoop = "bare-loop"
  case bareJoin = "bare-join"
  case constantRoute = "constant-route"
  case keyMemory = "key-memory"

  func run(_ context: CommandContext, events: Int) throws -> Int32 {
    let settings = context.configuration.kafka
    switch self {
    case .bareLoop:
      print(try BareLoop.run(context.kafka(), topic: settings.topic ?? "", group: settings.groupID, events: events))
    case .bareJoin:
      print(try BareJoin.run(context.kafka(), topic: settings.topic ?? "", group: settings.groupID))
    case .constantRoute:
      try ConstantRoute.serve(
        started: { line in
          print(line)
          flushOutput()
        }, wait: { _ = Signals.wait { false } })
    case .keyMemory:
      let workspace = try makeWorkspace(context, context.loadProject())
      defer { workspace.remove() }
      print(try KeyMemory.run(workspace, keys: events))
    }
    return 0
  }
}

/// Where a project is measured.
///
/// - Parameter stream: what is measured; nil: the example's downloads.
func makeWorkspace(_ context: CommandContext, _ project: Project, stream: String? = nil) throws -> Workspace {
  guard let executable = runningExecutable() else {
    throw ConfigurationError(location: "/proc/self/exe", message: "the program's own path is not known")
  }
  return try Workspace(
    project: project, projectFolder: context.configuration.projectDirectory(), executable: executable,
    environment: childEnvironment(context.configuration), stream: stream)
}

/// Of our settings only those that change what is measured: the engine's, from wherever they came, and librdkafka's.
func childEnvironment(_ configuration: Configuration) -> [String: String] {
  let settings = Set(SettingKey.allCases.map(\.rawValue))
  var environment = processEnvironment().filter {
    !settings.contains($0.key) && !$0.key.hasPrefix(TopicSetting.prefix)
  }
  let engine = configuration.engine
  environment[SettingKey.flushInterval.rawValue] = String(engine.flushIntervalMilliseconds)
  environment[SettingKey.batchSize.rawValue] = String(engine.batchSize)
  environment[SettingKey.maxDeltaRows.rawValue] = String(engine.maxDeltaRows)
  return environment
}

private func isoDate() -> String {
  var now = time(nil)
  var parts = tm()
  gmtime_r(&now, &parts)
  var text = [CChar](repeating: 0, count: 32)
  strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
  return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

private func loadAverage() -> String {
  var loads = [Double](repeating: 0, count: 3)
  guard getloadavg(&loads, 3) == 3 else { return "unknown" }
  return loads.map { String(($0 * 100).rounded() / 100) }.joined(separator: " ")
}

/// Progress, apart from the results.
func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}

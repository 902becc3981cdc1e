import Benchmark
import Configuration
import Glibc
import JSON
import Project
import Sizing
import TextFiles

/// `streampulse simulate-scale`: exit status 0 when the load fits, 1 when it does not.
func simulateScale(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let load = ScaleLoad(
    eventsPerSecond: try parsed.number("events-per-second", in: 1...1e9) ?? 100_000,
    partitions: try parsed.integer("partitions", in: 1...1_000_000) ?? 12,
    instances: try parsed.integer("instances", in: 1...10_000))
  let keys = try parsed.number("keys", in: 1...1e12)
  let given = try parsed.string("costs").map { try readCosts($0, parsed) }
  if given != nil && parsed.flag("check") { throw parsed.error("--check measures, and --costs has been measured") }
  var logRate = try parsed.number("wal-mb-per-second", in: 0.001...1e6).map { $0 * 1e6 }
  var costs = given
  if costs == nil || logRate == nil {
    let workspace = try scaleWorkspace(context)
    defer { workspace.remove() }
    let calibration = ScaleCalibration(
      workspace, demo: try scaleDemo(context), manyKeys: manyKeys(try scaleDemo(context)),
      flushIntervalMilliseconds: context.configuration.engine.flushIntervalMilliseconds, report: say)
    try Signals.requesting(Interruption.request) {
      if logRate == nil { logRate = try calibration.logBytesPerSecond() }
      guard costs == nil else { return }
      guard parsed.flag("check") else {
        costs = try calibration.costs()
        return
      }
      let (found, checks) = try calibration.check()
      costs = found
      if !parsed.flag("json") { print(table(of: checks)) }
    }
  }
  guard let costs, let logRate else { return 130 }
  let cores = Double(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  let limits = ScaleLimits(
    postgresCores: try parsed.number("postgres-cores", in: 0.1...10_000) ?? cores, logBytesPerSecond: logRate,
    storageBytes: (try parsed.number("storage-gb", in: 0.001...1e9) ?? 1_000) * 1e9)
  let report = ScaleReport(load, keys: keys, costs: costs, limits: limits)
  print(parsed.flag("json") ? report.json.text + "\n" : report.text, terminator: "")
  flushOutput()
  return report.isPossible ? 0 : 1
}

/// What a file says that `--json` has written: the whole answer, or its member costs alone.
private func readCosts(_ path: String, _ parsed: ParsedCommand) throws -> ScaleCosts {
  do {
    guard let text = try TextFile.read(path) else { throw TextFileError.unreadable("there is no such file") }
    let json = try JSONValue(parsing: text)
    return try ScaleCosts(json["costs"] ?? json)
  } catch {
    throw parsed.error("--costs: \(path): \(error)")
  }
}

private func scaleWorkspace(_ context: CommandContext) throws -> Workspace {
  let project = try context.loadProject()
  // That to which the demo load goes.
  let streams = project.streams.map(\.plan.definition)
  guard let stream = streams.first(where: { $0.schemaFile == "event.avsc" }) ?? streams.first else {
    throw ConfigurationError(location: "sql/streams", message: "the project has no stream")
  }
  let words = try scaleDemo(context)
  let topic = words.firstIndex(of: "--topic").flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
  let name = streams.first { $0.topic == topic }?.name ?? stream.name
  return try makeWorkspace(context, project, stream: name)
}

private func scaleDemo(_ context: CommandContext) throws -> [String] {
  let folder = try context.configuration.projectDirectory()
  guard let demo = try DemoArguments(projectFolder: folder) else {
    throw ConfigurationError(
      location: folder, message: "the project has no file \(DemoArguments.file), nor schemas/event.avsc for downloads",
      hint: "write the arguments of event-generator that make its events, or give --costs of a project like it")
  }
  return demo.words
}

/// What gives the demo load some thousand keys, where its kind has an option for it.
private func manyKeys(_ demo: [String]) -> [String] {
  switch demo.first {
  case "trips": ["--regions", "5000"]
  case "metrics": ["--hosts", "1000"]
  case "donations": ["--streams", "10000"]
  case "requests": ["--clients", "100000"]
  case "persons", "auctions", "bids": []
  default: ["--titles", "10000"]
  }
}

/// What was said of sizes that were then measured.
private func table(of checks: [ScaleCalibration.Check]) -> String {
  var lines = ["events/s  what          estimated  measured   error"]
  func add(_ rate: Double, _ what: String, _ estimated: Double, _ measured: Double) {
    func column(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    func digits(_ value: Double) -> String {
      value >= 100 ? String(Int(min(value, 1e15).rounded())) : String((value * 10_000).rounded() / 10_000)
    }
    let error = measured > 0 ? "\(Int(((estimated / measured - 1) * 100).rounded())) %" : "-"
    lines.append(
      column(digits(rate), 10) + column(what, 14) + column(digits(estimated), 11) + column(digits(measured), 11) + error
    )
  }
  for check in checks {
    let (estimate, measured) = (check.estimate, check.measured)
    let rate = measured.events / measured.seconds
    add(rate, "processor", estimate.processorCores, measured.processorSeconds / measured.seconds)
    add(rate, "Postgres", estimate.postgresCores, measured.postgresSeconds / measured.seconds)
    add(rate, "rows/s", estimate.rowsPerSecond, measured.rows / measured.seconds)
    add(rate, "flushes/s", estimate.transactionsPerSecond, measured.flushes / measured.seconds)
    add(rate, "WAL bytes/s", estimate.logBytesPerSecond, measured.logBytes / measured.seconds)
  }
  return lines.joined(separator: "\n") + "\n"
}

import Configuration
import Glibc
import Simulation
import Threads

/// Runs seeds on several threads, or one of them with its trace.
struct SimulationCommand {
  static let interface = CommandLineInterface(
    program: "simulate", summary: "Run the pipeline over a simulated broker, database and clock", version: "1",
    commands: [
      CommandSpec(
        name: "", summary: "Run the pipeline over a simulated broker, database and clock",
        options: [
          OptionSpec("seeds", value: "N", summary: "Run this many schedules", default: "2000"),
          OptionSpec("first", value: "SEED", summary: "Begin with this seed", default: "1"),
          OptionSpec("sweeps", value: "N", summary: "Crash this many short schedules after each of their actions"),
          OptionSpec("threads", value: "N", summary: "Run on this many threads", default: "one a core"),
          OptionSpec("seed", value: "SEED", summary: "Run this schedule alone and print all that happens"),
          OptionSpec(
            "crash-after", value: "N", summary: "With --seed: run its short schedule and crash after action N"),
          OptionSpec(
            "plant", value: "BUG",
            summary: "Plant a bug: " + PlantedBug.allCases.map(\.rawValue).joined(separator: ", ")),
        ])
    ])

  private let bug: PlantedBug?
  private let seed: UInt64?
  private let crashAfter: Int?
  private let seeds: Int
  private let sweeps: Int
  private let first: UInt64
  private let threads: Int

  init(_ parsed: ParsedCommand) throws {
    if let name = parsed.string("plant") {
      guard let bug = PlantedBug(rawValue: name) else { throw parsed.error("--plant names no bug: \(name)") }
      self.bug = bug
    } else {
      bug = nil
    }
    seed = try parsed.integer("seed", in: 0 ... .max).map { UInt64($0) }
    crashAfter = try parsed.integer("crash-after", in: 0 ... .max)
    seeds = try parsed.integer("seeds", in: 0...1_000_000_000) ?? 2000
    sweeps = try parsed.integer("sweeps", in: 0...1_000_000) ?? 0
    first = UInt64(try parsed.integer("first", in: 0 ... .max / 2) ?? 1)
    threads = try parsed.integer("threads", in: 1...1024) ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  /// Returns the exit status.
  func run() throws -> Int32 {
    if let seed { return try replay(seed) }
    let started = seconds()
    var tally = try SeedRange(first: first, count: seeds, threads: threads, bug: bug).run { simulation, seed, tally in
      tally.schedules += 1
      let verdict = simulation.run(seed: seed)
      tally.actions += verdict.actions
      if !verdict.violations.isEmpty { tally.failures.append(Tally.Failure(verdict)) }
    }
    tally.add(
      try SeedRange(first: first, count: sweeps, threads: threads, bug: bug).run { simulation, seed, tally in
        let (schedules, failures) = simulation.sweep(seed: seed)
        tally.schedules += schedules
        for failure in failures {
          tally.failures.append(Tally.Failure(failure.verdict, crashAfter: failure.crashAfter))
        }
      })
    for failure in tally.failures.prefix(20) { print(failure) }
    let time = max(seconds() - started, 0.001)
    print(
      "\(tally.schedules) schedules from seed \(first), \(tally.actions) actions, in \(Int(time.rounded())) s "
        + "(\(Int(Double(tally.schedules) / time))/s on \(threads) threads): "
        + (tally.failures.isEmpty ? "every record changed the results exactly once" : "\(tally.failures.count) FAILED"))
    return tally.failures.isEmpty ? 0 : 1
  }

  private func replay(_ seed: UInt64) throws -> Int32 {
    let verdict = try Simulation(bug: bug).run(
      seed: seed, isShort: crashAfter != nil, crashAfter: crashAfter, keepsTrace: true)
    for line in verdict.trace ?? [] { print(line) }
    print(verdict.violations.isEmpty ? "seed \(seed) holds" : "\(Tally.Failure(verdict, crashAfter: crashAfter))")
    return verdict.violations.isEmpty ? 0 : 1
  }

  private func seconds() -> Double { Double(Clock.monotonicNanoseconds()) / 1e9 }
}

/// What the schedules of one run came to.
struct Tally: Sendable {
  struct Failure: Sendable, CustomStringConvertible {
    let seed: UInt64
    let crashAfter: Int?
    let violations: [String]

    init(_ verdict: Verdict, crashAfter: Int? = nil) {
      seed = verdict.seed
      self.crashAfter = crashAfter
      violations = verdict.violations
    }

    var description: String {
      let way = "--seed \(seed)" + (crashAfter.map { " --crash-after \($0)" } ?? "")
      return "FAILED, replay with \(way): " + violations.joined(separator: "; ")
    }
  }

  var schedules = 0
  var actions = 0
  var failures: [Failure] = []

  mutating func add(_ other: Tally) {
    schedules += other.schedules
    actions += other.actions
    failures += other.failures
  }
}

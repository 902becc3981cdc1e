import Glibc

/// What an event costs the engine with few, many and hostile keys, from memory on one core; and what a key holds.
struct KeysBench {
  let workspace: Workspace
  let rounds: Int
  private static let events = 1_000_000
  private static let longEvents = 200_000
  private static let memoryKeys = 100_000

  private struct Case {
    var name: String
    var keys: Int
    var frequency: KeyedCorpus.Frequency
    var goal: Figure.Goal
  }

  private static let cases = [
    Case(name: "keys 10", keys: 10, frequency: .zipf, goal: .ratioAtMost(1.5)),
    Case(name: "keys 100 k", keys: 100_000, frequency: .zipf, goal: .ratioAtMost(1.5)),
    Case(name: "keys 1 M", keys: 1_000_000, frequency: .zipf, goal: .none),
    Case(name: "keys 100 k, uniform", keys: 100_000, frequency: .uniform, goal: .none),
    Case(name: "keys 1 M, uniform", keys: 1_000_000, frequency: .uniform, goal: .none),
  ]

  func run() throws -> BenchReport {
    let engine = try EngineRun(workspace.measuredStream())
    let make = KeyedCorpus(schemaJSON: workspace.schemaJSON)
    let usual = try make.make(events: KeysBench.events, keys: 1000, .zipf)
    var figures: [Figure] = []
    for each in KeysBench.cases {
      let corpus = try make.make(events: KeysBench.events, keys: each.keys, each.frequency)
      figures.append(try compare(each.name, engine, corpus, with: usual, each.goal))
    }
    let harmless = try make.make(events: KeysBench.longEvents, keys: 1000, .zipf, .longDistinct)
    let hostile = try make.make(events: KeysBench.longEvents, keys: 1000, .zipf, .longAlike)
    figures.append(try compare("keys hostile", engine, hostile, with: harmless, .ratioAtMost(1.5)))
    figures.append(try memoryPerKey())
    return BenchReport(
      figures,
      notes: [
        "keys: Zipf unless said otherwise; the limit is 1,000 keys, for hostile ones 1 KB keys without a common prefix"
      ])
  }

  private func compare(
    _ name: String, _ engine: EngineRun, _ corpus: EventCorpus, with usual: EventCorpus, _ goal: Figure.Goal
  ) throws -> Figure {
    var ours: [Double] = []
    var limit: [Double] = []
    for _ in 0..<rounds {
      limit.append(try engine.secondsPerEvent(usual) * 1e9)
      ours.append(try engine.secondsPerEvent(corpus) * 1e9)
    }
    return Figure(bench: name, unit: "ns/event", ours: ours, limit: limit, goal: goal)
  }

  /// In a process of its own, whose memory nothing else has touched.
  private func memoryPerKey() throws -> Figure {
    let values = try (0..<rounds).map { _ in
      let program = try workspace.start(["bench", "key-memory", "--events", String(KeysBench.memoryKeys)], [:])
      let line = try program.line(containing: "key-memory ")
      try program.waitForSuccess(seconds: 20)
      guard let value = line.split(separator: " ").last.flatMap({ Double($0) }) else {
        throw BenchmarkError.setup("not a result: \(line)")
      }
      return value
    }
    return Figure(bench: "keys memory", unit: "B/key and window", ours: values, goal: .atMost(200))
  }
}

/// How much memory a live key holds in a window, beside its own bytes.
public enum KeyMemory {
  /// Aggregates one event of each of `keys` keys and returns a line with the growth of the resident memory per key.
  public static func run(_ workspace: Workspace, keys: Int) throws -> String {
    let corpus = try KeyedCorpus(schemaJSON: workspace.schemaJSON).make(events: keys, keys: keys, .each)
    let records = corpus.records()
    defer { records.deallocate() }
    let operators = try EngineRun(workspace.measuredStream()).makeOperators()
    // A first batch allocates what every run needs; it is drained, so that its groups count afterwards.
    let batch = 10_000
    _ = operators.process(UnsafeMutableBufferPointer(rebasing: records[..<min(batch, keys)]))
    _ = operators.windows.drain()
    let usage = ProcessUsage(pid: getpid())
    let before = usage.residentBytes
    var counted = 0
    for first in stride(from: 0, to: keys, by: batch) {
      counted += operators.process(UnsafeMutableBufferPointer(rebasing: records[first..<min(first + batch, keys)]))
    }
    guard counted == keys, operators.windows.groupCount >= keys else {
      throw BenchmarkError.wrongAnswer("\(counted) events, \(operators.windows.groupCount) groups of \(keys) keys")
    }
    let grown = usage.residentBytes - before - (batch..<keys).reduce(0) { $0 + KeyedCorpus.length($1) }
    return "key-memory \(Double(grown) / Double(keys))"
  }
}

import Project

/// Decoding and aggregating into the aggregates that the goals are about from memory on one core, against libavro's generic decoding of the same bytes.
struct EngineBench {
  let workspace: Workspace
  let events: Int
  let rounds: Int
  private static let passes = 8

  func run() throws -> BenchReport {
    let corpus = try EventCorpus(EventSequence(count: events, schemaJSON: workspace.schemaJSON))
    let generic = try GenericReader(schemaJSON: workspace.schemaJSON)
    let engine = EngineRun(try workspace.measuredStream())
    // Code and memory are touched once before anything counts.
    _ = try engine.secondsPerEvent(corpus)
    var ours: [Double] = []
    var libavro: [Double] = []
    for _ in 0..<rounds {
      // As many times as the limit is slower: what others do to the machine then meets both sides alike.
      let passes = try (0..<EngineBench.passes).map { _ in try engine.secondsPerEvent(corpus) }
      ours.append(Double(passes.count) / passes.reduce(0, +))
      let start = ProcessorTime.ofThisThread()
      try generic.readAll(corpus)
      libavro.append(Double(events) / (ProcessorTime.ofThisThread() - start).cpu)
    }
    let bytes = rounded(Double(corpus.byteCount) / Double(events), places: 0)
    return BenchReport(
      [
        Figure(bench: "engine", unit: "events/s", ours: ours, limit: libavro, goal: .ratioAtLeast(8)),
        Figure(bench: "engine", unit: "events/s", ours: ours, goal: .atLeast(6e6)),
      ],
      notes: [
        "engine: \(events) events of \(bytes) bytes, CPU time of one thread; the limit is libavro's generic reader"
      ])
  }
}

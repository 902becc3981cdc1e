import Project

/// Decoding JSON and aggregating from memory on one core, against simdjson's on-demand front end, which only gets at the
/// values that are aggregated.
struct JSONEngineBench {
  let workspace: Workspace
  let events: Int
  let rounds: Int
  private static let passes = 2

  func run() throws -> BenchReport {
    let sequence = try EventSequence(count: events, schemaJSON: workspace.schemaJSON)
    let corpus = try EventCorpus(sequence, append: { event, _, bytes in FlatEvent.append(event, to: &bytes) })
    let simdjson = try SimdjsonReader()
    let engine = EngineRun(json: try FlatEvent.plan(workspace.measuredStream().plan))
    // Code and memory are touched once before anything counts.
    _ = try engine.secondsPerEvent(corpus)
    try simdjson.readAll(corpus)
    var ours: [Double] = []
    var theirs: [Double] = []
    for _ in 0..<rounds {
      // In turns within a round, too: what others do to the machine then meets both sides alike.
      var (engineSeconds, simdjsonSeconds) = (0.0, 0.0)
      for _ in 0..<JSONEngineBench.passes {
        engineSeconds += try engine.secondsPerEvent(corpus)
        let start = ProcessorTime.ofThisThread()
        try simdjson.readAll(corpus)
        simdjsonSeconds += (ProcessorTime.ofThisThread() - start).cpu / Double(events)
      }
      ours.append(Double(JSONEngineBench.passes) / engineSeconds)
      theirs.append(Double(JSONEngineBench.passes) / simdjsonSeconds)
    }
    let bytes = rounded(Double(corpus.byteCount) / Double(events), places: 0)
    return BenchReport(
      [
        Figure(bench: "engine json", unit: "events/s", ours: ours, limit: theirs, goal: .ratioAtLeast(0.8)),
        Figure(bench: "engine json", unit: "events/s", ours: ours, goal: .atLeast(3e6)),
      ],
      notes: [
        "engine json: \(events) events of \(bytes) bytes and 12 members, CPU time of one thread; the limit is simdjson's "
          + "on-demand front end getting at the 10 that are used"
      ])
  }
}

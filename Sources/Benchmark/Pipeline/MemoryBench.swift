import Glibc

/// Resident memory of a processor and an API, each a process of its own, under a small steady load and a dashboard's
/// requests.
struct MemoryBench {
  let workspace: Workspace
  let minutes: Double
  private static let eventsPerSecond = 1000.0
  private static let partitions = 3
  private static let dashboard = ["realtime", "trending", "regions", "alerts", "timeseries", "devices"]
  private static let secondsBetweenPolls = 2

  func run() throws -> BenchReport {
    let broker = try Broker(workspace, cluster: nil, partitions: MemoryBench.partitions)
    let database = try Database(workspace)
    defer { database.close() }
    let settings = broker.childSettings(group: "memory").merging(database.childSettings) { $1 }
    let processor = try workspace.start(["process"], settings)
    _ = try processor.line(containing: "partitions assigned")
    let api = try APIServer(workspace, broker, database)
    let connection = try HTTPConnection(port: api.port)
    // With the settings of every producer of ours: batches of single events would occupy the in-process broker, which
    // looks for each from the log's beginning, a whole core.
    let load = try SteadyLoad(
      broker.kafka, topic: broker.topic, schemaJSON: workspace.schemaJSON,
      eventsPerSecond: MemoryBench.eventsPerSecond)
    var megabytes: [Double] = []
    for second in 0..<max(2, Int(minutes * 60)) {
      try pause(seconds: 1)
      try processor.checkRunning()
      try api.program.checkRunning()
      if second % MemoryBench.secondsBetweenPolls == 0 {
        for name in MemoryBench.dashboard { _ = try connection.get("/api/stats/\(name)") }
      }
      megabytes.append(Double(processor.usage.residentBytes + api.program.usage.residentBytes) / 1e6)
    }
    let parts = [processor, api.program].map { rounded(Double($0.usage.residentBytes) / 1e6, places: 1) }
    let sent = try load.stop()
    try database.waitForCommitted(sent, seconds: 30, by: processor)
    try api.program.stop()
    try processor.stop()
    try database.checkLedger(records: sent)
    let half = Array(megabytes.suffix(megabytes.count / 2))
    return BenchReport(
      [
        Figure(bench: "memory", unit: "MB", ours: [megabytes.max() ?? .nan], goal: .atMost(80), broker: broker.name),
        Figure(
          bench: "memory growth", unit: "MB in the last half", ours: [slope(of: half) * Double(half.count)],
          goal: .atMost(2), broker: broker.name),
      ],
      notes: [
        """
        memory: the greatest sum of both within \(short(minutes)) minutes at 1,000 events/s; in the end \(parts[0]) MB \
        processor, \(parts[1]) MB API
        """
      ])
  }
}

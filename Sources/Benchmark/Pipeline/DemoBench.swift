import Downloads
import Events
import Glibc
import Kafka
import Postgres
import Threads

/// What `streampulse up` with its demo load costs when it has run for an hour: the in-process broker's work grows with what
/// it keeps.
struct DemoBench {
  let workspace: Workspace
  let rounds: Int
  private static let eventsPerSecond = 100
  private static let secondsBefore = 3600
  private static let secondsPerRound = 20.0
  /// So many records are less than the broker keeps of a partition.
  private static let mostUnread = 20_000

  func run() throws -> BenchReport {
    let up = try RunningUp(workspace)
    defer { up.close() }
    try fill(up)
    let load = try workspace.start(
      ["--demo"], up.settings.merging(["EVENTS_PER_MINUTE": String(60 * DemoBench.eventsPerSecond)]) { $1 },
      program: "event-generator")
    // The first seconds bring connections and the first incident's windows.
    try pause(seconds: 5)
    var shares: [Double] = []
    var databaseShares: [Double] = []
    for _ in 0..<rounds {
      let start = (up.program.usage.cpuSeconds + load.usage.cpuSeconds, up.database.cpuSecondsWithChildren)
      let began = monotonicSeconds()
      try pause(seconds: DemoBench.secondsPerRound)
      let seconds = monotonicSeconds() - began
      shares.append((up.program.usage.cpuSeconds + load.usage.cpuSeconds - start.0) / seconds * 100)
      databaseShares.append((up.database.cpuSecondsWithChildren - start.1) / seconds * 100)
      try up.program.checkRunning()
      try load.checkRunning()
    }
    try load.stop()
    let records = DemoBench.secondsBefore * DemoBench.eventsPerSecond
    guard try up.committedRecords() > records else {
      throw BenchmarkError.wrongAnswer("of the load's events none is in the tables")
    }
    let broker = "in-process, \(RunningUp.partitions) partitions"
    return BenchReport(
      [Figure(bench: "demo", unit: "% of a core", ours: shares, goal: .atMost(5), broker: broker)],
      notes: [
        """
        demo: broker, processor, API and generator after an hour of \(DemoBench.eventsPerSecond) events/s; Postgres took \
        \(rounded(median(databaseShares), places: 1)) % of a core beside them
        """
      ])
  }

  /// An hour of the demo's traffic as its producer sends it: one batch for each partition and time that it gathers.
  private func fill(_ up: RunningUp) throws {
    let linger = EmbeddedBroker.lingerMilliseconds(eventsPerSecond: Double(DemoBench.eventsPerSecond))
    let eventsPerBatch = max(1, DemoBench.eventsPerSecond * linger / 1000)
    let count = DemoBench.secondsBefore * DemoBench.eventsPerSecond
    let beginning = Clock.wallMilliseconds() - Int64(DemoBench.secondsBefore) * 1000
    let producer = try KafkaProducer(configuration: KafkaConfiguration(bootstrapServers: up.bootstrapServers))
    let events = try EventSequence(count: count, schemaJSON: workspace.schemaJSON)
    for index in 0..<count {
      let time = beginning + Int64(index) * 1000 / Int64(DemoBench.eventsPerSecond)
      try events.withEvent(index, timestampMilliseconds: time) { event, bytes in
        try producer.sendOrWait(RunningUp.topic, key: event.place, value: bytes)
      }
      guard (index + 1) % eventsPerBatch == 0 || index == count - 1 else { continue }
      guard producer.flush(timeoutMilliseconds: 30_000) == 0, producer.failed == 0 else {
        throw BenchmarkError.setup("\(producer.failed) records were refused")
      }
      // The broker drops what is not read in time.
      if (index + 1) % (DemoBench.mostUnread / 2) == 0 {
        try up.waitForCommitted(index + 1 - DemoBench.mostUnread / 2)
      }
    }
    try up.waitForCommitted(count)
  }
}

/// `streampulse up` without a load of its own, with a broker and a Postgres of its own.
private final class RunningUp {
  static let topic = "content-downloads"
  static let partitions = 3

  let program: Program
  /// With the settings by which others join in.
  let settings: [String: String]
  let bootstrapServers: String
  /// The Postgres server with all its processes.
  let database: ProcessUsage
  private let connection: PostgresConnection

  init(_ workspace: Workspace) throws {
    let data = workspace.folder + "/demo"
    program = try workspace.start(["up", "--no-demo"], ["STREAMPULSE_DATA_DIR": data, "API_PORT": "0"])
    _ = try program.line(containing: "StreamPulse is at")
    var settings: [String: String] = [:]
    for line in readText(data + "/env").split(separator: "\n") {
      guard let split = line.firstIndex(of: "=") else { continue }
      settings[String(line[..<split])] = String(line[line.index(after: split)...])
    }
    guard let servers = settings["KAFKA_BOOTSTRAP_SERVERS"], let url = settings["DATABASE_URL"],
      let line = readText(data + "/postgres/postmaster.pid").split(separator: "\n").first, let pid = pid_t(line)
    else {
      throw BenchmarkError.setup("streampulse up left no address in \(data)/env")
    }
    self.settings = settings
    bootstrapServers = servers
    database = ProcessUsage(pid: pid)
    connection = try PostgresConnection(ConnectionSettings(url: url))
  }

  /// Ends it in order, so that its Postgres is gone before the scratch folder is.
  func close() {
    connection.close()
    // One that does not end is killed with this object, and takes its Postgres along.
    try? program.stop()
  }

  func committedRecords() throws -> Int {
    Int(
      try connection.query("SELECT coalesce(sum(next_offset), 0)::bigint FROM \(connection.pulse).progress").integer(
        0, 0) ?? 0)
  }

  func waitForCommitted(_ records: Int) throws {
    try wait(for: "\(records) records in Postgres", seconds: 60, everyMilliseconds: 20) {
      try program.checkRunning()
      return try committedRecords() >= records ? () : nil
    }
  }
}

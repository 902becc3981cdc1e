import Events
import Faults
import Plan
import Postgres
import Storage
import Threads

/// Replays whose tables take their places in one transaction: readers and processors see all of the former rows or all of
/// the new ones.
struct ReplaySwap {
  /// The swap begins when so few records are left, because the processors wait for it.
  private static let maxRemainder: Int64 = 20_000
  /// Processors that commit faster than this reads would never be caught up with.
  private static let maxRounds = 100

  private let connection: PostgresConnection
  private let replays: [Replay]
  private let views: ResultViews
  /// All views are brought to what their definitions say, also those that read none of the tables.
  var changesAllViews = false
  /// Processors that run now must write nothing any more.
  var fences = false
  /// Rows of a run that fails are kept for the next one.
  var keepsUnfinished = false
  /// Is told which replays go on where a former one has stopped, before anything is read.
  var begun: ([Replay]) -> Void = { _ in }
  /// What else is done to tables, before views are made; also for the rehearsal, of which nothing stays.
  var arrange: () throws -> Void = {}
  /// Looks at the new tables and views, which lie in front of the present ones, before anything is read.
  var review: () throws -> Void = {}
  /// What else belongs to the transaction, when the tables are in their places.
  var conclude: () throws -> Void = {}

  private typealias Running = (replay: Replay, run: Replay.Run)

  /// - Parameters:
  ///   - connection: that of the replays.
  ///   - views: all of the project's.
  init(_ connection: PostgresConnection, _ replays: [Replay], views: ResultViews) {
    self.connection = connection
    self.replays = replays
    self.views = views
  }

  /// Makes the rows, and returns when they are in place.
  func run(from time: String?) throws -> [ReplayReport] {
    let started = Clock.monotonic()
    var running: [Running] = []
    do {
      for replay in replays { running.append((replay, try replay.begin(from: time))) }
      try rehearse(running)
      begun(replays.filter { $0.resumedCount > 0 })
      try catchUp(running)
      for (_, run) in running { try run.shadow.adorn() }
      for _ in 0..<Self.maxRounds {
        try catchUp(running)
        guard var reports = try attempt(running) else { continue }
        for index in reports.indices { reports[index].seconds = Double(Clock.monotonic() - started) / 1_000_000 }
        return reports
      }
      throw PipelineError.definition(
        "the processors commit faster than this can read: replay when there is less load")
    } catch {
      if !keepsUnfinished { for (_, run) in running { run.shadow.drop() } }
      throw error
    }
  }

  /// Reads up to the positions that are committed now, each topic once for all that are made of it.
  private func catchUp(_ running: [Running]) throws {
    try read(running, to: running.map { try $0.replay.committed() })
  }

  private func read(_ running: [Running], to targets: [[Int32: Offset]], isInTransaction: Bool = false) throws {
    let parts = zip(running, targets).map { (replay: $0.replay, run: $0.run, targets: $1) }
    for topic in Set(replays.map(\.topic)).sorted() {
      try TopicPass(parts.filter { $0.replay.topic == topic }, isInTransaction: isInTransaction).read()
    }
  }

  private func change(_ running: [Running]) throws -> ViewChange {
    let replaced = running.reduce(into: Set<String>()) { $0.formUnion($1.run.shadow.present.names) }
    return try views.change(replacing: replaced, andOthers: changesAllViews)
  }

  /// Refuses what would not fit the new rows, before these are made.
  private func rehearse(_ running: [Running]) throws {
    let own = running.flatMap { $0.replay.viewStatements }
    try views.rehearse(
      change(running), over: connection.replaySchema, behind: own, arrange: arrange, look: review)
  }

  /// - Returns: nil when the processors have come too far meanwhile, or have begun a partition: then the present tables are
  ///   as they were.
  private func attempt(_ running: [Running]) throws -> [ReplayReport]? {
    // Whoever reads a table for longer makes the swap wait, and the processors with it: then it is given up.
    try connection.execute("BEGIN; SET LOCAL lock_timeout = '10s'")
    do {
      let targets = try running.map { try $0.replay.lockPositions() }
      let locked = Clock.monotonic()
      let remainder = zip(running, targets).reduce(0) { $0 + $1.0.replay.remainder(to: $1.1) }
      guard remainder <= Self.maxRemainder else {
        try connection.execute("ROLLBACK")
        return nil
      }
      try read(running, to: targets, isInTransaction: true)
      // Taken away before the tables are locked, as those who read them lock them before these.
      try connection.execute("SAVEPOINT with_views")
      let change = try change(running)
      let viewGrants = try views.drop(change)
      let grants = try running.map { try $0.run.shadow.lockPresent() }
      let isComplete = try zip(running, targets).allSatisfy { try $0.replay.isComplete(at: $1) }
      guard isComplete else {
        // What the shadow tables have got is kept, since the replays' positions count it in.
        try connection.execute("ROLLBACK TO SAVEPOINT with_views; COMMIT")
        return nil
      }
      var reports: [ReplayReport] = []
      for ((replay, run), grants) in zip(running, grants) {
        reports.append(try replay.conclude(run, grants, fences: fences))
      }
      try arrange()
      try views.make(change, viewGrants)
      try conclude()
      try connection.execute("COMMIT")
      let seconds = Double(Clock.monotonic() - locked) / 1_000_000
      for index in reports.indices { reports[index].lockSeconds = seconds }
      return reports
    } catch {
      try? connection.execute("ROLLBACK")
      throw error
    }
  }
}

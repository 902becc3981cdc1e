/// What a crash test found.
public struct CrashReport: Sendable {
  public var seed: UInt64
  public var faults: [Fault.Kind: Int]
  public var connectionsCut: Int
  /// Processors that were started, all together.
  public var starts: Int
  public var log: LogFacts
  public var comparison: Comparison
  /// What must not happen beside the rows: a processor that ended by itself, or not when it had to.
  public var problems: [String]

  public var passed: Bool { comparison.differences == 0 && problems.isEmpty }

  public var faultCount: Int { faults.values.reduce(0, +) }

  /// What happened, as a table, and what is wrong.
  public var table: String {
    let happened = Fault.Kind.allCases.filter { faults[$0] != nil }.map { ($0.rawValue, faults[$0, default: 0]) }
    let facts = [
      ("faults in all", faultCount), ("connections cut", connectionsCut), ("processors started", starts),
      ("commits", log.commits), ("rebalances: partitions assigned", log.assignments),
      ("rebalances: partitions revoked", log.revocations), ("rebalances: partitions lost", log.losses),
      ("instances fenced", log.fences), ("uncommitted work given up", log.abandonments),
      ("gaps re-read", log.rereads), ("outages of Postgres noticed", log.databaseOutages),
      ("streams", comparison.streams), ("events", comparison.events), ("dead letters", comparison.deadLetters),
      ("rows", comparison.rows),
      ("rows that differ", comparison.differences),
    ]
    let rows = happened + facts
    let width = rows.map { $0.0.count }.max() ?? 0
    var lines = rows.map { name, count in name + String(repeating: " ", count: width - name.count + 2) + String(count) }
    lines += comparison.examples.map { "differs: \($0)" }
    lines += problems.map { "problem: \($0)" }
    return lines.joined(separator: "\n")
  }

  /// The last line.
  public var verdict: String {
    let what = "\(faultCount) faults, \(comparison.events) events, seed \(seed)"
    if comparison.differences > 0 {
      return "crash test failed: \(comparison.differences) of \(comparison.rows) rows differ; \(what)"
    }
    if let problem = problems.first { return "crash test failed: \(problem); \(what)" }
    return "crash test passed: none of \(comparison.rows) rows differs; \(what)"
  }
}

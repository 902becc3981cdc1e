import Dialects
import Plan
import Postgres
import SQLQuoting

/// Makes a table's partitions ahead, and drops those whose windows are no longer kept.
///
/// Whoever holds a lock of the table for long makes this wait; then it gives up for now, since others would wait behind it.
/// Rows of a stretch that has no partition yet are in the one of other rows, and move when theirs is made.
struct ResultPartitions {
  private let connection: PostgresConnection
  private let aggregate: AggregatePlan
  private let table: ResultTable

  init(_ connection: PostgresConnection, _ aggregate: AggregatePlan) {
    self.connection = connection
    self.aggregate = aggregate
    table = ResultTable(aggregate)
  }

  var isUsed: Bool { table.isPartitioned }

  /// - Parameter watermark: as text.
  func makeMissing(since watermark: String) throws(PostgresError) {
    let missing = try connection.query(table.missingPartitionsStatement, [.text(watermark)])
    for row in 0..<missing.rowCount {
      guard let name = missing[row, 0], let lower = missing[row, 1], let upper = missing[row, 2] else { continue }
      let isMade = try patiently { () throws(PostgresError) in
        for statement in table.makePartitionStatements(name, from: lower, to: upper) {
          try connection.execute(statement)
        }
      }
      if !isMade { return }
    }
  }

  /// What was dropped.
  struct Dropped {
    var rows = 0
    /// Windows that ended before are not kept any more; nil: not all of them could be dropped.
    var horizon: String?
  }

  /// Drops partitions, each in a transaction that notes how many events its rows held, so that `verify` still adds up.
  func dropOld(endedBefore horizon: String, isStopping: () -> Bool) throws(PostgresError) -> Dropped {
    var dropped = Dropped()
    let old = try connection.query(table.oldPartitionsStatement, [.text(horizon)])
    for row in 0..<old.rowCount {
      guard let partition = old[row, 0], let reached = old[row, 1], !isStopping() else { return dropped }
      var rows: Int64 = 0
      let isDropped = try patiently { () throws(PostgresError) in
        rows = try drop(partition, reached)
      }
      guard isDropped else { return dropped }
      dropped.rows += Int(rows)
    }
    dropped.horizon = try connection.query(table.partitionHorizonStatement, [.text(horizon)])[0, 0]
    return dropped
  }

  private func drop(_ partition: String, _ horizon: String) throws(PostgresError) -> Int64 {
    // As dropping does it, the table before its partition: else two of us could wait for each other.
    try connection.execute("LOCK TABLE ONLY \(table.reference), \(partition) IN ACCESS EXCLUSIVE MODE")
    let events = aggregate.countColumn.map { "sum(\(quotedIdentifier($0)))::bigint" } ?? "NULL::bigint"
    let noted = try connection.query(
      """
      WITH total AS (SELECT count(*) AS rows, \(events) AS events FROM \(partition)),
           noted AS (
             \(RetiredEvents.note(of: "total", horizon: "$1::timestamptz", aggregate: "$2", connection))
           )
      SELECT rows FROM total
      """, [.text(horizon), .text(aggregate.name)])
    try connection.execute("DROP TABLE \(partition)")
    return noted.integer(0, 0) ?? 0
  }

  /// In a transaction that waits for no lock for long; false: it was not done for that reason.
  private func patiently(_ body: () throws(PostgresError) -> Void) throws(PostgresError) -> Bool {
    do throws(PostgresError) {
      try connection.transaction("BEGIN; SET LOCAL lock_timeout = '1s'", body)
      return true
    } catch {
      guard error.isLockNotAvailable else { throw error }
      return false
    }
  }
}

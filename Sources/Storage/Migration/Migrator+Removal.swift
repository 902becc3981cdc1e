import Plan
import Postgres
import Project
import SQLQuoting

extension Migrator {
  /// Takes aggregates away with their rows, and puts definitions without them in force, in one transaction. Processors that
  /// run with the former ones write nothing any more.
  ///
  /// - Parameters:
  ///   - names: aggregates of `former`.
  ///   - next: what comes into force; all of its tables fit.
  public func remove(_ names: Set<String>, of former: Project, for next: Project) throws(StorageError) {
    do {
      try connection.transaction {
        try connection.execute("SET LOCAL lock_timeout = '10s'")
        for stream in former.streams {
          let gone = stream.plan.aggregates.filter { names.contains($0.name) }
          guard !gone.isEmpty else { continue }
          // The positions before the tables, as processors lock them.
          _ = try connection.query(
            """
            UPDATE \(connection.pulse).progress AS p SET epoch = epoch + 1
            FROM (SELECT cluster, topic, partition FROM \(connection.pulse).progress WHERE stream = $1
                  ORDER BY cluster, topic, partition FOR UPDATE) AS l
            WHERE p.stream = $1 AND (p.cluster, p.topic, p.partition) = (l.cluster, l.topic, l.partition)
            """, [.text(stream.name)])
          for aggregate in gone { try remove(aggregate) }
        }
        try Deployments(connection).put(next.files)
      }
    } catch {
      throw StorageError(error)
    }
  }

  /// Takes an aggregate away, in the caller's transaction, in which the positions of its stream are locked.
  package func remove(_ aggregate: AggregatePlan) throws(PostgresError) {
    let table = quotedIdentifier(aggregate.tableName)
    try connection.execute("LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE")
    // One of the same name may come again, and its rows will not hold these events. No window is kept from being made anew.
    let events = aggregate.countColumn.map { "coalesce((SELECT sum(\(quotedIdentifier($0))) FROM \(table)), 0)" }
    _ = try connection.query(
      """
      INSERT INTO \(connection.pulse).retired AS r (aggregate, horizon, events)
      VALUES ($1, '-infinity', \(events ?? "NULL::bigint"))
      ON CONFLICT (aggregate) DO UPDATE SET events = r.events + excluded.events
      """, [.text(aggregate.name)])
    if aggregate.hasStateTable { try connection.execute("DROP VIEW \(quotedIdentifier(aggregate.name))") }
    try connection.execute("DROP TABLE \(table)")
    _ = try connection.query(
      "DELETE FROM \(connection.pulse).definitions WHERE aggregate = $1", [.text(aggregate.name)])
  }
}

import Plan
import Postgres
import Project

/// What a deployment does around aggregates whose rows are made anew: before, what is in nobody's way; together with the
/// new tables, everything else.
extension Migrator {
  /// Brings the engine's own tables up to date and makes the tables of new aggregates. Whoever runs with the former
  /// definitions goes on.
  ///
  /// - Returns: what has changed, a line each.
  public func prepare(_ project: Project, as name: ProjectName? = nil) throws(StorageError) -> [String] {
    try alone(project, as: name) { changes in
      let stored = try connection.query("SELECT aggregate FROM \(connection.pulse).definitions")
      let known = Set((0..<stored.rowCount).compactMap { stored[$0, 0] })
      for stream in project.streams {
        for aggregate in stream.plan.aggregates where !known.contains(aggregate.name) {
          try ResultViews(connection, project.views).vacate(Set(aggregate.relationNames))
          changes += try apply(aggregate, of: stream.plan)
        }
      }
    }
  }

  /// Changes aggregates in place, in the caller's transaction.
  ///
  /// - Parameter others: aggregates whose tables are replaced.
  package func change(_ project: Project, besides others: Set<String>) throws {
    for stream in project.streams {
      for aggregate in stream.plan.aggregates where !others.contains(aggregate.name) {
        _ = try apply(aggregate, of: stream.plan, isInTransaction: true)
      }
    }
  }

  /// Puts the definitions in force, in the caller's transaction. All tables and views fit them.
  ///
  /// - Parameter version: what was in force when this began; 0: nothing was.
  package func putInForce(_ project: Project, instead version: Int64) throws {
    let deployments = Deployments(connection)
    guard try deployments.current()?.number ?? 0 == version else {
      throw StorageError.definition(
        "other definitions have come into force meanwhile, nothing was changed\n"
          + "  hint: look at what they are, and deploy again")
    }
    try beginAlerts(project.alerts)
    try grant(project, isInTransaction: true)
    try deployments.put(project.files)
  }

  /// Aggregates that nothing was ever counted or replayed for, of streams of which something was.
  public static func uncounted(
    _ project: Project, _ connection: PostgresConnection
  ) throws(PostgresError) -> Set<String> {
    var uncounted: Set<String> = []
    for stream in project.streams {
      for aggregate in stream.plan.aggregates {
        let found = try connection.query(
          """
          SELECT EXISTS (SELECT FROM \(connection.pulse).ledger WHERE stream = $2)
             AND NOT EXISTS (SELECT FROM \(connection.pulse).ledger_counts WHERE aggregate = $1)
             AND NOT EXISTS (SELECT FROM \(connection.pulse).replays WHERE aggregate = $1)
          """, [.text(aggregate.name), .text(stream.name)])
        if found.boolean(0, 0) == true { uncounted.insert(aggregate.name) }
      }
    }
    return uncounted
  }

  /// Aggregates that were counted, were not defined for a while, and are again; with how many records came meanwhile that no
  /// replay has read.
  public static func interrupted(
    _ project: Project, _ connection: PostgresConnection
  ) throws(PostgresError) -> [(name: String, records: Int64)] {
    let pulse = connection.pulse
    var interrupted: [(name: String, records: Int64)] = []
    for stream in project.streams {
      for aggregate in stream.plan.aggregates {
        let found = try connection.query(
          """
          SELECT coalesce(sum(l.consumed), 0)::bigint
          FROM \(pulse).ledger AS l
          JOIN (SELECT stream, cluster, topic, partition, min(first_offset) AS first_offset
                FROM \(pulse).ledger_counts WHERE aggregate = $1 GROUP BY 1, 2, 3, 4) AS begun
            USING (stream, cluster, topic, partition)
          WHERE l.stream = $2 AND l.first_offset > begun.first_offset AND l.consumed > 0
            AND NOT EXISTS (SELECT FROM \(pulse).ledger_counts AS c
                            WHERE (c.stream, c.cluster, c.topic, c.partition, c.first_offset)
                                = (l.stream, l.cluster, l.topic, l.partition, l.first_offset) AND c.aggregate = $1)
            AND NOT EXISTS (SELECT FROM \(pulse).replays AS r
                            WHERE (r.aggregate, r.cluster, r.topic) = ($1, l.cluster, l.topic)
                              AND l.next_offset <= r.positions[array_position(r.partitions, l.partition)])
          """, [.text(aggregate.name), .text(stream.name)])
        if let records = found.integer(0, 0), records > 0 { interrupted.append((aggregate.name, records)) }
      }
    }
    return interrupted
  }
}

import Diagnosis
import Glibc
import Postgres
import Storage
import Threads

/// What can be wrong with a database that answers.
struct DatabaseExamination {
  private let connection: PostgresConnection

  init(_ connection: PostgresConnection) {
    self.connection = connection
  }

  /// The server: whether it can be written to, has connections left, keeps the time, and keeps what it has confirmed.
  func server() throws(PostgresError) -> ServerFacts {
    var facts = ServerFacts()
    facts.version = Int(connection.serverVersion)
    let before = Clock.wall()
    let row = try connection.query(
      """
      SELECT extract(epoch FROM clock_timestamp())::double precision, pg_is_in_recovery(),
             current_setting('default_transaction_read_only') = 'on',
             current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
               - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
             current_setting('default_transaction_isolation'),
             (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database())
      """)
    let after = Clock.wall()
    facts.isStandby = row.boolean(0, 1) ?? false
    facts.isReadOnly = row.boolean(0, 2) ?? false
    facts.freeConnections = row.integer(0, 3).map { Int($0) }
    facts.isolation = row[0, 4] ?? facts.isolation
    facts.transactionAge = row.integer(0, 5) ?? 0
    if let seconds = row.double(0, 0) {
      let ahead = seconds - Double(before + after) / 2_000_000
      let taken = Double(after - before) / 2_000_000
      facts.clockAheadSeconds = ahead > 0 ? max(0, ahead - taken) : min(0, ahead + taken)
    }
    let switches = try connection.query(
      "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'autovacuum') AND setting = 'off'")
    facts.switchedOff = Set((0..<switches.rowCount).compactMap { switches[$0, 0] })
    guard !facts.isStandby else { return facts }
    let slots = try connection.query(
      """
      SELECT slot_name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint FROM pg_replication_slots
      WHERE NOT active AND restart_lsn IS NOT NULL
      """)
    facts.idleSlots = (0..<slots.rowCount).map { (slots[$0, 0] ?? "", slots.integer($0, 1) ?? 0) }
    return facts
  }

  /// How full the server's disk is, where it is this machine's and the server says which folder it has.
  ///
  /// - Parameter host: that the settings name; nil: a local socket.
  func disk(host: String?) throws(PostgresError) -> [Finding] {
    guard host.map({ ["localhost", "::1"].contains($0) || $0.hasPrefix("127.") || $0.hasPrefix("/") }) ?? true else {
      return []
    }
    let folder = try connection.query("SELECT setting FROM pg_settings WHERE name = 'data_directory'")
    guard folder.rowCount > 0, let path = folder[0, 0], let finding = DiskFacts(of: path)?.finding("postgres") else {
      return []
    }
    return [finding]
  }

  /// The roles that the API takes.
  func roles() throws(PostgresError) -> [Finding] {
    let wanted = [
      (Migrator.readerRole(for: connection), "reads as the tables' owner"),
      (Migrator.writerRole(for: connection), "refuses every write"),
    ]
    var found: [Finding] = []
    for (role, consequence) in wanted {
      let known = try connection.query(
        "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(current_user, oid, 'MEMBER'))",
        [.text(role)])
      guard known.boolean(0, 0) != true else { continue }
      found.append(
        .warning(
          "postgres", "this user is no member of the role \(role): the API \(consequence)",
          "give the user CREATEROLE and run streampulse migrate, or make and grant the role (docs/operations.md, Roles)"
        ))
    }
    return found
  }

  /// What this user may not do with the tables.
  func rights() throws(PostgresError) -> [Finding] {
    let rows = try connection.query(
      """
      SELECT format('%I.%I', n.nspname, c.relname)
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p')
        AND (n.nspname = $1 OR c.oid IN (
          SELECT to_regclass(quote_ident(aggregate)) FROM \(connection.pulse).definitions
          UNION SELECT to_regclass(quote_ident(aggregate || '_state')) FROM \(connection.pulse).definitions
          UNION VALUES (to_regclass('alerts')), (to_regclass('dead_letters'))))
        AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
          AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
      ORDER BY 1 LIMIT 5
      """, [.text(Bookkeeping.schema(of: connection.schema))])
    guard rows.rowCount > 0 else { return [] }
    let names = (0..<rows.rowCount).compactMap { rows[$0, 0] }.joined(separator: ", ")
    return [
      .failure(
        "postgres", "this user may not read and write all of \(names)",
        "let the role that ran migrate process, too, or GRANT SELECT, INSERT, UPDATE, DELETE")
    ]
  }

  /// Sessions that hold others up, and tables that VACUUM does not keep up with.
  func strain() throws(PostgresError) -> [Finding] {
    let waits = try connection.query(
      """
      SELECT w.application_name, b.pid, coalesce(nullif(b.application_name, ''), b.usename, 'another')
      FROM pg_stat_activity AS w
      CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS blocking (pid)
      JOIN pg_stat_activity AS b ON b.pid = blocking.pid
      WHERE w.datname = current_database() AND w.application_name LIKE 'streampulse%'
        AND w.wait_event_type = 'Lock' AND w.wait_event <> 'advisory' AND w.state_change < now() - $1::interval
      LIMIT 5
      """, [.text(LockWait.longest)])
    var found = (0..<waits.rowCount).map { row in
      LockWait(waiting: waits[row, 0] ?? "", holder: waits[row, 2] ?? "", holderProcess: waits[row, 1] ?? "").finding
    }
    let open = try connection.query(
      """
      SELECT pid, coalesce(nullif(application_name, ''), usename, 'a session'), (now() - xact_start)::interval(0)::text,
             state LIKE 'idle in transaction%'
      FROM pg_stat_activity
      WHERE datname = current_database() AND backend_type = 'client backend'
        AND (xact_start < now() - $1::interval
             OR state LIKE 'idle in transaction%' AND state_change < now() - $2::interval)
      ORDER BY xact_start LIMIT 3
      """, [.text(OpenTransaction.longest), .text(OpenTransaction.longestIdle)])
    found += (0..<open.rowCount).map { row in
      OpenTransaction(
        session: open[row, 1] ?? "", process: open[row, 0] ?? "", age: open[row, 2] ?? "",
        isIdle: open.boolean(row, 3) ?? false
      ).finding
    }
    let bloated = try connection.query(
      """
      SELECT format('%I.%I', schemaname, relname), n_dead_tup, n_live_tup
      FROM pg_stat_user_tables
      WHERE (schemaname = $1 OR schemaname = coalesce($2, current_schema())) AND n_dead_tup > $3
      ORDER BY n_dead_tup DESC LIMIT 3
      """,
      [
        .text(Bookkeeping.schema(of: connection.schema)), connection.schema.map { .text($0) } ?? .null,
        .bigint(Int64(DeadRows.fewest)),
      ])
    found += (0..<bloated.rowCount).compactMap { row in
      DeadRows(
        table: bloated[row, 0] ?? "", dead: bloated.integer(row, 1) ?? 0, live: bloated.integer(row, 2) ?? 0
      ).finding
    }
    return found
  }
}

extension DiskFacts {
  /// nil: nothing is known of the folder.
  init?(of folder: String) {
    var facts = statvfs()
    guard statvfs(folder, &facts) == 0 else { return nil }
    let block = UInt64(facts.f_frsize)
    self.init(
      folder: folder, freeBytes: UInt64(facts.f_bavail) * block, totalBytes: UInt64(facts.f_blocks) * block)
  }
}

import Postgres
import Storage
import Threads

/// What can be wrong with a database that answers.
struct DatabaseExamination {
  /// More than a clock that is kept by anybody is off.
  private static let clockToleranceSeconds = 2.0
  /// A transaction that is open for so long keeps VACUUM from rows that change many times a second.
  private static let longTransaction = "10 minutes"
  /// A session that waits for so long for a lock waits for a person.
  private static let longWait = "30 seconds"

  private let connection: PostgresConnection

  init(_ connection: PostgresConnection) {
    self.connection = connection
  }

  /// What to do about a connection that could not be made.
  static func advice(against error: PostgresError) -> String {
    let text = error.description
    let known: [(String, String)] = [
      (
        "password authentication failed",
        "set the password of DATABASE_URL or PG_PASSWORD; psql with the same address tells"
      ),
      ("no password supplied", "set the password of DATABASE_URL or PG_PASSWORD"),
      (
        "no pg_hba.conf entry", "the server's pg_hba.conf lets this user in from elsewhere only, or with another method"
      ),
      (
        "does not exist",
        "create it (createdb, createuser), or correct the name in DATABASE_URL or PG_DATABASE, PG_USER"
      ),
      ("Connection refused", "nobody listens there: is Postgres running, and are host and port those of DATABASE_URL?"),
      ("could not translate host name", "the host's name is unknown here: correct DATABASE_URL or PG_HOST"),
      ("too many clients", "raise max_connections of the server, or stop what holds its connections"),
      ("timeout", "nothing answers at that address: a firewall, another network, a server that hangs"),
      ("starting up", "it is starting: wait a moment"),
      ("SSL", "sslmode, sslrootcert and the server's certificate do not fit together"),
    ]
    return known.first { text.contains($0.0) }?.1 ?? "psql with the same address says more"
  }

  /// The server: whether it can be written to, has connections left, keeps the time, and keeps what it has confirmed.
  func server(connectionsNeeded: Int) throws(PostgresError) -> [Finding] {
    let before = Clock.wall()
    let facts = try connection.query(
      """
      SELECT extract(epoch FROM clock_timestamp())::double precision, pg_is_in_recovery(),
             current_setting('default_transaction_read_only') = 'on',
             current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
               - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
             current_setting('fsync'), current_setting('full_page_writes')
      """)
    let after = Clock.wall()
    var found: [Finding] = []
    if facts.boolean(0, 1) == true {
      found.append(.failure("postgres", "the server is a standby, which takes no writes", "use the primary's address"))
    } else if facts.boolean(0, 2) == true {
      found.append(
        .failure(
          "postgres", "transactions of this user are read-only",
          "ALTER ROLE … SET default_transaction_read_only = off, or of the database"))
    }
    if let free = facts.integer(0, 3), free < Int64(connectionsNeeded) {
      found.append(
        .warning(
          "postgres", "the server has \(free) free connections, and the API alone may take \(connectionsNeeded)",
          "raise max_connections, or lower API_WORKERS"))
    }
    for (column, name) in [(4, "fsync"), (5, "full_page_writes")] where facts[0, column] == "off" {
      found.append(
        .warning(
          "postgres", "\(name) is off: a crash of the server may lose or damage what it has confirmed",
          "turn \(name) on"))
    }
    if let seconds = facts.double(0, 0) {
      let here = Double(before + after) / 2_000_000
      let off = abs(seconds - here) - Double(after - before) / 2_000_000
      if off > Self.clockToleranceSeconds {
        found.append(
          .warning(
            "postgres", "its clock and this machine's differ by \(Int(off.rounded())) s",
            "let both follow NTP: look-backs and max_ahead go by them"))
      }
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
    var found: [Finding] = []
    let waits = try connection.query(
      """
      SELECT w.pid, w.application_name, b.pid, coalesce(nullif(b.application_name, ''), b.usename, 'another')
      FROM pg_stat_activity AS w
      CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS blocking (pid)
      JOIN pg_stat_activity AS b ON b.pid = blocking.pid
      WHERE w.datname = current_database() AND w.application_name LIKE 'streampulse%'
        AND w.wait_event_type = 'Lock' AND w.wait_event <> 'advisory' AND w.state_change < now() - $1::interval
      LIMIT 5
      """, [.text(Self.longWait)])
    for row in 0..<waits.rowCount {
      let (waiting, holder) = (waits[row, 1] ?? "", "\(waits[row, 3] ?? "") (process \(waits[row, 2] ?? ""))")
      found.append(
        .failure(
          "postgres", "\(waiting) waits for a lock that \(holder) holds",
          "end that transaction, or SELECT pg_terminate_backend(\(waits[row, 2] ?? ""))"))
    }
    let open = try connection.query(
      """
      SELECT pid, coalesce(nullif(application_name, ''), usename, 'a session'), (now() - xact_start)::interval(0)::text
      FROM pg_stat_activity
      WHERE datname = current_database() AND backend_type = 'client backend' AND xact_start < now() - $1::interval
      ORDER BY xact_start LIMIT 3
      """, [.text(Self.longTransaction)])
    for row in 0..<open.rowCount {
      found.append(
        .warning(
          "postgres",
          "\(open[row, 1] ?? "") (process \(open[row, 0] ?? "")) has a transaction open for "
            + "\(open[row, 2] ?? ""), behind which dead rows cannot be removed", "end it"))
    }
    let bloated = try connection.query(
      """
      SELECT format('%I.%I', schemaname, relname), n_dead_tup
      FROM pg_stat_user_tables
      WHERE (schemaname = $1 OR schemaname = coalesce($2, current_schema()))
        AND n_dead_tup > 1000000 AND n_dead_tup > 5 * n_live_tup
      ORDER BY n_dead_tup DESC LIMIT 3
      """, [.text(Bookkeeping.schema(of: connection.schema)), connection.schema.map { .text($0) } ?? .null])
    for row in 0..<bloated.rowCount {
      found.append(
        .warning(
          "postgres", "\(bloated[row, 0] ?? "") has \(bloated[row, 1] ?? "") dead rows",
          "is autovacuum on? VACUUM \(bloated[row, 0] ?? "") helps for now"))
    }
    return found
  }
}

import Postgres

@testable import ProcessingTestSupport

/// Kills whoever writes to some tables, at the write that a test says.
struct FatalWrites {
  private let bench: Bench

  /// - Parameter each: what a write is, ROW or STATEMENT.
  init(_ bench: Bench, to tables: [String], each: String) throws {
    self.bench = bench
    // A sequence knows no transaction: it counts writes over crashes.
    try bench.connection.execute(
      """
      CREATE SEQUENCE public.writes;
      CREATE SEQUENCE public.fatal;
      CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('public.writes') = (SELECT last_value FROM public.fatal) THEN
          PERFORM pg_terminate_backend(pg_backend_pid());
          PERFORM pg_sleep(10);
        END IF;
        RETURN NULL;
      END $$;
      """)
    for table in tables {
      try bench.connection.execute(
        "CREATE TRIGGER die AFTER INSERT OR UPDATE ON \(table) FOR EACH \(each) EXECUTE FUNCTION public.die()")
    }
  }

  /// From here on the write of this number is the fatal one.
  func kill(at write: Int) throws {
    _ = try bench.rows("SELECT setval('public.writes', 1, false), setval('public.fatal', \(write))")
  }
}

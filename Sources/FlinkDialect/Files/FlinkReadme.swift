import Plan

/// What the export says of itself.
struct FlinkReadme {
  struct Table {
    var aggregate: String
    var table: String
    /// Whether only Flink writes it.
    var isOwn: Bool
    var retentionMicroseconds: Int64?
  }

  let project: String
  let tables: [Table]
  let without: [String]
  let remarks: [String]
  let hasRegistry: Bool
  /// Whether it goes on where processors of ours have stopped.
  let isHandover: Bool

  static let variables = [
    "KAFKA_BOOTSTRAP_SERVERS", "FLINK_GROUP_ID", "SCHEMA_REGISTRY_URL", "POSTGRES_JDBC_URL", "POSTGRES_USER",
    "POSTGRES_PASSWORD",
  ]

  static let submit = """
    #!/bin/sh
    # Puts the settings into the statements and gives them to Flink's SQL client. FLINK_HOME is where Flink is; arguments
    # go to the client, e.g. -Dexecution.target=yarn-session.
    set -eu
    cd "$(dirname "$0")"
    : "${FLINK_HOME:?is where Flink is}" "${KAFKA_BOOTSTRAP_SERVERS:?}" "${POSTGRES_JDBC_URL:?}" "${POSTGRES_USER:?}"
    : "${POSTGRES_PASSWORD?may be empty, but must be set}"
    FLINK_GROUP_ID=${FLINK_GROUP_ID:-streampulse-flink}
    SCHEMA_REGISTRY_URL=${SCHEMA_REGISTRY_URL:-}
    export \(variables.joined(separator: " "))
    umask 077
    job=$(mktemp)
    trap 'rm -f "$job"' EXIT
    cat [0-9]*.sql | envsubst '\(variables.map { "${\($0)}" }.joined(separator: " "))' > "$job"
    "$FLINK_HOME/bin/sql-client.sh" -f "$job" "$@"

    """

  var text: String {
    var parts = [
      """
      # \(project) on Apache Flink

      Written by `streampulse export flink`: the project's streams and aggregates in Flink SQL (2.x). Flink writes the same tables of the same database, so that endpoints and the dashboard go on. Files are read in the order of their names.

      | file | |
      |---|---|
      | `00_settings.sql` | the job's settings |
      | `10_sources.sql` | topics, formats, watermarks; a view of each aggregate's rows |
      | `20_sinks.sql` | the tables in Postgres |
      | `30_statements.sql` | one statement set: one job |
      \(tables.contains(where: \.isOwn) ? "| `postgres.sql`, `postgres-back.sql` | tables of what Flink computes by functions of its own, and the way back |\n" : "")| `submit.sh` | puts the settings in, and submits |

      ## Submit

      Flink 2.x and Java 17, with these jars on the class path (`lib/`, or `pipeline.jars`): `flink-sql-connector-kafka`, `flink-connector-jdbc-core`, `flink-connector-jdbc-postgres`, Postgres' own `postgresql`, `flink-sql-avro` for Avro\(hasRegistry ? ", `flink-sql-avro-confluent-registry`" : ""). Stop `streampulse process` first: both would write the same rows. Then

      ```sh
      export KAFKA_BOOTSTRAP_SERVERS=broker-1:9092 FLINK_GROUP_ID=streampulse-flink
      export POSTGRES_JDBC_URL='jdbc:postgresql://db:5432/streampulse?stringtype=unspecified'
      export POSTGRES_USER=streampulse POSTGRES_PASSWORD=…\(hasRegistry ? " SCHEMA_REGISTRY_URL=https://registry:8081" : "")
      \(tables.contains(where: \.isOwn) ? "psql \"$DATABASE_URL\" -v ON_ERROR_STOP=1 -f postgres.sql   # once\n" : "")FLINK_HOME=/opt/flink ./submit.sh
      ```

      No file has a password; `submit.sh` puts it into a temporary file that only its user can read (`envsubst`, of the package gettext-base). `stringtype=unspecified` has to be in the URL: Postgres then reads times, which are written as texts in UTC, as the types of its columns. Where results have a schema of their own (`RESULT_SCHEMA`), add `&currentSchema=NAME`. For TLS and SASL add options `'properties.security.protocol'` and the like to the tables in `10_sources.sql`.

      \(beginning)

      """,
      """
      ## Where rows go

      | aggregate | table | |
      |---|---|---|
      \(tables.map { "| \($0.aggregate) | `\($0.table)` | \(note(of: $0)) |" }.joined(separator: "\n"))

      """,
      """
      ## What differs

      - At least once: the JDBC sink repeats rows after a restart. A repeated row replaces itself.
      - No ledger: nothing of `pulse` is written, `streampulse verify` says nothing of these rows, and `final_until` stands still. Alerts and notifications are the processors' work, and rest while none runs. What is pushed to pages comes when their answers' cache ends (`CACHE_TTL`).
      - A window's row appears when it closes, and not before. What comes after that is dropped: there is no allowed lateness, and nothing revises a row. Of several partitions the slowest decides, as here.
      - Event time has milliseconds.
      - An event further ahead of the clock than `max_ahead` is left out, and is no dead letter.
      - Where an expression is an error of an event here, a dead letter, the export refuses it; what becomes of records that cannot be read is said below.
      - NaN, which Postgres takes for the greatest number and for equal to itself, has no order in Flink.
      - Retention does not look at tables that only Flink writes.
      \(remarks.map { "- \($0)" }.joined(separator: "\n"))

      """,
    ]
    if !without.isEmpty {
      parts.append("Left out, as asked: \(without.joined(separator: ", ")).\n")
    }
    parts.append(
      """
      ## Back

      Stop the job (`flink stop JOB`; also one that was killed will do). Windows that were open have no row yet. Then

      ```sh
      streampulse handover --from flink --group "$FLINK_GROUP_ID"
      streampulse process
      ```

      begins at the offsets that Flink has committed, makes the rows of the windows anew that were open there, and keeps Flink's rows of those before. `--anew` takes none of Flink's rows: the topics have to hold all since you went over by `streampulse handover --to flink`.
      \(tables.contains(where: \.isOwn) ? "\nThe views of \(tables.filter(\.isOwn).map { "`\($0.aggregate)`" }.joined(separator: ", ")) read Flink's tables in front of their own, also afterwards. `psql \"$DATABASE_URL\" -f postgres-back.sql` makes the views as they were, and takes those tables away with their rows: make them anew from the topic first, or keep the tables.\n" : "")
      """)
    return parts.joined(separator: "\n").replacing("\n\n\n", with: "\n\n")
  }

  private var beginning: String {
    isHandover
      ? "The job begins where `streampulse process` has stopped, or rather early enough for the windows that were open then: `HANDOVER.md` says which offsets and rows that are. Started anew without a savepoint it begins there again, and writes the same rows again."
      : "The job begins where the topics begin. `streampulse handover --to flink` writes an export that begins where `streampulse process` has stopped. To begin elsewhere, change `'scan.startup.mode'`: `timestamp` with `'scan.startup.timestamp-millis'`, at the beginning of a window, keeps the rows of earlier windows as they are. A window of which only a part is read is written as that part."
  }

  private func note(of table: Table) -> String {
    guard table.isOwn else {
      return table.table == table.aggregate
        ? "its own table" : "the table below its view: states, as processors write them"
    }
    return
      "a table of Flink's results, which the view reads in front of its own: states that only the processors can make are not written, and roll-ups of several windows do not know these rows"
  }
}

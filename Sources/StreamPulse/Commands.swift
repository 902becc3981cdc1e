import Configuration

/// What the program's command line offers.
enum Commands {
  static let version = "0.1.0"

  private static let kafka: [SettingKey] = [.kafkaBootstrapServers, .kafkaTopic, .kafkaGroupID]
  private static let registry: [SettingKey] = [
    .registryURL, .registryUser, .registryPassword, .registryToken, .registryCA,
  ]
  private static let postgres: [SettingKey] = [
    .databaseURL, .pgHost, .pgPort, .pgDatabase, .pgUser, .pgPassword, .resultSchema, .projectName,
  ]
  private static let references: [SettingKey] = [.referenceMaxRows, .referenceMaxMegabytes]
  private static let engine: [SettingKey] =
    [.flushInterval, .batchSize, .maxDeltaRows, .workers] + references + keeping
  private static let keeping: [SettingKey] = [.ledgerDays, .deadLetterDays, .alertDays]
  private static let notifications: [SettingKey] = [
    .notificationCA, .notificationTimeout, .notificationResend, .notificationGiveUp, .notificationKeep,
  ]
  private static let tracing: [SettingKey] = [
    .traceEndpoint, .traceAddress, .traceHeaders, .traceTimeout, .traceCA, .traceService, .traceResource, .traceSampler,
    .traceSamplerArgument, .traceDisabled,
  ]
  private static let metrics: [SettingKey] = [.metricsHost, .metricsPort]
  private static let api: [SettingKey] = [
    .databaseReadURL, .apiHost, .apiPort, .apiTokens, .apiAllowAnonymous, .apiRateLimit, .allowedOrigins, .cacheTTL,
    .apiWorkers,
    .apiThreads, .apiMaxConnections, .apiMaxConnectionsPerAddress, .apiMaxStreams, .apiMaxStreamsPerAddress,
    .apiMaxSubscriptions, .silentAfter, .auditDays, .statementTimeout,
  ]
  private static let general: [SettingKey] = [.project, .dataDirectory, .logLevel, .logFormat, .logLimit]

  /// A wrong order of things that `crashtest` has to find.
  private static let plantedBug = OptionSpec(
    "planted-bug", value: "NAME", summary: "Be wrong on purpose: position-before-rows"
  ).hidden

  static let interface = CommandLineInterface(
    program: "streampulse", summary: "Live, exactly-once, queryable aggregates from Kafka to Postgres, defined in SQL.",
    version: version,
    commands: [
      CommandSpec(
        name: "up", summary: "Start everything on this machine, in the foreground",
        details: """
          Starts what is not configured (an in-process broker, a private Postgres), migrates, processes, serves the API \
          and the dashboard, and makes a demo load. Ctrl-C stops it all.
          """,
        options: [OptionSpec(flag: "no-demo", summary: "Without the demo load")],
        settings: kafka + registry + postgres + api + engine + notifications + tracing + [.eventsPerMinute] + general),
      CommandSpec(
        name: "dev", summary: "The same as up, and apply each file of the project when it is saved",
        details: """
          Saved files go the way of deploy: a new aggregate gets its table, filled with what the topic holds, a changed \
          one has its rows made anew, and what runs goes on with them. What is wrong is said here and in the dashboard, \
          and the former definitions stay in force. An aggregate that no endpoint reads gets GET /api/stats/NAME.
          """,
        options: [OptionSpec(flag: "no-demo", summary: "Without the demo load")],
        settings: kafka + registry + postgres + api + engine + notifications + tracing + [.eventsPerMinute] + general),
      CommandSpec(
        name: "plan", summary: "Say what migrate would do to the database, and change nothing",
        details: """
          A line for each aggregate and view, with what differs: nothing, new, in place (rows stay as they are), \
          dropped (a view whose file is gone), beside (migrate refuses it, and replay makes the rows anew) or \
          impossible, and why. Exit status 0 when migrate would do all of it, also when that is nothing; 1 when it \
          would refuse something.
          """,
        options: [
          OptionSpec(flag: "json", summary: "One JSON document in place of the lines"),
          OptionSpec("out", value: "FILE", summary: "Write the plan to a file, for migrate --plan"),
        ],
        settings: registry + postgres + general),
      CommandSpec(
        name: "migrate", summary: "Bring the database to what the definitions need",
        details: """
          With --plan it does what streampulse plan --out has written down, and nothing when the database or the \
          definitions have changed since then, with exit status 1.
          """,
        options: [OptionSpec("plan", value: "FILE", summary: "Do what was planned, or nothing")],
        settings: registry + postgres + general),
      CommandSpec(
        name: "deploy", summary: "Put the definitions in force, with running processors and readers",
        details: """
          Does what migrate does, and makes rows anew whose meaning has changed: beside the present ones, from the topic, \
          and in place in one transaction. Running processors and servers go on with the new definitions by themselves. \
          An interrupted deploy has changed nothing but perhaps made empty tables of new aggregates; the next one begins \
          anew. Exit status 0 when the definitions are in force, 1 when they are not and nothing was changed.
          """,
        options: [
          OptionSpec(flag: "fill", summary: "Give new aggregates the records that the topic holds, too"),
          OptionSpec(flag: "shadow", summary: "Keep changed aggregates beside the present ones, as NAME_shadow"),
          OptionSpec(flag: "promote", summary: "Put the shadows' definitions in the place of the present ones"),
          OptionSpec(flag: "discard", summary: "Take the shadows away"),
        ],
        settings: kafka + registry + postgres + general),
      CommandSpec(
        name: "compare", summary: "Say where the rows of two tables, views or aggregates differ",
        details: """
          Rows belong together by the aggregate's keys and its window, else by a unique index of one of them, or by --key. \
          Columns that both have are compared, floats within 1e-9 of their size. Exit status 0 when no row differs, 1 \
          when some do.
          """,
        options: [
          OptionSpec("key", value: "COLUMNS", summary: "By which rows belong together, e.g. shop,window_start"),
          OptionSpec("from", value: "TIME", summary: "Only windows that begin then or later"),
        ],
        arguments: [
          ArgumentSpec("A", summary: "E.g. order_stats"), ArgumentSpec("B", summary: "E.g. order_stats_shadow"),
        ],
        settings: registry + postgres + general),
      CommandSpec(
        name: "process", summary: "Process the stream; start as many instances as you like", options: [plantedBug],
        settings: kafka + [.kafkaInstanceID] + registry + postgres + engine + notifications + tracing + metrics
          + general),
      CommandSpec(
        name: "serve", summary: "Serve the API and the dashboard", settings: kafka + postgres + api + tracing + general),
      CommandSpec(
        name: "check", summary: "Load all definitions and say what is wrong, with file, line and column",
        details: """
          Needs neither Kafka nor Postgres, unless --database has the latter prepare every statement. Each file is judged \
          by itself: what builds on a definition that something is wrong with is named as not checked, and not blamed. \
          Exit status 0 when all definitions are valid, 1 when \
          something is wrong, 2 for wrong usage or settings.
          """,
        options: [
          OptionSpec(
            flag: "database", summary: "Have the migrated database prepare the statements of endpoints and alerts")
        ],
        settings: registry + postgres + general),
      CommandSpec(
        name: "init", summary: "Write a new project from a look at a topic or a file of JSON events",
        details: """
          Looks at up to 1,000 events, the latest of the topic or the first of the file, infers columns and types, and \
          writes a stream, a first aggregate, an endpoint and a test, which pass check and test. Events are JSON objects. \
          The folder is projects/NAME where there is a folder projects, else NAME.
          """,
        options: [
          OptionSpec("from", value: "SOURCE", summary: "topic:NAME, or a file with a JSON object a line"),
          OptionSpec("topic", value: "NAME", summary: "The topic of the stream, with a file", default: "NAME"),
        ],
        arguments: [ArgumentSpec("NAME", summary: "Of the project and its stream: a to z, digits, _ and -")],
        settings: [.kafkaBootstrapServers, .kafkaGroupID, .dataDirectory, .logLevel]),
      CommandSpec(
        name: "doctor", summary: "Look at everything that a running system needs, and say what is wrong",
        details: """
          Settings, definitions, Postgres (rights, clock, locks, settings), Kafka (brokers, topics, positions), processors, \
          dead letters, limits of the process, the API's port. Each finding is a line with the way on; nothing is changed. \
          Exit status 0 when nothing fails, warnings or not; 1 when something does.
          """,
        options: [OptionSpec(flag: "json", summary: "One JSON document: healthy, findings, examined")],
        settings: kafka + registry + postgres + [.apiHost, .apiPort, .apiMaxConnections, .apiWorkers, .silentAfter]
          + general),
      CommandSpec(
        name: "health", summary: "Ask what runs here how it is, as a health check of a container does",
        details: """
          Asks the API for /health, or, where nobody answers, the METRICS_PORT of a processor, and prints the status. Exit \
          status 0 when the answer is 200 (ok or degraded), 1 when it is another or there is none.
          """,
        options: [OptionSpec("url", value: "URL", summary: "Whom to ask; else as the settings say")],
        settings: [.apiHost, .apiPort] + metrics + general),
      CommandSpec(
        name: "smoke", summary: "Send marked events through the system, see them everywhere, and take them back out",
        details: """
          Asks the system that runs six questions: topic exists, offsets advance, processor healthy, recent rows, sums \
          right, endpoints answer. Then copies records of the topics, each with a header that marks it, through a copy of \
          the project on the same brokers and in the same database, with a schema and topics of its own: they have to be \
          in the rows as Postgres computes them, in the API, in a subscription, and in an alert where a window closes. \
          Schema, topics and groups are removed; the system never sees them. Exit status 0 when nothing fails.
          """,
        options: [
          OptionSpec(flag: "json", summary: "One JSON document: passed, checks"),
          OptionSpec(flag: "no-events", summary: "Only the six questions, which change nothing"),
          OptionSpec("events", value: "N", summary: "About how many marked events", default: "300"),
          OptionSpec("url", value: "URL", summary: "Where the API is; else as the settings say"),
        ],
        settings: kafka + registry + postgres + engine + [.apiHost, .apiPort, .silentAfter] + general),
      CommandSpec(
        name: "reset", summary: "Wipe all that the project has written into its database",
        details: """
          Empties the project's results, positions, ledger, dead letters and alerts in one transaction, and nothing that \
          is not the project's. Tables, definitions and the audit log stay; the topics are read again from where they \
          begin. Without a configured Postgres it is the private one in the data folder. Refuses while a processor runs. \
          Asks first. Exit status 0 when it is done, 1 when it is not, 2 for wrong usage or settings.
          """,
        options: [OptionSpec(flag: "yes", summary: "Do not ask")], settings: registry + postgres + general),
      CommandSpec(
        name: "explain", summary: "Say what a definition comes to: columns, state, table, statements, cost",
        details: """
          Of an aggregate: what it reads and decodes, its filter, window and keys, what it keeps for each group, the \
          table, the upsert, the same as a batch query, and what an event costs, measured with made-up rows of its \
          columns. Shorter of a stream, an endpoint or an alert. Needs neither Kafka nor Postgres.
          """,
        options: [
          OptionSpec(flag: "json", summary: "One JSON object, whose members docs/tooling.md explains"),
          OptionSpec(flag: "no-cost", summary: "Without the measurement, which takes about a second"),
        ],
        arguments: [ArgumentSpec("NAME", summary: "E.g. order_stats, orders, /api/stats/orders or MANY_FAILURES")],
        settings: registry + [.project, .logLevel]),
      CommandSpec(
        name: "export", summary: "Write the project in the words of another system: export flink",
        details: """
          Flink SQL (2.x) that reads the same topics and writes the same tables, with a README that says how to submit it, \
          what differs and how to come back. What cannot be said in Flink SQL is refused by name, all of it at once, and \
          nothing is written. Needs neither Kafka nor Postgres. Exit status 0 when it is written, 1 when something is \
          refused.
          """,
        options: [
          OptionSpec("out", value: "DIR", summary: "The folder, which is new or empty", default: "flink"),
          OptionSpec("without", value: "NAMES", summary: "Aggregates to leave out, e.g. traffic,visits"),
        ],
        arguments: [ArgumentSpec("SYSTEM", summary: "flink")], settings: registry + postgres + [.project, .logLevel]),
      CommandSpec(
        name: "handover", summary: "Let Apache Flink go on where the processors have stopped, and come back",
        details: """
          --to flink writes an export (see export) that begins at the offsets from which on the windows that are open now \
          can be made whole, and that leaves the closed ones alone. From then on no processor starts. --from flink begins \
          where Flink's consumer group stands, makes the rows of the windows anew that were open there, and keeps those of \
          before; with --anew all since the hand-over is read again, and nothing of Flink's stays. Both refuse while a \
          processor runs, say which rows and offsets they are about, and do all of it or nothing. Exit status 1 when \
          something is refused.
          """,
        options: [
          OptionSpec("to", value: "SYSTEM", summary: "flink"),
          OptionSpec("from", value: "SYSTEM", summary: "flink, whose job has ended"),
          OptionSpec("out", value: "DIR", summary: "--to: the folder, which is new or empty", default: "flink"),
          OptionSpec("without", value: "NAMES", summary: "--to: aggregates to leave out, whose rows then rest"),
          OptionSpec(
            "group", value: "GROUP", summary: "--from: consumer group of Flink's job", default: "streampulse-flink"),
          OptionSpec(flag: "anew", summary: "--from: go on where the processors had stopped"),
        ],
        settings: kafka + registry + postgres + references + general),
      CommandSpec(
        name: "test", summary: "Run the tests in sql/tests: events in, rows, alerts and answers out",
        details: """
          Each file is one test. Runs them through the processor's own code and a real Postgres, in a schema of its own \
          that is dropped at the end, without Kafka; the clock is the test's. The Postgres is the configured one, else \
          that of a running "up", else a private one in the data folder. Exit status 0 when all tests pass, 1 when one \
          fails or a definition is wrong, 2 for wrong usage or settings. docs/tooling.md says how tests are written.
          """,
        options: [
          OptionSpec(flag: "watch", summary: "Run them again whenever a file of sql/ or schemas/ is saved"),
          OptionSpec("junit", value: "FILE", summary: "Write the outcomes as JUnit's XML, too"),
        ],
        arguments: [
          ArgumentSpec(
            "TEST", summary: "Which ones, by the names of their files", isRequired: false, isRepeatable: true)
        ],
        settings: registry + postgres.filter { $0 != .resultSchema && $0 != .projectName } + general),
      CommandSpec(
        name: "verify", summary: "Prove from the ledger that every record was applied once",
        details: """
          Exit status 0 only when every check holds. With --recount the topic is read again up to the committed \
          positions, beside running processors; Postgres computes the rows of every aggregate by running the \
          definition's own SELECT, and every value that differs is listed. Windows whose records the topic no longer \
          holds are named and not judged.
          """,
        options: [OptionSpec(flag: "recount", summary: "Recompute the rows from the topic, and compare")],
        settings: kafka + registry + postgres + general),
      CommandSpec(
        name: "replay", summary: "Make an aggregate's rows anew from the topic, beside running processors",
        details: """
          Computes the rows in a table of their own and puts that in the place of the present one, in one transaction. \
          With --from TIME older windows stay as they are. It is also the way to a changed definition: change the file, \
          replay --from beginning, and start the processors again. It refuses when the topic no longer holds the \
          records, and says from which time on it does.
          """,
        options: [
          OptionSpec(
            "from", value: "TIME", summary: "First window to make anew, e.g. '2026-01-31 12:00Z', or: beginning"),
          OptionSpec(flag: "dry-run", summary: "Only say how many records, and about how long"),
        ],
        arguments: [ArgumentSpec("AGGREGATE", summary: "Which one, e.g. order_stats")],
        settings: kafka + registry + postgres + references + general),
      CommandSpec(
        name: "alerts", summary: "Look at alerts, take note of them, silence them, and try definitions on what was",
        details: """
          list shows the newest, and the silences that go on. show ID shows all of one: its incident, the messages about \
          it. ack ID takes note of it. silence NAME=VALUE… keeps alerts from being told for a time, by members of their \
          keys, alert_type or severity; unsilence ID ends that. backtest FILE judges the windows that are stored as an alert \
          of that file would have done, and prints the incidents that it would have raised, as a table and as a picture. \
          Nothing is written by it. notify-test TARGET sends a test message to a target of sql/alerts/targets.sql, and says \
          what the server answered; exit status 0 when the target has taken it, 1 when it has not.
          """,
        options: [
          OptionSpec("state", value: "STATE", summary: "list: firing, resolved or all", default: "all"),
          OptionSpec("limit", value: "N", summary: "How many list shows at most", default: "20"),
          OptionSpec(flag: "json", summary: "list and show: one JSON object a line, with everything"),
          OptionSpec("as", value: "NAME", summary: "Who acknowledges or silences; else the user of this machine"),
          OptionSpec("for", value: "TIME", summary: "silence: how long, e.g. '2 hours'"),
          OptionSpec("every", value: "TIME", summary: "silence: how often it comes again, e.g. '1 day'"),
          OptionSpec("comment", value: "TEXT", summary: "silence: why"),
          OptionSpec(flag: "all", summary: "silence: all alerts"),
          OptionSpec("from", value: "TIME", summary: "backtest: first windows, e.g. '2 days' ago or 2026-01-31T12:00Z"),
          OptionSpec("until", value: "TIME", summary: "backtest: last windows; else now"),
          OptionSpec("compare", value: "FILE", summary: "backtest: another definition to judge beside it"),
        ],
        arguments: [
          ArgumentSpec("ACTION", summary: "list, show, ack, silence, unsilence, backtest or notify-test"),
          ArgumentSpec("WHICH", summary: "IDs, NAME=VALUE, a file or a target", isRequired: false, isRepeatable: true),
        ],
        settings: registry + postgres + [.notificationCA, .notificationTimeout] + general),
      CommandSpec(
        name: "dead-letters", summary: "Look at records that could not be processed, and process them again",
        details: """
          list shows the newest. show ID shows all of one, with its bytes; ID may also be the streampulse.id of a \
          forwarded copy. replay decodes letters again with today's definitions and adds them to the results that have \
          not taken them: those named by ID, those that the filters choose, or all. What is replayed is not replayed \
          again; what still fails stays, with the new reason, and the exit status is 1.
          """,
        options: [
          OptionSpec("code", value: "CODE", summary: "Only those with this code, e.g. TRUNCATED"),
          OptionSpec("stream", value: "NAME", summary: "Only those of this stream"),
          OptionSpec("partition", value: "N", summary: "Only those of this partition"),
          OptionSpec("since", value: "TIME", summary: "Only those written since a time, or '2 hours' ago"),
          OptionSpec("limit", value: "N", summary: "How many list shows at most", default: "20"),
          OptionSpec(flag: "all", summary: "Replay all that have not been replayed"),
          OptionSpec(flag: "json", summary: "list and show: one JSON object a line, with everything"),
        ],
        arguments: [
          ArgumentSpec("ACTION", summary: "list, show or replay"),
          ArgumentSpec("ID", summary: "Which ones", isRequired: false, isRepeatable: true),
        ],
        settings: registry + postgres + references + general),
      CommandSpec(
        name: "tail", summary: "Show the events of a stream as they come",
        details: """
          A line for each: partition and offset, when it happened, how long ago that was when it was read, and all of \
          its columns. Reads beside the processors and commits nothing. Ends with Ctrl-C or after --limit. Records that \
          cannot be decoded are shown with the reason; with --where they are left out.
          """,
        options: [
          OptionSpec("where", value: "SQL", summary: "Only events of which this is true, e.g. \"status = 'failed'\""),
          OptionSpec(flag: "raw", summary: "The payload itself, as text or in hexadecimal, in place of the columns"),
          OptionSpec("limit", value: "N", summary: "End after so many lines"),
          OptionSpec("from", value: "PLACE", summary: "beginning, end or an offset", default: "end"),
          OptionSpec("partition", value: "N", summary: "Only this partition"),
          OptionSpec(flag: "json", summary: "One JSON object a line"),
        ],
        arguments: [ArgumentSpec("STREAM", summary: "Which one, e.g. orders")],
        settings: kafka + registry + postgres + general),
      CommandSpec(
        name: "detect", summary: "Score each row of a time series by how unusual it is, with the alerts' own detector",
        details: """
          Reads timestamp,value and writes timestamp,anomaly_score, one row for each row, as they come: a score depends on \
          nothing that follows it. Scores are from 0 to 1; from 0.75 on an alert would report. Times are ISO 8601 (UTC \
          unless they have an offset) or numbers since 1970. A missing value is empty, null or NaN.

          With --forecast it writes what is expected of rows to come, as the office forecasts windows: a row for each \
          horizon, with times in seconds since 1970.
          """,
        options: [
          OptionSpec("csv", value: "FILE", summary: "What to read; - is standard input"),
          OptionSpec(
            "forecast", value: "SECONDS", summary: "Forecast in place of scores, where rows are so many seconds apart"),
        ], settings: []),
      CommandSpec(
        name: "token", summary: "Make a token for a client of the API",
        details: """
          Prints the token, which is for the client and is not kept anywhere, and the entry for API_TOKENS, which has \
          only its digest. A server that runs reads API_TOKENS when it is started again.
          """,
        options: [
          OptionSpec("scopes", value: "SCOPES", summary: "read, write, admin, or several: read+write", default: "read"),
          OptionSpec("expires", value: "DAY", summary: "With whose beginning it ends, in UTC, e.g. 2027-01-31"),
        ],
        arguments: [ArgumentSpec("NAME", summary: "Who will use it, e.g. grafana")], settings: []),
      CommandSpec(
        name: "bench", summary: "Measure against the limits, in the same run",
        details: """
          Runs one of engine, language, keys, detect, pipeline, streams, freshness, recovery, api, push, memory and demo, \
          or all of them, each with servers of its own; KAFKA_BOOTSTRAP_SERVERS puts another broker in place of the \
          in-process one. Exit status 0 only when every goal is met; docs/performance.md says what each of them does.
          """,
        options: [
          OptionSpec(flag: "json", summary: "One JSON line per figure instead of a table"),
          OptionSpec("rounds", value: "N", summary: "Rounds of each side, in turns", default: "5"),
          OptionSpec("events", value: "N", summary: "Size of the backlog", default: "2000000"),
          OptionSpec("minutes", value: "M", summary: "How long memory looks", default: "10"),
        ],
        arguments: [ArgumentSpec("BENCH", summary: "Which one; all without it", isRequired: false)],
        settings: [.kafkaBootstrapServers, .kafkaTopic, .kafkaGroupID] + engine + general),
      CommandSpec(
        name: "simulate-scale",
        summary: "Say what a load needs in cores, writes, WAL and storage, and what is short first",
        details: """
          Measures for about a minute what the project's demo load costs on this machine, with servers of its own, and \
          reckons from that: processors, Postgres, write-ahead log, storage. docs/sizing.md says how, and how far it can \
          be trusted. Exit status 0 when the load fits, 1 when it does not.

            streampulse simulate-scale --events-per-second 1000000 --keys 100000 --partitions 48
            streampulse simulate-scale --project trips --json > costs.json
            streampulse simulate-scale --costs costs.json --events-per-second 10000000 --postgres-cores 32
          """,
        options: [
          OptionSpec("events-per-second", value: "N", summary: "The load, up to a thousand million", default: "100000"),
          OptionSpec(
            "keys", value: "N", summary: "Groups of a window, of the aggregate that has the most",
            default: "as many as the demo load has"),
          OptionSpec("partitions", value: "N", summary: "Partitions of the topic", default: "12"),
          OptionSpec("instances", value: "N", summary: "Processes of \"process\"", default: "as many as it takes"),
          OptionSpec("postgres-cores", value: "N", summary: "Cores that Postgres has", default: "this machine's"),
          OptionSpec(
            "wal-mb-per-second", value: "N", summary: "What Postgres' disk takes of write-ahead log",
            default: "what this machine's takes"),
          OptionSpec("storage-gb", value: "N", summary: "Disk for rows", default: "1000"),
          OptionSpec("costs", value: "FILE", summary: "Costs that --json has written, instead of measuring"),
          OptionSpec(
            flag: "check", summary: "Measure three other sizes, too, and compare them with what is said of them"),
          OptionSpec(flag: "json", summary: "One JSON object, whose members docs/sizing.md explains"),
        ],
        settings: engine + general),
      CommandSpec(
        name: "crashtest", summary: "Kill, pause and cut everything, and compare every row with the truth",
        details: """
          Runs a load, a broker, Postgres and processors in a scratch folder of its own, injects faults, lets it all \
          catch up, and has Postgres compute from the recorded events what each row has to be. The same seed gives \
          the same faults at the same times. Exit status 0 only when no row differs; the folder with all logs is kept \
          when one does. The last line is the verdict.
          """,
        options: [
          OptionSpec("minutes", value: "M", summary: "How long faults happen", default: "10"),
          OptionSpec("seed", value: "S", summary: "Which faults happen when", default: "another one each time"),
          OptionSpec("processors", value: "N", summary: "Instances in the group, 1 to 4", default: "3"),
          OptionSpec("every", value: "SECONDS", summary: "Mean time between two faults", default: "5"),
          OptionSpec("rate", value: "EVENTS/S", summary: "Events per second", default: "5000"),
          OptionSpec(
            "kafka-command", value: "COMMAND",
            summary: "Starts a Kafka when called with a folder and a port; it is killed and started again",
            default: "the in-process broker, which can only be paused"),
          plantedBug,
        ],
        settings: engine + general),
      CommandSpec(
        name: "broker", summary: "Run only the in-process broker, for tests and trials",
        details: """
          Prints KAFKA_BOOTSTRAP_SERVERS=… when it is ready and runs until it is stopped. It keeps about 5 MB per \
          partition, in memory.
          """,
        options: [OptionSpec("partitions", value: "N", summary: "Partitions of the topic", default: "3")],
        settings: [.kafkaTopic] + registry + [.project, .logLevel]),
    ])
}

import Configuration
import Downloads

/// What `event-generator` understands.
let generatorCommandLine = CommandLineInterface(
  program: "event-generator",
  summary: "Publishes download events to Kafka: made up, or from a web server's access log.",
  version: "0.1.0",
  commands: [
    CommandSpec(
      name: "", summary: "Make up downloads and publish them",
      details: """
        Sends synthetic downloads until --count, --duration or Ctrl-C. The broker is KAFKA_BOOTSTRAP_SERVERS, else that of
        the running "streampulse up". The same --seed, --start and --count give the same events, byte for byte.

          event-generator --rate 500 --incident US-California:+60s:5m:60%
          event-generator --count 2000000 --seed 1 --start 2026-01-01T00:00:00Z --span 10m
        """,
      options: [
        OptionSpec(
          "rate", value: "EVENTS/S", summary: "Events per second, or max",
          default: "EVENTS_PER_MINUTE / 60; max with --count unless that is set"),
        OptionSpec("count", value: "N", summary: "Stop after N events"),
        OptionSpec("duration", value: "DURATION", summary: "Stop after this long, e.g. 90s, 5m, 2h"),
        OptionSpec("seed", value: "N", summary: "Which events are made up", default: "another one each time"),
        OptionSpec("start", value: "TIME", summary: "Event time of the first event, ISO 8601", default: "now"),
        OptionSpec(
          "span", value: "DURATION",
          summary: "Spread the event times of --count events over this long; without --start it ends now"),
        OptionSpec("event-rate", value: "EVENTS/S", summary: "Events per second of event time, from --start on"),
        OptionSpec("titles", value: "N", summary: "Titles in the catalogue", default: "250"),
        OptionSpec("regions", value: "N", summary: "Regions, which are the records' keys", default: "24"),
        OptionSpec("users", value: "N", summary: "Users", default: "100000"),
        OptionSpec(
          "error-rate", value: "SHARE", summary: "Share of all downloads that fail; regions differ", default: "8%"),
        OptionSpec(
          "incident", value: "REGION:START:DURATION:ERROR_RATE",
          summary: "An outage, e.g. JP-Tokyo:+60s:5m:60%; START is +DURATION from the first event time, or a time",
          isRepeatable: true),
        OptionSpec(
          flag: "demo",
          summary: "The load of \"streampulse up\": 2% fail, nowhere so many that there is an alert, and incidents are "
            + "staged now and then and announced"),
        OptionSpec(
          "out-of-order", value: "SHARE[:MAX_SECONDS]",
          summary: "Share of events stamped up to MAX_SECONDS (30) before their turn"),
      ] + outputOptions,
      settings: brokerSettings + [.eventsPerMinute]),
    CommandSpec(
      name: "replay", summary: "Publish a web server's access log as downloads",
      details: """
        Path without its query -> content id and title, by its extension -> type; status below 400 -> success, else failed
        with error_code http_STATUS; bytes -> size_gb; user agent -> device_type and os_version; client address -> user_id
        and, by the regional internet registry of its first octet, region. Duration and speed are 0: the log does not say.
        Event times are the log's own. Lines that cannot be parsed are counted and shown.
        """,
      options: [
        OptionSpec("format", value: "FORMAT", summary: "access-log: combined or common format", default: "access-log"),
        OptionSpec("rebase", value: "now", summary: "Shift all event times so that the last one is now"),
        OptionSpec(
          "speed", value: "N", summary: "Publish N times as fast as it happened", default: "as fast as possible"),
      ] + outputOptions,
      arguments: [ArgumentSpec("FILE", summary: "The log; - is standard input")],
      settings: brokerSettings),
  ])

private let outputOptions = [
  OptionSpec("framing", value: "FRAMING", summary: "bare, single-object or confluent:ID", default: "bare"),
  OptionSpec("output", value: "FILE", summary: "Write the events as JSON lines too; - is standard output"),
  OptionSpec(flag: "dry-run", summary: "Send nothing to Kafka"),
  OptionSpec("partitions", value: "N", summary: "Partitions of the topic when it has to be made", default: "3"),
  OptionSpec("topic", value: "TOPIC", summary: "Short for --kafka-topic", default: "content-downloads"),
  OptionSpec("bootstrap-servers", value: "SERVERS", summary: "Short for --kafka-bootstrap-servers"),
]

private let brokerSettings: [SettingKey] = [
  .kafkaBootstrapServers, .kafkaTopic, .kafkaGroupID, .dataDirectory, .project,
]

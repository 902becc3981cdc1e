import Configuration

/// What `event-generator` understands.
let generatorCommandLine = CommandLineInterface(
  program: "event-generator",
  summary: "Publishes events to Kafka: made up, or from a file. Without a command it makes up downloads.",
  version: "0.1.0",
  commands: [generation(of: .downloads, name: "")] + EventKind.allCases.map { generation(of: $0, name: $0.rawValue) }
    + [replayCommand, followCommand])

/// - Parameter name: the command's; empty for what runs without one.
private func generation(of kind: EventKind, name: String) -> CommandSpec {
  CommandSpec(
    name: name, summary: "Make up \(kind.subject) and publish them",
    details: """
      Sends made-up \(kind.subject) until --count, --duration or Ctrl-C. The broker is KAFKA_BOOTSTRAP_SERVERS, else that of
      the running "streampulse up". The same --seed, --start and --count give the same events, byte for byte.

      \(kind.details)
      """,
    options: runOptions + kind.options + (kind.hasIncidents ? [incidentOption(of: kind)] : []) + orderOptions
      + rowOptions(kind.shape)
      + [OptionSpec(flag: "print-schema", summary: "Print the Avro schema of the events, and send nothing")]
      + outputOptions(topic: kind.shape.topic, isSetting: kind == .downloads),
    settings: kind == .downloads ? brokerSettings + [.eventsPerMinute] : kindSettings + [.eventsPerMinute])
}

/// How many events there are, and when.
private let runOptions = [
  OptionSpec(
    "rate", value: "EVENTS/S", summary: "Events per second, or max",
    default: "EVENTS_PER_MINUTE / 60; max with --count unless that is set"),
  OptionSpec("count", value: "N", summary: "Stop after N events, those counted that an incident makes vanish"),
  OptionSpec("duration", value: "DURATION", summary: "Stop after this long, e.g. 90s, 5m, 2h"),
  OptionSpec("seed", value: "N", summary: "Which events are made up", default: "another one each time"),
  OptionSpec("start", value: "TIME", summary: "Event time of the first event, ISO 8601", default: "now"),
  OptionSpec(
    "span", value: "DURATION",
    summary: "Spread the event times of --count events over this long; without --start it ends now"),
  OptionSpec("event-rate", value: "EVENTS/S", summary: "Events per second of event time, from --start on"),
  OptionSpec(
    flag: "daily-rhythm", summary: "More events in the evening than at night (UTC), in a day as many as at the rate"),
]

private let orderOptions = [
  OptionSpec(
    "out-of-order", value: "SHARE[:MAX_SECONDS]",
    summary: "Share of events stamped up to MAX_SECONDS (30) before their turn, which so arrive late")
]

private func incidentOption(of kind: EventKind) -> OptionSpec {
  let form = "\(kind.incidentTarget):START:DURATION:\(kind.incidentEffect.replacing(" ", with: "_"))".uppercased()
  return OptionSpec(
    "incident", value: form,
    summary: "\(kind.incidentSummary); START is +DURATION from the first event time, or a time", isRepeatable: true)
}

/// How events are written.
private func rowOptions(_ shape: EventShape) -> [OptionSpec] {
  [
    OptionSpec("format", value: "FORMAT", summary: "avro, json or csv", default: shape.format.rawValue),
    OptionSpec("key", value: "FIELD", summary: "The field that is the record's key", default: shape.key),
    OptionSpec(
      "schema", value: "FILE", summary: "Avro schema to encode with",
      default: "schemas/\(shape.schemaFile) of the project" + (shape.needsSchemaFile ? "" : ", else its own")),
    framingOption,
  ]
}

private let framingOption = OptionSpec(
  "framing", value: "FRAMING", summary: "What precedes Avro: bare, single-object or confluent:ID", default: "bare")

/// - Parameter isSetting: KAFKA_TOPIC counts.
private func outputOptions(topic: String, isSetting: Bool) -> [OptionSpec] {
  [
    OptionSpec(
      "output", value: "FILE",
      summary: "Write the events to a file, too, a line each: CSV when that is sent, else JSON; - is standard output"),
    OptionSpec(
      "traceparent", value: "CONTEXT",
      summary: "Header traceparent of every record (W3C Trace Context); new gives each one of its own"),
    OptionSpec(flag: "dry-run", summary: "Send nothing to Kafka"),
    OptionSpec("partitions", value: "N", summary: "Partitions of the topic when it has to be made", default: "3"),
    OptionSpec(
      "topic", value: "TOPIC", summary: isSetting ? "Short for --kafka-topic" : "Topic to send to", default: topic),
    OptionSpec("bootstrap-servers", value: "SERVERS", summary: "Short for --kafka-bootstrap-servers"),
  ]
}

private let kindSettings: [SettingKey] = [.kafkaBootstrapServers, .kafkaGroupID, .dataDirectory, .project]
private let brokerSettings: [SettingKey] = [
  .kafkaBootstrapServers, .kafkaTopic, .kafkaGroupID, .dataDirectory, .project,
]

private let replayCommand = CommandSpec(
  name: "replay", summary: "Publish a file: an access log, CSV or JSON lines",
  details: """
    access-log  a web server's log in combined or common format. As downloads: path without its query -> content id and
                title, by its extension -> type; status below 400 -> success, else failed with error_code http_STATUS;
                bytes -> size_gb; user agent -> device_type and os_version; client address -> user_id and, by the
                regional internet registry of its first octet, region. Duration and speed are 0: the log does not say.
                With --events requests: event_time, client, method, path, status, bytes, referrer, user_agent.
    csv         lines with a header, which names the columns. Sent as they are, or --as json. With --stream the columns
                are those that the project declares, in any order: values become JSON by their type, and a line that
                does not fit is malformed. Without it whatever looks like a JSON number becomes one; see --text.
    json-lines  a JSON object a line, sent as it is.

    Event times are the file's own. Malformed lines are counted and shown, and with --send-malformed sent nevertheless:
    a value that does not fit its column as a text in the JSON object, whatever else is wrong as it stands in the file.

      event-generator replay access.log --rebase now
      event-generator replay trips.csv --format csv --as json --stream trips --rebase now
      event-generator replay trips.csv --format csv --as json --topic trips --key region_id --time event_time --speed 60
    """,
  options: [
    OptionSpec("format", value: "FORMAT", summary: "The file's: access-log, csv or json-lines", default: "access-log"),
    OptionSpec(
      "as", value: "FORMAT", summary: "What is sent: avro, json or csv",
      default: "avro for downloads, json for requests, else that of the file"),
    OptionSpec("events", value: "KIND", summary: "What requests become: downloads or requests", default: "downloads"),
    OptionSpec(
      "stream", value: "NAME",
      summary: "The project's stream that a csv or json-lines file is for: columns, topic, time"),
    OptionSpec(flag: "no-header", summary: "The csv has no header: its columns are those of --stream or --columns"),
    OptionSpec("columns", value: "NAMES", summary: "The columns of a csv without a header, with commas between them"),
    OptionSpec("delimiter", value: "CHARACTER", summary: "Between fields of the csv; tab is one", default: ","),
    OptionSpec("null", value: "TEXT", summary: "What a field of the csv says that has no value", default: "nothing"),
    OptionSpec(
      "text", value: "COLUMN", summary: "Keep this column's values texts that look like numbers; * is all of them",
      isRepeatable: true),
    OptionSpec(
      "time", value: "COLUMN", summary: "Event time: ISO 8601, or a number since 1970", default: "the stream's"),
    OptionSpec("key", value: "COLUMN", summary: "The record's key", default: "none; region or client of an access log"),
    OptionSpec("rebase", value: "now", summary: "Shift all event times so that the last one is now"),
    OptionSpec("speed", value: "N", summary: "Publish N times as fast as it happened", default: "as fast as possible"),
    OptionSpec(flag: "send-malformed", summary: "Send malformed lines, too"),
    OptionSpec(
      "schema", value: "FILE", summary: "Avro schema to encode with", default: "schemas/event.avsc of the project"),
    framingOption,
  ] + outputOptions(topic: "the stream's; content-downloads and requests for access logs", isSetting: true),
  arguments: [ArgumentSpec("FILE", summary: "The file; - is standard input")],
  settings: brokerSettings)

private let followCommand = CommandSpec(
  name: "follow", summary: "Publish an access log as it grows",
  details: """
    Sends each line that a web server appends to its log in combined or common format, until Ctrl-C: what replay makes of
    it, from the file's end on. A log that is rotated is read to its end, then the new file of its name from the beginning;
    one that is emptied, from the beginning, too.

      event-generator follow /var/log/nginx/access.log
    """,
  options: [
    OptionSpec("as", value: "FORMAT", summary: "What is sent: avro, json or csv", default: "json; avro for downloads"),
    OptionSpec("events", value: "KIND", summary: "What requests become: requests or downloads", default: "requests"),
    OptionSpec(flag: "from-start", summary: "Send what the file holds already, too"),
    OptionSpec("key", value: "COLUMN", summary: "The record's key", default: "client; region of downloads"),
    OptionSpec(flag: "send-malformed", summary: "Send malformed lines, too"),
    OptionSpec(
      "schema", value: "FILE", summary: "Avro schema to encode with", default: "schemas/event.avsc of the project"),
    framingOption,
  ] + outputOptions(topic: "requests; content-downloads for downloads", isSetting: true),
  arguments: [ArgumentSpec("FILE", summary: "The log")],
  settings: brokerSettings)

extension EventKind {
  /// What is made up.
  fileprivate var subject: String {
    switch self {
    case .downloads: "downloads"
    case .trips: "taxi trips"
    case .metrics: "measurements"
    case .donations: "events of live streams"
    case .requests: "requests to a web server"
    case .persons: "persons of the Nexmark benchmark"
    case .auctions: "auctions of the Nexmark benchmark"
    case .bids: "bids of the Nexmark benchmark"
    }
  }

  fileprivate var details: String {
    switch self {
    case .downloads:
      """
        event-generator --rate 500 --incident US-California:+60s:5m:60%
        event-generator --count 2000000 --seed 1 --start 2026-01-01T00:00:00Z --span 10m
      """
    case .trips:
      """
      trip_id, region_id, event_time, fare, duration (seconds), distance (km). A region has more trips in its own rush
      hours; they take longer then and cost more.

        event-generator trips --rate 200 --incident 3:+60s:5m:vanish --incident 1:+2m:5m:surge=3
      """
    case .metrics:
      """
      metric_id, name, timestamp, value, tags (host, service, zone): nine metrics of each host, some more often than others.
      An incident's METRIC is a name (cpu_usage_percent), a host (web-1) or both (web-1/cpu_usage_percent).

        event-generator metrics --rate 200 --out-of-order 5%:120 --incident web-1/cpu_usage_percent:+60s:5m:shift=2
      """
    case .donations:
      """
      event_id, stream_id, type (view, chat, donation), timestamp, user_id, viewers, message, amount_usd. Each stream has its
      evening by its own clock.

        event-generator donations --rate 200 --incident stream_007:+60s:5m:raid=10
      """
    case .requests:
      """
      event_time, client, method, path, status, bytes, referrer, user_agent: what "replay --events requests" makes of an
      access log.

        event-generator requests --rate 200 --incident /api/search:+60s:5m:fail=60% --incident /:+2m:1m:flood=5
      """
    case .persons, .auctions, .bids:
      """
      Persons, auctions and bids come 1 to 3 to 46, on a topic each. With the same --seed and --start, and --count or
      --rate in these proportions, they belong together: bids are for auctions that have begun, by persons who have come.

        event-generator persons  --seed 1 --start 2026-01-01T00:00:00Z --span 10m --count 20000
        event-generator auctions --seed 1 --start 2026-01-01T00:00:00Z --span 10m --count 60000
        event-generator bids     --seed 1 --start 2026-01-01T00:00:00Z --span 10m --count 920000
      """
    }
  }

  fileprivate var options: [OptionSpec] {
    switch self {
    case .downloads:
      [
        OptionSpec("titles", value: "N", summary: "Titles in the catalogue", default: "250"),
        OptionSpec("regions", value: "N", summary: "Regions, which are the records' keys", default: "24"),
        OptionSpec("users", value: "N", summary: "Users", default: "100000"),
        OptionSpec(
          "error-rate", value: "SHARE", summary: "Share of all downloads that fail; regions differ", default: "8%"),
        OptionSpec(
          flag: "demo",
          summary: "The load of \"streampulse up\": 2% fail, nowhere so many that there is an alert, and incidents are "
            + "staged now and then and announced"),
      ]
    case .trips: [OptionSpec("regions", value: "N", summary: "Regions, from 1 on", default: "8")]
    case .metrics: [OptionSpec("hosts", value: "N", summary: "Hosts, of nine metrics each", default: "12")]
    case .donations:
      [
        OptionSpec("streams", value: "N", summary: "Live streams, from stream_001 on", default: "50"),
        OptionSpec("users", value: "N", summary: "Users", default: "100000"),
        OptionSpec("donation-rate", value: "SHARE", summary: "Share of all events that are donations", default: "3%"),
      ]
    case .requests: [OptionSpec("clients", value: "N", summary: "Clients", default: "2000")]
    case .persons, .auctions, .bids: []
    }
  }

  fileprivate var incidentSummary: String {
    switch self {
    case .downloads: "An outage, e.g. JP-Tokyo:+60s:5m:60%"
    case .trips:
      "What happens to a region: vanish[=SHARE] of its trips, surge[=FACTOR] of its fares, e.g. 3:+60s:5m:vanish"
    case .metrics:
      "What happens to a metric: shift[=FACTOR] of its level, spike[=FACTOR] that fades, vanish[=SHARE] of its measurements"
    case .donations: "What happens to a stream: raid[=FACTOR] of its viewers, spike[=FACTOR] of its donations"
    case .requests:
      "What happens to a path: fail[=SHARE] of its requests, flood[=FACTOR] of all others by one client"
    case .persons, .auctions, .bids: ""
    }
  }
}

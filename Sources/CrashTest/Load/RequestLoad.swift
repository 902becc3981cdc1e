import Events
import SQLQuoting
import Synthesis

/// Lines of an access log in CSV. The truth is the lines as they are, which Postgres reads with `COPY`'s own format CSV.
struct RequestLoad: TopicLoad {
  let name = "requests"
  let topic = "crashtest-requests"
  let streams = [RequestLoad.stream]
  let share = 1
  let malformedInterval = 300

  private static let stream = "crashtest_requests"
  /// As the definition says them.
  private static let declaration = """
    at timestamptz NOT NULL, host text NOT NULL, path text, status integer NOT NULL, bytes bigint,
    seconds numeric(9,3) NOT NULL, agent varchar(40)
    """

  static let definitions = [
    ProjectFile(
      path: "sql/streams/\(stream).sql",
      text: """
        -- Lines of an access log, in CSV.
        CREATE FOREIGN TABLE \(stream) (\(declaration)) SERVER kafka OPTIONS (
          topic 'crashtest-requests', format 'csv', delimiter ';', null '-', event_time 'at');

        """),
    ProjectFile(
      path: "sql/aggregates/crashtest_paths.sql",
      text: """
        -- Requests per path and status.
        CREATE MATERIALIZED VIEW crashtest_paths AS
        SELECT path,
               status,
               count(*) AS requests,
               sum(bytes) AS total_bytes,
               avg(bytes) AS avg_bytes,
               max(seconds) AS slowest_seconds,
               avg(seconds) AS avg_seconds
        FROM \(stream)
        GROUP BY tumble(at, INTERVAL '1 minute'), path, status;

        """),
    ProjectFile(
      path: "sql/aggregates/crashtest_statuses.sql",
      text: """
        -- Requests per status, of the rows for paths.
        CREATE MATERIALIZED VIEW crashtest_statuses AS
        SELECT status,
               sum(requests) AS requests,
               sum(total_bytes) AS total_bytes,
               max(slowest_seconds) AS slowest_seconds
        FROM crashtest_paths
        WHERE path <> '/items/0'
        GROUP BY tumble(window_start, INTERVAL '5 minutes'), status;

        """),
    ProjectFile(
      path: "sql/aggregates/crashtest_latencies.sql",
      text: """
        -- How long requests took, and from how many hosts they came.
        CREATE MATERIALIZED VIEW crashtest_latencies AS
        SELECT status,
               count(*) AS requests,
               approx_count_distinct(host) AS hosts,
               percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS p95_seconds,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds
        FROM \(stream)
        GROUP BY hop(at, INTERVAL '10 seconds', INTERVAL '20 seconds'), status;

        """),
    ProjectFile(path: "sql/references/\(items.name).sql", text: items.declaration),
    ProjectFile(
      path: "sql/aggregates/crashtest_shelves.sql",
      text: """
        -- Requests per shelf on which what was asked for lay at that time.
        CREATE MATERIALIZED VIEW crashtest_shelves AS
        SELECT item.shelf,
               count(*) AS requests,
               sum(item.weight) AS total_weight,
               count(item.note) AS notes
        FROM \(stream)
        JOIN \(items.name) AS item ON item.path = \(stream).path
        GROUP BY tumble(at, INTERVAL '10 seconds'), item.shelf;

        """),
    ProjectFile(
      path: "sql/aggregates/crashtest_agents.sql",
      text: """
        -- Requests per agent, in windows that overlap.
        CREATE MATERIALIZED VIEW crashtest_agents AS
        SELECT agent,
               count(*) AS requests,
               count(*) FILTER (WHERE status >= 500) AS failures,
               min(host COLLATE "C") AS first_host
        FROM \(stream)
        GROUP BY hop(at, INTERVAL '10 seconds', INTERVAL '30 seconds'), agent;

        """),
    ProjectFile(
      path: "sql/aggregates/crashtest_visits.sql",
      text: """
        -- Visits per host: requests without a pause.
        CREATE MATERIALIZED VIEW crashtest_visits AS
        SELECT host,
               count(*) AS requests,
               max(at) AS last_request,
               sum(bytes) AS total_bytes,
               max(seconds) AS slowest_seconds
        FROM \(stream)
        GROUP BY session(at, INTERVAL '2 seconds', INTERVAL '20 seconds'), host;

        """),
  ]

  func makeSynthesizer(seed: UInt64) -> any RecordSynthesizer { RequestRecords(seed: seed) }

  func makeTranscription() -> Transcription {
    { partition, offset, payload in Array("\(partition);\(offset);".utf8) + payload + [UInt8(ascii: "\n")] }
  }

  let tables = [RequestLoad.items]
  let columns = RequestLoad.declaration
  let copyOptions = "(FORMAT csv, DELIMITER ';', NULL '-')"

  func source(from table: String, as stream: String) -> String { "FROM \(table) AS \(quotedIdentifier(stream))" }

  private static let itemColumns = """
    path text, shelf text NOT NULL, weight numeric(6,1) NOT NULL, note text, valid_from timestamptz,
    valid_to timestamptz, UNIQUE (path, valid_from)
    """

  /// What is asked for moves between two shelves every seven seconds, and some of it is on none for a while.
  static let items = JoinedTable(
    name: "crashtest_items",
    declaration: """
      -- Where things lie, and when.
      CREATE TABLE crashtest_items (
        \(itemColumns)
      ) WITH (valid_from = 'valid_from', valid_to = 'valid_to', refresh = '500 milliseconds');

      """,
    statements: """
      CREATE TABLE crashtest_items (\(itemColumns));
      INSERT INTO crashtest_items
      SELECT '/items/' || item, 'shelf ' || (item + turn) % 2, item + turn / 10.0,
        CASE WHEN (item + turn) % 3 = 0 THEN 'moved' END, since, since + INTERVAL '7 seconds'
      FROM generate_series(0, 15) AS item,
        LATERAL (SELECT turn, now() + turn * INTERVAL '7 seconds' AS since FROM generate_series(-3, 600) AS turn) AS turns
      WHERE (item + turn) % 5 <> 0
      """,
    change: """
      INSERT INTO crashtest_items
      SELECT '/items/0', 'shelf 0', 1, 'later', coalesce(max(valid_to), now()) + INTERVAL '1 day', NULL
      FROM crashtest_items WHERE valid_to IS NOT NULL
      ON CONFLICT (path, valid_from) DO UPDATE SET weight = crashtest_items.weight + 1
      """,
    valid: """
      LATERAL (SELECT * FROM public.crashtest_items AS t WHERE t.valid_from <= at AND at < t.valid_to)
      """)
}

/// Lines with and without quotes, with delimiters, quotes and line breaks inside of them, and with NULLs.
private struct RequestRecords: RecordSynthesizer {
  private enum Fault: String, CaseIterable {
    case missingField = "a field too few"
    case furtherField = "a field too many"
    case openQuote = "a quote that is not closed"
    case textBehindQuote = "text behind a quote"
    case tombstone
    case empty = "no bytes"
    case null = "NULL where NOT NULL is declared"
    case wrongKind = "words where a number is declared"
    case outOfRange = "a number beyond integer"
    case tooLong = "more characters than declared"
  }

  /// As the line has them; at most 40 characters each.
  private static let agents = [
    "curl/8.5.0", "\"Mozilla/5.0 (X11; Linux x86_64)\"", "\"the \"\"quoted\"\" one\"", "\"two\nlines\"", "-", "\"-\"",
    "\"\"",
    "Grüße",
  ]

  let seed: UInt64

  func record(_ number: Int, milliseconds: Int64) -> LoadRecord {
    line(fields(number, milliseconds: milliseconds))
  }

  func malformed(_ number: Int, turn: Int, milliseconds: Int64) -> LoadRecord {
    let fault = Fault.allCases[turn % Fault.allCases.count]
    var fields = fields(number, milliseconds: milliseconds)
    switch fault {
    case .missingField: fields.removeLast()
    case .furtherField: fields.append("")
    case .openQuote: fields[6] = "\"Mozilla"
    case .textBehindQuote: fields[2] = "\"/\"index"
    case .null: fields[3] = "-"
    case .wrongKind: fields[3] = "not found"
    case .outOfRange: fields[3] = "3000000000"
    case .tooLong: fields[6] = String(repeating: "long", count: 11)
    case .tombstone, .empty: break
    }
    var record = line(fields)
    if fault == .tombstone { record.value = nil }
    if fault == .empty { record.value = [] }
    record.fault = fault.rawValue
    return record
  }

  private func line(_ fields: [String]) -> LoadRecord {
    LoadRecord(key: Array(fields[1].utf8), value: Array(fields.joined(separator: ";").utf8))
  }

  private func fields(_ number: Int, milliseconds: Int64) -> [String] {
    var random = RandomNumbers(seed: seed, index: UInt64(number))
    let at = milliseconds - (random.number(below: 20) == 0 ? Int64(random.number(below: 3_000)) : 0)
    // Ten-thousandths of a second: more places than are declared.
    let duration = random.number(below: 50_000)
    return [
      TimeText.timestamp(milliseconds: at, separator: " ") + "+00",
      "10.0.\(random.number(below: 4)).\(random.number(below: 256))",
      random.number(below: 12) == 0 ? "\"/search?q=a;b\"" : "/items/\(random.number(below: 20))",
      ["200", "200", "200", "304", "404", "500"][random.number(below: 6)],
      random.number(below: 5) == 0 ? "-" : String(random.number(below: 5_000_000)),
      "\(duration / 10_000).\(padded(duration % 10_000, 4))",
      Self.agents[random.number(below: Self.agents.count)],
    ]
  }
}

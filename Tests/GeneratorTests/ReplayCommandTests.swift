import JSON
import Synthesis
import Testing
import Threads

/// The program publishing files of CSV and of JSON, without a broker.
@Suite struct ReplayCommandTests {
  private static let stream = """
    CREATE FOREIGN TABLE trips (
      trip_id text NOT NULL, region_id integer NOT NULL, event_time timestamptz NOT NULL, fare double precision,
      paid boolean OPTIONS (path 'payment.done')
    ) SERVER kafka OPTIONS (topic 'events', format 'json', event_time 'event_time');
    """
  private static let lines = #"""
    trip_id,region_id,event_time,fare,paid
    007,4,2025-08-31T08:00:00Z,48.96,yes
    "b, ""c""",5,2025-08-31T08:00:04.5Z,,no
    9,5,2025-08-31T08:00:02Z,.5,no

    """#

  /// What is sent of the file, and the program's words.
  private func replay(
    _ content: String, _ arguments: [String], project: TemporaryProject? = nil, status: Int32 = 0
  ) throws -> (sent: [String], said: GeneratorRun) {
    let folder = try TemporaryFolder()
    try writeFile(folder.path + "/input", content)
    var arguments = ["replay", folder.path + "/input", "--dry-run", "--output", folder.path + "/output"] + arguments
    if let project { arguments += ["--streampulse-project", project.path] }
    let run = try GeneratorRun(arguments)
    #expect(run.exitStatus == status, "\(run.output)")
    let sent = String(decoding: readFile(folder.path + "/output") ?? [], as: UTF8.self)
    return (sent.split(separator: "\n").map(String.init), run)
  }

  @Test("CSV is sent line by line as it is, without its header")
  func same() throws {
    let (sent, run) = try replay(Self.lines, ["--format", "csv"])
    #expect(sent == Self.lines.split(separator: "\n").dropFirst().map(String.init))
    #expect(run.lines.last?.hasPrefix("sent 3 events ") == true)
  }

  @Test("CSV becomes JSON by the look of its values")
  func guessed() throws {
    let (sent, _) = try replay(Self.lines, ["--format", "csv", "--as", "json", "--text", "fare"])
    #expect(
      sent == [
        #"{"trip_id":"007","region_id":4,"event_time":"2025-08-31T08:00:00Z","fare":"48.96","paid":"yes"}"#,
        #"{"trip_id":"b, \"c\"","region_id":5,"event_time":"2025-08-31T08:00:04.5Z","fare":null,"paid":"no"}"#,
        #"{"trip_id":9,"region_id":5,"event_time":"2025-08-31T08:00:02Z","fare":".5","paid":"no"}"#,
      ])
    let (headless, _) = try replay(
      "1;x\n2;NULL\n",
      [
        "--format", "csv", "--as", "json", "--columns", "a,b", "--delimiter", ";", "--null", "NULL",
      ])
    #expect(headless == [#"{"a":1,"b":"x"}"#, #"{"a":2,"b":null}"#])
  }

  @Test("CSV becomes JSON as the stream declares it")
  func declared() throws {
    let project = try TemporaryProject(streams: ["trips.sql": Self.stream])
    let (sent, _) = try replay(Self.lines, ["--format", "csv", "--stream", "trips"], project: project)
    #expect(
      sent == [
        #"{"trip_id":"007","region_id":4,"event_time":"2025-08-31T08:00:00Z","fare":48.96,"payment":{"done":true}}"#,
        #"{"trip_id":"b, \"c\"","region_id":5,"event_time":"2025-08-31T08:00:04.5Z","fare":null,"payment":{"done":false}}"#,
        #"{"trip_id":"9","region_id":5,"event_time":"2025-08-31T08:00:02Z","fare":0.5,"payment":{"done":false}}"#,
      ])
    let bare = Self.lines.split(separator: "\n").dropFirst().joined(separator: "\n")
    #expect(
      try replay(bare, ["--format", "csv", "--stream", "trips", "--no-header"], project: project).sent == sent)
  }

  @Test("for a stream of CSV the columns come in its order, in its dialect")
  func order() throws {
    let stream = """
      CREATE FOREIGN TABLE trips (at timestamptz NOT NULL, note text, id integer)
        SERVER kafka OPTIONS (topic 'events', format 'csv', event_time 'at', delimiter ';', null 'NULL');
      """
    let project = try TemporaryProject(streams: ["trips.sql": stream])
    let (sent, _) = try replay(
      "id,at,more\n1,2025-08-31T08:00:00Z,\"a;b\"\n",
      ["--format", "csv", "--stream", "trips", "--delimiter", ",", "--null", ""],
      project: project)
    #expect(sent == ["2025-08-31T08:00:00Z;NULL;1"])
  }

  @Test("malformed lines are counted and shown; --send-malformed sends them as they are")
  func malformed() throws {
    let project = try TemporaryProject(streams: ["trips.sql": Self.stream])
    let lines = """
      trip_id,region_id,event_time,fare,paid
      1,NORTH,2025-08-31T08:00:00Z,1,yes
      2,5
      3,,2025-08-31T08:00:00Z,1,yes
      4,5,2025-08-31T08:00:00Z,"1,yes
      """
    let arguments = ["--format", "csv", "--stream", "trips"]
    let (none, left) = try replay(lines, arguments, project: project, status: 1)
    #expect(none.isEmpty && left.output.contains("4 lines could not be parsed and were left out"))
    #expect(left.output.contains("line 2: region_id: \"NORTH\" is no integer"))
    #expect(left.output.contains("line 3: 2 fields, and there are 5 columns"))
    #expect(left.output.contains("line 4: region_id: no value where NOT NULL is declared"))
    #expect(left.output.contains("line 5: field 4: the quote that begins it has no end"))
    let (sent, run) = try replay(lines, arguments + ["--send-malformed"], project: project)
    #expect(run.output.contains("4 lines were malformed and sent nevertheless"))
    #expect(
      sent == [
        #"{"trip_id":"1","region_id":"NORTH","event_time":"2025-08-31T08:00:00Z","fare":1,"payment":{"done":true}}"#,
        "2,5",
        #"{"trip_id":"3","region_id":null,"event_time":"2025-08-31T08:00:00Z","fare":1,"payment":{"done":true}}"#,
        "4,5,2025-08-31T08:00:00Z,\"1,yes",
      ])
  }

  @Test(
    "--speed paces CSV and JSON lines by event time, --rebase now moves the last event to now",
    arguments: [false, true])
  func times(isJSON: Bool) throws {
    let csv = try replay(Self.lines, ["--format", "csv", "--as", "json"]).sent.joined(separator: "\n")
    let clock = ContinuousClock()
    let began = clock.now
    let arguments = ["--speed", "10", "--rebase", "now", "--time", "event_time"]
    let (sent, _) = try replay(
      isJSON ? csv : Self.lines,
      arguments + (isJSON ? ["--format", "json-lines"] : ["--format", "csv", "--as", "json"]))
    #expect(clock.now - began >= .milliseconds(400))
    let times = try sent.map { line in
      let text = try #require(try JSONValue(parsing: line)["event_time"]?.stringValue)
      return try parseTime(text)
    }
    #expect(times.map { $0 - times[0] } == [0, 4500, 2000])
    #expect(abs(times[1] - Clock.wallMilliseconds()) < 60_000)
  }

  @Test("JSON lines are sent byte for byte, malformed ones only when wanted")
  func jsonLines() throws {
    let lines = "{\"a\" : 1.50}\n[1]\n{\"a\":\n\n"
    let (sent, run) = try replay(lines, ["--format", "json-lines"])
    #expect(sent == ["{\"a\" : 1.50}"])
    #expect(run.output.contains("line 2: the document is an array, not an object"))
    #expect(run.output.contains("line 4: the line is empty"))
    #expect(
      try replay(lines, ["--format", "json-lines", "--send-malformed"]).sent == ["{\"a\" : 1.50}", "[1]", "{\"a\":"])
  }

  @Test("a jsonb that is none does not become a text, which would be one: its line is sent as it stands in the file")
  func badDocument() throws {
    let stream = """
      CREATE FOREIGN TABLE notes (at timestamptz NOT NULL, n integer, note jsonb)
        SERVER kafka OPTIONS (topic 'events', format 'json', event_time 'at');
      """
    let project = try TemporaryProject(streams: ["notes.sql": stream])
    let (sent, run) = try replay(
      "at,n,note\n2025-08-31T08:00:00Z,1,not json\n2025-08-31T08:00:00Z,x,[1]\n2025-08-31T08:00:00Z,1,[1]\n",
      ["--format", "csv", "--stream", "notes", "--send-malformed"], project: project)
    #expect(
      sent == [
        "2025-08-31T08:00:00Z,1,not json", #"{"at":"2025-08-31T08:00:00Z","n":"x","note":[1]}"#,
        #"{"at":"2025-08-31T08:00:00Z","n":1,"note":[1]}"#,
      ])
    #expect(run.output.contains("line 2: note: the text is no JSON document"))
    #expect(run.output.contains("2 lines were malformed and sent nevertheless"))
  }

  @Test(
    "a line that is too long is not sent, whatever is wanted, and counted apart",
    arguments: ["json-lines", "csv", "access-log"])
  func tooLong(format: String) throws {
    let lines = "a,b\n" + String(repeating: "x", count: 70_000) + "\n{\"a\":1}\n1,2\n"
    let (sent, run) = try replay(lines, ["--format", format, "--send-malformed"])
    #expect(run.output.contains("1 line was too long and not sent"))
    #expect(sent.count == (format == "csv" ? 2 : 3))
    let malformed = ["json-lines": "2 lines were", "csv": "1 line was", "access-log": "3 lines were"]
    #expect(run.output.contains("\(malformed[format] ?? "") malformed and sent nevertheless"))
  }

  @Test("the key of JSON lines is a column of the stream; without a stream, lines that lack it are counted")
  func keyOfLines() throws {
    let project = try TemporaryProject(streams: ["trips.sql": Self.stream])
    let line = #"{"trip_id":"7","region_id":1,"event_time":"2025-08-31T08:00:00Z","payment":{"done":true}}"#
    for name in ["paid", "payment.done", "trip_id"] {
      let arguments = ["--format", "json-lines", "--stream", "trips", "--key", name]
      let run = try replay(line, arguments, project: project).said
      #expect(!run.output.contains("without a key"), "\(name)")
    }
    for (name, hint) in [("trip_ids", "did you mean trip_id?"), ("nope", "it has trip_id, region_id, event_time, ")] {
      let arguments = ["--format", "json-lines", "--stream", "trips", "--key", name]
      let run = try replay(line, arguments, project: project, status: 2).said
      #expect(run.output.contains("--key: the stream trips has no column “\(name)”; \(hint)"))
    }
    let (sent, run) = try replay("{\"a\":1}\n{\"b\":1}\n{\"a\":null}\n", ["--format", "json-lines", "--key", "a"])
    #expect(sent.count == 3)
    #expect(run.lines.last?.hasPrefix("sent 3 events ") == true)
    #expect(try replay("{}", ["--format", "json-lines"]).said.lines.last?.hasPrefix("sent 1 event ") == true)
    #expect(run.output.contains("--key: 2 lines sent without a key, having no value in a"))
  }

  @Test("an access log is sent as its requests, too")
  func requests() throws {
    let log = #"192.0.2.1 - - [17/May/2015:10:05:03 +0200] "GET /a?b HTTP/1.1" 404 12 "-" "curl/8""#
    let (json, _) = try replay(log, ["--events", "requests"])
    #expect(
      json == [
        #"{"event_time":"2015-05-17T08:05:03.000Z","client":"192.0.2.1","method":"GET","path":"/a","status":404,"#
          + #""bytes":12,"referrer":null,"user_agent":"curl/8"}"#
      ])
    let (csv, _) = try replay(log, ["--events", "requests", "--as", "csv"])
    #expect(csv == ["2015-05-17T08:05:03.000Z,192.0.2.1,GET,/a,404,12,,curl/8"])
  }

  @Test(
    "options that make no sense are refused in one line that names them",
    arguments: [
      (["--delimiter", ";"], "--delimiter is for --format csv; the format is access-log"),
      (["--format", "csv", "--events", "requests"], "--events is for --format access-log"),
      (["--format", "csv", "--as", "avro"], "a csv becomes no Avro"),
      (["--format", "json-lines", "--as", "csv"], "json-lines are sent as they are"),
      (["--format", "csv", "--no-header", "--as", "json"], "needs --columns or --stream to become JSON"),
      (["--format", "csv", "--delimiter", "\""], "--delimiter: “\"” is not one character of ASCII"),
      (["--format", "json-lines", "--speed", "1"], "nothing says where the event time is; give --time"),
      (["--format", "csv", "--stream", "content_downloads"], "--stream: content_downloads is a stream of Avro"),
      (["--as", "xml"], "--as is avro, json or csv"),
    ])
  func refused(arguments: [String], named: String) throws {
    let run = try GeneratorRun(["replay", "x", "--dry-run"] + arguments)
    #expect(run.exitStatus == 2)
    #expect(run.lines.count == 1 && run.output.contains(named), "\(run.output)")
  }

  @Test("what a file does not have is said with what it has")
  func missing() throws {
    let key = try replay(Self.lines, ["--format", "csv", "--key", "region"], status: 1).said
    #expect(
      key.output.contains("--key: the file has no column “region”; it has trip_id, region_id, event_time, fare, paid"))
    let time = try replay("a,b\n1,2\n", ["--format", "csv", "--speed", "1"], status: 1).said
    #expect(time.output.contains("nothing says which column is the event time: give --time COLUMN; there are a, b"))
    let stream = try replay(Self.lines, ["--format", "csv", "--stream", "trip"], status: 1).said
    #expect(stream.output.contains("sql/streams defines no stream trip; there are content_downloads"))
    let topic = try GeneratorRun(["replay", "x", "--format", "csv"])
    #expect(
      topic.exitStatus == 2 && topic.output.contains("nothing says where the events go; give --topic or --stream"))
    #expect(try replay("", ["--format", "csv"], status: 1).said.output.contains("the file is empty"))
  }
}

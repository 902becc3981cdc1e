import JSON
import Synthesis
import Testing

/// The program making up each kind of events, without a broker.
@Suite struct KindCommandTests {
  private static let fixed = ["--dry-run", "--seed", "5", "--start", "2026-01-01T00:00:00Z", "--span", "24h"]

  /// What the program writes with these arguments.
  private func output(_ arguments: [String]) throws -> [Substring] {
    let folder = try TemporaryFolder()
    let path = folder.path + "/events"
    let run = try GeneratorRun(arguments + ["--output", path])
    #expect(run.exitStatus == 0, "\(run.output)")
    return String(decoding: try #require(readFile(path)), as: UTF8.self).split(separator: "\n")
  }

  @Test(
    "the same seed, start and count give the same bytes in each format",
    arguments: ["trips", "metrics", "donations", "requests", "persons", "auctions", "bids"])
  func determinism(kind: String) throws {
    for format in [[], ["--format", "csv"], ["--format", "avro", "--framing", "confluent:7"]] {
      let first = try output([kind] + Self.fixed + ["--count", "500"] + format)
      #expect(first.count == 500)
      #expect(try output([kind] + Self.fixed + ["--count", "500"] + format) == first)
    }
  }

  @Test("downloads have a name, too")
  func downloads() throws {
    let arguments = Self.fixed + ["--count", "200"]
    #expect(try output(["downloads"] + arguments) == (try output(arguments)))
  }

  @Test("a line of CSV has the values of the line of JSON")
  func formats() throws {
    let json = try output(["trips"] + Self.fixed + ["--count", "100"]).map { try JSONValue(parsing: String($0)) }
    let csv = try output(["trips"] + Self.fixed + ["--count", "100", "--format", "csv"])
    for (document, line) in zip(json, csv) {
      let members = try #require(document.objectValue)
      #expect(members.map(\.name) == ["trip_id", "region_id", "event_time", "fare", "duration", "distance"])
      let values = members.map { $0.value.stringValue ?? $0.value.text }
      #expect(values == line.split(separator: ",").map(String.init))
    }
  }

  @Test("trips that an incident makes vanish are counted, and not sent")
  func vanish() throws {
    let lines = try output(["trips"] + Self.fixed + ["--count", "500", "--incident", "1:+0s:24h:vanish"])
    #expect((300..<450).contains(lines.count) && !lines.contains { $0.contains("\"region_id\":1,") })
  }

  @Test("the schema of a kind is printed; one in the project wins")
  func schemas() throws {
    let own = try GeneratorRun(["metrics", "--print-schema"])
    #expect(own.exitStatus == 0)
    #expect(try JSONValue(parsing: own.output)["name"] == .string("Measurement"))
    let downloads = try GeneratorRun(["--print-schema"])
    #expect(downloads.output == (try eventSchema()))
    let project = try TemporaryProject(schemas: ["trips.avsc": #"{"type":"record","name":"X","fields":[]}"#])
    let run = try GeneratorRun(["trips", "--print-schema", "--streampulse-project", project.path])
    #expect(run.output == #"{"type":"record","name":"X","fields":[]}"#)
    let refused = try GeneratorRun([
      "trips", "--format", "avro", "--dry-run", "--count", "1", "--streampulse-project", project.path,
    ])
    #expect(refused.exitStatus == 1 && refused.output.contains("the event schema needs the field trip_id as string"))
  }

  @Test("without a project the kinds need none; downloads as JSON need no schema")
  func noProject() throws {
    let folder = try TemporaryFolder()
    let run = try GeneratorRun(["--format", "json", "--dry-run", "--count", "1", "--streampulse-project", folder.path])
    #expect(run.exitStatus == 0, "\(run.output)")
  }

  @Test(
    "options that make no sense are refused in one line that names them",
    arguments: [
      (["trips", "--format", "xml"], "--format is avro, json or csv, not “xml”"),
      (["trips", "--key", "fares"], "--key: there is no field “fares”; there are trip_id, region_id, "),
      (["metrics", "--key", "tags"], "--key: there is no field “tags”"),
      (["trips", "--framing", "bare"], "--framing is for Avro"),
      (["--format", "json", "--schema", "x"], "--schema is for Avro"), (["trips", "--regions", "0"], "--regions"),
      (["trips", "--incident", "1:+1s:vanish"], "an incident is REGION:START:DURATION:EFFECT, not “1:+1s:vanish”"),
      (["trips", "--incident", "11:+1s:1s:vanish"], "--incident: there is no region “11”"),
      (["metrics", "--incident", "web-1:+1s:1s:rise"], "write shift[=FACTOR] or spike[=FACTOR] or vanish[=SHARE]"),
      (["donations", "--donation-rate", "2"], "--donation-rate"), (["donation"], "did you mean \"donations\"?"),
      (["trips", "--daily-rhythm", "--rate", "max"], "--daily-rhythm needs --rate"),
      (["trips", "--titles", "5"], "unknown option --titles"),
    ])
  func refused(arguments: [String], named: String) throws {
    let run = try GeneratorRun(arguments + ["--dry-run"])
    #expect(run.exitStatus == 2)
    #expect(run.lines.count == 1 && run.output.contains(named), "\(run.output)")
  }

  @Test("a daily rhythm spreads the events of a day")
  func rhythm() throws {
    let lines = try output(["trips", "--daily-rhythm"] + Self.fixed + ["--count", "2400"])
    func count(hour: String) -> Int { lines.count { $0.contains("\"event_time\":\"2026-01-01T\(hour):") } }
    #expect(count(hour: "20") > 5 * count(hour: "04") && count(hour: "20") > 150)
  }
}

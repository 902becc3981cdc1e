import Downloads
import Requests
import TestThreads
import Testing
import Threads

/// The program as a whole, without a broker.
@Suite(.blocking) struct CommandTests {
  private static let fixed = ["--dry-run", "--seed", "5", "--start", "2026-01-01T00:00:00Z", "--span", "10m"]

  @Test("the same seed, start and count give the same lines; they are those that the library makes")
  func determinism() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/events.jsonl"
    let run = try GeneratorRun(Self.fixed + ["--count", "1000", "--output", path])
    #expect(run.exitStatus == 0)
    #expect(run.lines.last?.hasPrefix("sent 1000 events (dry run) in ") == true)
    var writer = JSONLineWriter()
    let synthesizer = try DownloadSynthesizer(settings: SynthesisSettings(seed: 5, beginningMilliseconds: newYear))
    for index in 0..<1000 as Range<UInt64> {
      writer.append(synthesizer.event(index, timestampMilliseconds: newYear + Int64(index) * 600))
    }
    #expect(readFile(path) == writer.bytes)
  }

  @Test("events on standard output are alone there")
  func standardOutput() throws {
    let run = try GeneratorRun(Self.fixed + ["--count", "3", "--output", "-"])
    #expect(run.exitStatus == 0)
    #expect(run.lines.count { $0.hasPrefix("{\"event_id\":") } == 3)
  }

  @Test("--rate is kept")
  func rate() throws {
    let clock = ContinuousClock()
    let began = clock.now
    let run = try GeneratorRun(["--dry-run", "--count", "500", "--rate", "1000"])
    #expect(run.exitStatus == 0)
    #expect(clock.now - began >= .milliseconds(500))
  }

  @Test("EVENTS_PER_MINUTE is kept when it is set")
  func eventsPerMinute() throws {
    let clock = ContinuousClock()
    let began = clock.now
    let run = try GeneratorRun(["--dry-run", "--count", "20"], environment: ["EVENTS_PER_MINUTE": "3000"])
    #expect(run.exitStatus == 0)
    #expect(clock.now - began >= .milliseconds(400))
  }

  @Test("what a running \"up\" writes into its file env is accepted when it is exported")
  func exportedJoiningFile() throws {
    let run = try GeneratorRun(
      ["--dry-run", "--count", "1"],
      environment: [
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092", "DATABASE_URL": "postgresql://me:x@127.0.0.1:5433/streampulse",
        "STREAMPULSE_URL": "http://localhost:8000",
      ])
    #expect(run.exitStatus == 0, "\(run.output)")
  }

  @Test("without a broker the error is one line that says how to get one")
  func noBroker() throws {
    let run = try GeneratorRun(["--count", "1"])
    #expect(run.exitStatus == 1)
    #expect(run.lines.count == 1)
    #expect(run.output.contains("set KAFKA_BOOTSTRAP_SERVERS, or start everything with \"streampulse up\""))
  }

  @Test("a broker that cannot be reached is an error that names it")
  func unreachableBroker() throws {
    let run = try GeneratorRun(["--count", "1"], environment: ["KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"])
    #expect(run.exitStatus == 1)
    #expect(run.lines.last?.contains("cannot use topic content-downloads at 127.0.0.1:1: ") == true)
  }

  @Test(
    "options that make no sense are refused in one line that names them",
    arguments: [
      (["--rate", "fast"], "--rate"), (["--span", "5m"], "--span needs --count"), (["--count", "-1"], "--count"),
      (["--titles", "0"], "--titles"), (["--start", "yesterday"], "--start"), (["--incident", "X"], "--incident"),
      (["--incident", "Atlantis:+1s:1s:1", "--count", "1"], "Atlantis"), (["--framing", "json"], "framing"),
      (["--start", "2026-01-01", "--count", "5"], "--start needs"), (["replay"], "FILE"),
      (["replay", "x", "--rebase", "then"], "--rebase"), (["replay", "-", "--rebase", "now"], "--rebase"),
      (["replay", "x", "--format", "xml"], "format"), (["--out-of-order", "2"], "--out-of-order"),
    ])
  func refused(arguments: [String], named: String) throws {
    let run = try GeneratorRun(arguments + ["--dry-run"])
    #expect(run.exitStatus == 2)
    #expect(run.lines.count == 1 && run.output.contains(named))
  }

  @Test("a log that begins with a byte order mark loses no line")
  func byteOrderMark() throws {
    let folder = try TemporaryFolder()
    let line = #"192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 1"#
    try writeFile(folder.path + "/access.log", "\u{FEFF}\(line)\r\n\(line)\r\n")
    let run = try GeneratorRun(["replay", folder.path + "/access.log", "--dry-run"])
    #expect(run.exitStatus == 0)
    #expect(run.lines.last?.hasPrefix("sent 2 events ") == true, "\(run.output)")
  }

  @Test("a replay shows the first five lines that it cannot parse, and how many there were")
  func unparseable() throws {
    let folder = try TemporaryFolder()
    let good = #"192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 1"#
    let bad = (1...7).map { "bad \($0)" }
    try writeFile(folder.path + "/access.log", ([good] + bad + [good]).joined(separator: "\n"))
    let run = try GeneratorRun(["replay", folder.path + "/access.log", "--dry-run"])
    #expect(run.exitStatus == 0)
    #expect(run.lines.count { $0.hasPrefix("event-generator: line ") } == 5)
    #expect(run.output.contains("line 2: \(AccessLogError.noClient.rawValue)"))
    #expect(run.output.contains("7 lines could not be parsed and were left out"))
    #expect(run.lines.last?.hasPrefix("sent 2 events ") == true)
  }

  @Test("lines whose client is not told apart are left out, not counted for somebody else")
  func badClients() throws {
    let folder = try TemporaryFolder()
    let rest = #" - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 1"#
    let clients = ["192.0.2.1", "shop.example:443 192.0.2.2", "192.0.2.3, 192.0.2.4", "192.0.2.5"]
    try writeFile(folder.path + "/access.log", clients.map { $0 + rest }.joined(separator: "\r\n"))
    let run = try GeneratorRun([
      "replay", folder.path + "/access.log", "--dry-run", "--output", folder.path + "/events.jsonl",
    ])
    #expect(run.exitStatus == 0)
    #expect(run.output.contains("line 2: \(AccessLogError.badClient.rawValue)"))
    #expect(run.output.contains("2 lines could not be parsed and were left out"))
    let written = String(decoding: try #require(readFile(folder.path + "/events.jsonl")), as: UTF8.self)
    let users = written.split(separator: "\n").map { line in
      let value = line.firstRange(of: "\"user_id\":\"").map { line[$0.upperBound...] } ?? ""
      return String(value.prefix { $0 != "\"" })
    }
    #expect(users == ["192.0.2.1", "192.0.2.5"])
  }

  @Test(
    "a log without one line that can be read ends with status 1 and says what it looks like",
    arguments: [
      ([], "the file is empty"), ([0x0a, 0x0a], "no line in combined or common format"),
      ([0x1f, 0x8b, 0x08, 0, 0x0a, 1], "packed by gzip"), (Array("BZh91AY".utf8), "packed by bzip2"),
      ([0x28, 0xb5, 0x2f, 0xfd, 0x24], "packed by zstd"),
      (Array("{\"remote_addr\":\"192.0.2.1\"}\n".utf8), "holds JSON"),
      (Array("\u{feff} {\"a\":1}\n".utf8), "holds JSON"),
      ([0xff, 0xfe] + "192.0.2.1 - -".utf8.flatMap { [$0, 0] }, "UTF-16"),
      ("192.0.2.1 - -".utf8.flatMap { [0, $0] }, "UTF-16"), (Array("#Version: 1.0\n#Fields: c-ip\n".utf8), "W3C"),
      (Array("Dear reader,\n".utf8), "no line in combined or common format"),
    ] as [([UInt8], String)])
  func notALog(bytes: [UInt8], look: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/access.log"
    try writeFile(path, bytes)
    for arguments in [[], ["--rebase", "now"]] {
      let run = try GeneratorRun(["replay", path, "--dry-run"] + arguments)
      #expect(run.exitStatus == 1)
      #expect(run.output.contains("\(path): the file") && run.output.contains(look), "\(run.output)")
      #expect(run.lines.last?.hasPrefix("sent 0 events ") == true)
    }
  }

  @Test("--speed paces a replay by event time, --rebase now moves its last event to now")
  func pace() throws {
    let folder = try TemporaryFolder()
    let lines = [0, 4, 2].map { #"192.0.2.1 - - [17/May/2015:10:05:0\#($0) +0000] "GET /\#($0) HTTP/1.1" 200 1"# }
    try writeFile(folder.path + "/access.log", lines.joined(separator: "\n") + "\n")
    let clock = ContinuousClock()
    let began = clock.now
    let run = try GeneratorRun([
      "replay", folder.path + "/access.log", "--dry-run", "--speed", "10", "--rebase", "now", "--output",
      folder.path + "/events.jsonl",
    ])
    #expect(run.exitStatus == 0)
    #expect(clock.now - began >= .milliseconds(400))
    let written = String(decoding: try #require(readFile(folder.path + "/events.jsonl")), as: UTF8.self)
    let times = written.split(separator: "\n").compactMap { line in
      line.firstRange(of: "\"timestamp\":").flatMap { Int64(line[$0.upperBound...].prefix { $0.isNumber }) }
    }
    #expect(times.map { $0 - (times.first ?? 0) } == [0, 4000, 2000])
    #expect(abs((times.max() ?? 0) - Clock.wallMilliseconds()) < 60_000)
  }
}

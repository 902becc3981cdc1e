import Glibc
import Observability
import Synchronization
import Testing

@Suite struct LoggerTests {
  /// 2026-01-31T12:34:56.000789Z
  static let time: Int64 = 1_769_862_896_000_789

  @Test("a JSON line has time, level, message and typed fields")
  func json() throws {
    let lines = try logged(.json) {
      $0.log(.warning, "flush retried", [.init(.stream, "a \"b\"\n\u{1}漢"), .init(.attempt, 2), .init(.seconds, 0.25)])
    }
    #expect(
      lines == [
        #"{"time":"2026-01-31T12:34:56.000789Z","level":"warning","message":"flush retried","#
          + #""stream":"a \"b\"\n\u0001漢","attempt":2,"seconds":0.25}"#
      ])
  }

  @Test("a text line quotes only what could be misread")
  func text() throws {
    let lines = try logged(.text) {
      $0.log(
        .info, "x",
        [.init(.topic, "t"), .init(.reason, "a b"), .init(.hint, ""), .init(.path, "k=v"), .init(.seconds, 1.23456)])
    }
    #expect(
      lines == [#"2026-01-31T12:34:56.000789Z INFO    x topic=t reason="a b" hint="" path="k=v" seconds=1.235"#])
  }

  @Test("coloured text is the same text with escapes")
  func coloured() throws {
    let lines = try logged(.colouredText) { $0.log(.error, "x", [.init(.topic, "t")]) }
    let plain = try logged(.text) { $0.log(.error, "x", [.init(.topic, "t")]) }
    #expect(lines != plain)
    #expect(lines.map(withoutEscapes) == plain)
  }

  @Test("messages below the level are not written", arguments: LogLevel.allCases)
  func levels(minimum: LogLevel) throws {
    let lines = try logged(.json, minimum: minimum) { logger in
      for level in LogLevel.allCases { logger.log(level, "x") }
    }
    #expect(lines.count == LogLevel.allCases.filter { $0 >= minimum }.count)
    #expect(LogLevel(name: minimum.name) == minimum)
  }

  @Test("a file is no terminal, so the format is JSON")
  func defaultFormat() throws {
    #expect(try logged(nil) { $0.log(.error, "x") }.first?.hasPrefix("{") == true)
  }

  @Test("numbers that JSON has no form for are text")
  func infinity() throws {
    let lines = try logged(.json) { $0.log(.info, "x", [.init(.seconds, Double.infinity)]) }
    #expect(lines.first?.contains(#""seconds":"inf""#) == true)
  }

  @Test(
    "times are right on either side of 1970 and of leap days",
    arguments: [
      (Int64(0), "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
      (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
    ])
  func times(microseconds: Int64, text: String) throws {
    #expect(try logged(.text, time: microseconds) { $0.log(.info, "x") }.first?.hasPrefix(text) == true)
  }

  @Test("lines of one message are bounded within a minute, and what was not written is said")
  func repeats() throws {
    let file = try #require(tmpfile())
    defer { fclose(file) }
    let time = Atomic(Self.time)
    let logger = Logger(
      minimumLevel: .trace, format: .json, descriptor: fileno(file), linesPerMinute: 3,
      now: { time.load(ordering: .relaxed) })
    for _ in 0..<10 { logger.log(.warning, "again") }
    for _ in 0..<5 { logger.log(.debug, "asked for") }
    logger.log(.warning, "other")
    #expect(logger.suppressedLines == 7)
    time.add(60_000_000, ordering: .relaxed)
    for _ in 0..<2 { logger.log(.warning, "again") }
    let lines = contents(of: file)
    #expect(lines.count { $0.contains("again") } == 5)
    #expect(lines.count { $0.contains("asked for") } == 5 && lines.count { $0.contains("other") } == 1)
    #expect(lines.count { $0.contains("suppressed") } == 1)
    #expect(lines[lines.count - 2].hasSuffix("\"again\",\"suppressed\":7}"))
  }

  @Test("a line says to which trace it belongs")
  func traced() throws {
    let observation = Observation.requestServed(method: "GET", route: "/x", status: 200, seconds: 0.5)
    let log = observation.traced(by: "0af7651916cd43dd8448eb211c80319c").log
    #expect(log.level == observation.log.level && log.message.description == observation.log.message.description)
    #expect(log.fields.last == LogField(.trace, "0af7651916cd43dd8448eb211c80319c"))
    #expect(observation.traced(by: nil).log.fields == observation.log.fields)
    let observer = Observer(logger: Logger(minimumLevel: .error))
    observer.observe(.traced(id: "x", observation))
    #expect(observer.registry.render().contains("streampulse_requests_total{route=\"/x\",status=\"200\"} 1"))
  }

  @Test("lines of several threads stay whole")
  func concurrency() async throws {
    let file = try #require(tmpfile())
    defer { fclose(file) }
    let logger = Logger(format: .json, descriptor: fileno(file))
    await withTaskGroup { group in
      for number in 0..<8 {
        group.addTask { for _ in 0..<200 { logger.log(.info, "x", [.init(.count, number)]) } }
      }
    }
    let lines = contents(of: file)
    #expect(lines.count == 1600)
    #expect(lines.allSatisfy { $0.hasPrefix("{\"time\":") && $0.hasSuffix("}") })
  }
}

/// What `body` logs, line by line.
func logged(
  _ format: LogFormat?, minimum: LogLevel = .trace, time: Int64 = LoggerTests.time, _ body: (Logger) -> Void
) throws -> [String] {
  let file = try #require(tmpfile())
  defer { fclose(file) }
  body(Logger(minimumLevel: minimum, format: format, descriptor: fileno(file), now: { time }))
  return contents(of: file)
}

private func contents(of file: UnsafeMutablePointer<FILE>) -> [String] {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 4096)
  while true {
    let length = pread(fileno(file), &chunk, chunk.count, off_t(bytes.count))
    guard length > 0 else { break }
    bytes += chunk.prefix(length)
  }
  return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}

private func withoutEscapes(_ line: String) -> String {
  var text = ""
  var isEscape = false
  for character in line {
    if character == "\u{1b}" { isEscape = true }
    if !isEscape { text.append(character) }
    if character == "m" { isEscape = false }
  }
  return text
}

import Events
import JSON
import Plan
import Replay
import Testing

@Suite struct EventTimeTextTests {
  private func milliseconds(_ text: String, _ unit: DeclaredColumn.EpochUnit? = nil) -> Int64? {
    var arena = TextArena()
    return EventTimeText.milliseconds(arena.append(text), unit: unit)
  }

  private func shifted(_ text: String, _ seconds: Int64, _ unit: DeclaredColumn.EpochUnit? = nil) -> String? {
    var arena = TextArena()
    return EventTimeText.shifted(arena.append(text), bySeconds: seconds, unit: unit, arena: &arena)?.description
  }

  @Test(
    "a time is read however it is written",
    arguments: [
      ("2026-01-01T00:00:00Z", 0), ("2026-01-01 02:00:00.25+02:00", 250), ("2026-01-01T00:00:00", 0), ("2026-01-01", 0),
      ("1767225600", 0), ("1767225600.5", 500), ("1767225600007", 7), ("1767225600007999", 7),
      ("1767225600007999999", 8),
    ] as [(String, Int64)])
  func read(text: String, after: Int64) {
    #expect(milliseconds(text) == newYear + after)
  }

  @Test("a unit that is declared is not guessed")
  func units() {
    #expect(milliseconds("5", .seconds) == 5000 && milliseconds("5", .milliseconds) == 5)
    #expect(milliseconds("1767225600000", .microseconds) == 1_767_225_600)
    #expect(milliseconds("2026-01-01T00:00:00Z", .seconds) == nil)
  }

  @Test("what is no time is none", arguments: ["", "soon", "2026-02-30T00:00:00Z", "12:00", "2026-01-01T25:00:00Z"])
  func none(text: String) {
    #expect(milliseconds(text) == nil && shifted(text, 1) == nil)
  }

  @Test(
    "a time is shifted in its own way of writing",
    arguments: [
      ("2026-01-01T00:00:00Z", 86_399, "2026-01-01T23:59:59Z"),
      ("2026-02-28 23:59:59.125+02:00", 1, "2026-03-01 00:00:00.125+02:00"),
      ("2026-01-01T00:00", -1, "2025-12-31T23:59:59"), ("2026-01-01", 2 * 86_400 + 5, "2026-01-03"),
      ("1767225600", 60, "1767225660"), ("1767225600.5", 60, "1767225660.5"), ("1767225600007", 60, "1767225660007"),
    ] as [(String, Int64, String)])
  func shifts(text: String, seconds: Int64, later: String) {
    #expect(shifted(text, seconds) == later)
  }

  @Test("what cannot be written so is not shifted")
  func limits() {
    #expect(shifted("9999-12-31T23:59:59Z", 1) == nil && shifted("0001-01-01", -86_400) == nil)
    // It would be read as one of milliseconds.
    #expect(shifted("99999999999", 1) == nil && shifted("99999999999", 1, .seconds) == "100000000000")
    #expect(shifted("5", .max, .nanoseconds) == nil && shifted("-5", 1) == nil)
  }

  private func line(_ text: String, _ path: [JSONPathStep], shift: Int64) throws -> (Int64, String) {
    var text = text
    return try text.withUTF8 { bytes in
      let (line, time) = (try JSONLine(bytes), JSONTime(path: path))
      let milliseconds = try line.milliseconds(time)
      return (milliseconds, String(decoding: try line.shifted(time, bySeconds: shift), as: UTF8.self))
    }
  }

  @Test("of a line of JSON the time is shifted, and every other byte stays")
  func lines() throws {
    let text = try line(
      #" {"b" : [1.50, {"t":1}], "t":"2026-01-01T00:00:00Z" ,"c":"\u0041"}"#, [.member("t")], shift: 60)
    #expect(text.0 == newYear)
    #expect(text.1 == #" {"b" : [1.50, {"t":1}], "t":"2026-01-01T00:01:00Z" ,"c":"\u0041"}"#)
    let number = try line(#"{"a":{"b":[0,1767225600000]}}"#, [.member("a"), .member("b"), .element(1)], shift: 1)
    #expect(number.0 == newYear && number.1 == #"{"a":{"b":[0,1767225601000]}}"#)
  }

  @Test(
    "a line that is no event is refused",
    arguments: [
      ("{\"t\":}", "not JSON: a value is expected at column 6"), ("[1]", "the document is an array, not an object"),
      ("{\"a\":1}", "t: neither an ISO 8601 time nor a number since 1970 is there"),
      ("{\"t\":null}", "t: neither an ISO 8601 time nor a number since 1970 is there"),
      ("{\"t\":1,\"t\":2}", "not JSON: "),
    ])
  func refused(text: String, reason: String) {
    let error = #expect(throws: JSONLineFault.self) { try line(text, [.member("t")], shift: 0) }
    #expect(error?.description.hasPrefix(reason) == true, "\(error?.description ?? "")")
  }
}

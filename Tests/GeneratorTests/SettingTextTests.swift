import Downloads
import Synthesis
import Testing

@Suite struct SettingTextTests {
  @Test(
    "a duration is a number with a unit, seconds without one",
    arguments: [
      ("90", 90_000), ("90s", 90_000), ("500ms", 500), ("5m", 300_000), ("5min", 300_000), ("2h", 7_200_000),
      ("1d", 86_400_000), ("0", 0), ("36525d", 3_155_760_000_000),
    ] as [(String, Int64)])
  func duration(text: String, milliseconds: Int64) throws {
    #expect(try parseDuration(text) == milliseconds)
  }

  @Test(
    "what is no duration is refused",
    arguments: ["", "s", "-5s", "5 s", "5.5s", "5w", "36526d", "99999999999999999999"])
  func noDuration(text: String) {
    #expect(throws: SettingError("“\(text)” is not a duration such as 90s, 500ms, 5m, 2h or 1d")) {
      try parseDuration(text)
    }
  }

  @Test(
    "an ISO 8601 time is read to the millisecond, UTC without an offset",
    arguments: [
      ("1970-01-01", 0), ("2026-01-01T00:00:00Z", newYear), ("2026-01-01T00:00", newYear),
      ("2026-01-01 00:00:00", newYear), ("2026-01-01T02:00:00+02:00", newYear), ("2025-12-31T19:30:00-0430", newYear),
      ("2026-01-01T02:00:00+02", newYear), ("2026-01-01T00:00:00.25Z", newYear + 250),
      ("2026-01-01T00:00:00.123456Z", newYear + 123), ("2000-02-29T23:59:59Z", 951_868_799_000),
      ("1969-12-31T23:59:59Z", -1000), ("0001-01-01", -62_135_596_800_000), ("9999-12-31", 253_402_214_400_000),
    ] as [(String, Int64)])
  func time(text: String, milliseconds: Int64) throws {
    #expect(try parseTime(text) == milliseconds)
  }

  @Test(
    "what is no time is refused",
    arguments: [
      "", "now", "2026-13-01", "2026-02-29", "2026-01-01T24:00:00Z", "2026-01-01T00:60Z", "2026-01-01T00:00:00X",
      "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Z ", "26-01-01", "2026-01-01T00:00:00+25:00", "0000-01-01",
    ])
  func noTime(text: String) {
    #expect(throws: SettingError.self) { try parseTime(text) }
  }

  @Test(
    "a share is a fraction or a percentage",
    arguments: [("0", 0), ("0.05", 0.05), ("5%", 0.05), ("100%", 1), ("1", 1)] as [(String, Double)])
  func share(text: String, value: Double) throws {
    #expect(try parseShare(text) == value)
  }

  @Test("what is no share is refused", arguments: ["", "%", "1.5", "101%", "-0.1", "nan", "half"])
  func noShare(text: String) {
    #expect(throws: SettingError.self) { try parseShare(text) }
  }

  @Test("an incident is read with a relative start and with a time full of colons")
  func incident() throws {
    #expect(
      try Incident(parsing: "US-California:+60s:5m:60%")
        == Incident(
          region: "US-California", start: .afterBeginning(milliseconds: 60_000), durationMilliseconds: 300_000,
          errorRate: 0.6))
    #expect(
      try Incident(parsing: "JP-Tokyo:2026-01-01T01:00:00+01:00:90:0.25")
        == Incident(
          region: "JP-Tokyo", start: .at(milliseconds: newYear), durationMilliseconds: 90_000, errorRate: 0.25))
  }

  @Test(
    "an incident that is not whole is refused",
    arguments: ["", "JP-Tokyo", "JP-Tokyo:+1m:5m", ":+1m:5m:0.5", "JP-Tokyo:1m:5m:0.5", "JP-Tokyo:+1m:5m:2"])
  func noIncident(text: String) {
    #expect(throws: SettingError.self) { try Incident(parsing: text) }
  }

  @Test("an incident covers the times from its start to before its end")
  func span() throws {
    #expect(try Incident(parsing: "X:+1s:2s:1").span(beginning: newYear) == newYear + 1000..<newYear + 3000)
    #expect(try Incident(parsing: "X:2026-01-01:2s:1").span(beginning: 5) == newYear..<newYear + 2000)
  }

  @Test("out of order is a share with a maximum, 30 seconds without one")
  func outOfOrder() throws {
    #expect(try OutOfOrder(parsing: "5%") == OutOfOrder(share: 0.05, maxSeconds: 30))
    #expect(try OutOfOrder(parsing: "0.5:120") == OutOfOrder(share: 0.5, maxSeconds: 120))
  }

  @Test("an out-of-order setting that is none is refused", arguments: ["", "2", "0.1:", "0.1:0", "0.1:x", "0.1:86401"])
  func noOutOfOrder(text: String) {
    #expect(throws: SettingError.self) { try OutOfOrder(parsing: text) }
  }
}

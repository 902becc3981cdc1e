import SystemTimeZones
import Testing
import TimeZones

@Suite struct ZoneRulesTests {
  private static let hour: Int64 = 3_600_000_000
  private static let day = 24 * hour

  private func rules(_ name: String) throws -> ZoneRules { try #require(ZoneDatabase.rules(named: name)) }

  /// Hours that the zone's clock is ahead of UTC.
  private func offset(_ name: String, at seconds: Int64) throws -> Double {
    let instant = seconds * 1_000_000
    return Double(try rules(name).local(of: instant) - instant) / Double(Self.hour)
  }

  @Test("offsets change when the zone changes its clocks, before and after what its file lists")
  func offsets() throws {
    // 2026-03-29T01:00:00Z and 2026-10-25T01:00:00Z.
    #expect(try offset("Europe/Berlin", at: 1_774_745_999) == 1)
    #expect(try offset("Europe/Berlin", at: 1_774_746_000) == 2)
    #expect(try offset("Europe/Berlin", at: 1_792_889_999) == 2)
    #expect(try offset("Europe/Berlin", at: 1_792_890_000) == 1)
    // The same weeks of the calendar 400 and 4,000 years later.
    for cycles in [1, 10] as [Int64] {
      let later = cycles * 146_097 * 86_400
      #expect(try offset("Europe/Berlin", at: 1_774_745_999 + later) == 1)
      #expect(try offset("Europe/Berlin", at: 1_774_746_000 + later) == 2)
    }
    // Local mean time, before there were zones.
    #expect(try offset("Europe/Berlin", at: -5_000_000_000) == 3208.0 / 3600)
    #expect(try offset("Asia/Kathmandu", at: 1_774_746_000) == 5.75)
    #expect(try offset("UTC", at: 0) == 0)
  }

  @Test("a local time that is left out is read with the offset from before, one that comes twice is the second")
  func ambiguity() throws {
    let berlin = try rules("Europe/Berlin")
    let spring = 1_774_746_000_000_000 as Int64
    #expect(berlin.instant(ofLocal: spring + Self.hour) == spring)
    #expect(berlin.instant(ofLocal: spring + Self.hour + Self.hour / 2) == spring + Self.hour / 2)
    let autumn = 1_792_890_000_000_000 as Int64
    #expect(berlin.instant(ofLocal: autumn + Self.hour) == autumn)
    #expect(berlin.instant(ofLocal: autumn + Self.hour - 1) == autumn - Self.hour - 1)
  }

  @Test(
    "zones are called by an area and a place, exactly as they are spelt",
    arguments: [
      "CET", "EST", "europe/berlin", "Europe/Berlin ", "posix/Europe/Berlin", "right/Europe/Berlin", "Europe",
      "../../etc/passwd", "Europe/../Europe/Berlin", "/Europe/Berlin", "", "Europe/Berlin/", "Mars/Phobos",
    ])
  func names(_ name: String) {
    #expect(ZoneDatabase.rules(named: name) == nil)
  }

  @Test("all names that a message may suggest are zones")
  func all() {
    let names = ZoneDatabase.names
    #expect(names.count > 300 && names.contains("America/Argentina/Ushuaia"))
    #expect(names.filter { ZoneDatabase.rules(named: $0) == nil } == [])
  }

  @Test("bytes that are no zone file are refused, wherever they end")
  func malformed() {
    // Version 2, no data of 32 bits; one type, one hour east; a rule.
    let header = { (times: UInt8) in
      Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15 + 12) + [0, 0, 0, times, 0, 0, 0, 1, 0, 0, 0, 4]
    }
    let empty = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15 + 24)
    let body: [UInt8] = [0, 0, 0x0e, 0x10, 0, 0] + Array("CET\0".utf8)
    let file = empty + header(0) + body + Array("\nCET-1CEST,M3.5.0,M10.5.0/3\n".utf8)
    let rules = ZoneRules(name: "a", file: file)
    #expect(rules?.local(of: 1_774_746_000_000_000) == 1_774_746_000_000_000 + 2 * Self.hour)
    for count in 0..<(empty.count + 44 + body.count + 1) {
      #expect(ZoneRules(name: "a", file: Array(file.prefix(count))) == nil, "\(count) bytes")
    }
    for footer in ["CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,J0,J1", "-1", "<a"] {
      #expect(ZoneRules(name: "a", file: empty + header(0) + body + Array("\n\(footer)\n".utf8)) == nil, "\(footer)")
    }
    #expect(ZoneRules(name: "a", file: empty + header(255) + body) == nil)
  }
}

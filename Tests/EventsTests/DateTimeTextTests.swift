import Events
import Testing

@Suite struct DateTimeTextTests {
  private static let day: Int64 = 86_400_000_000

  @Test(
    "a time has the places that it needs: none, three or six",
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (1_767_225_600_250_000, "2026-01-01T00:00:00.250Z"),
      (1_767_225_600_000_001, "2026-01-01T00:00:00.000001Z"), (-1, "1969-12-31T23:59:59.999999Z"),
      (951_782_400_000_000, "2000-02-29T00:00:00Z"), (-62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
      (-62_135_596_800_000_001, "0001-12-31T23:59:59.999999Z BC"),
    ] as [(Int64, String)])
  func timestamps(_ microseconds: Int64, _ expected: String) {
    #expect(DateTimeText.iso8601(timestamp: microseconds, zone: "Z") == expected)
  }

  @Test("every number has a text", arguments: [.min, .min + 1, .max, -day - 1, -day] as [Int64])
  func extremes(_ number: Int64) {
    #expect(!DateTimeText.iso8601(timestamp: number, zone: "").isEmpty)
    #expect(!DateTimeText.iso8601(time: number).isEmpty)
    #expect(!DateTimeText.date(days: number).isEmpty)
    #expect(!DateTimeText.timestamp(microseconds: number).isEmpty)
  }

  @Test("a time of day is one, or the number that it is")
  func times() {
    #expect(DateTimeText.iso8601(time: 0) == "00:00:00")
    #expect(DateTimeText.iso8601(time: 49_510_250_000) == "13:45:10.250")
    #expect(DateTimeText.iso8601(time: Self.day) == "24:00:00")
    #expect(DateTimeText.iso8601(time: Self.day + 1) == "86400000001")
    #expect(DateTimeText.iso8601(time: -1) == "-1")
  }

  @Test("constants in statements keep their form")
  func constants() {
    #expect(DateTimeText.date(days: 19_782) == "2024-02-29")
    #expect(DateTimeText.date(days: -719_163) == "0001-12-31 BC")
    #expect(DateTimeText.time(microseconds: 49_510_250_000) == "13:45:10.250000")
    #expect(DateTimeText.timestamp(microseconds: -1) == "1969-12-31 23:59:59.999999")
  }
}

import Events
import Testing

@testable import TextFormats

@Suite struct TimeTextTests {
  @Test(
    "a timestamp with an offset is the moment that it names",
    arguments: [
      ("1970-01-01T00:00:00Z", 0),
      ("2025-08-31T08:00:00Z", 1_756_627_200_000_000),
      ("2025-08-31 08:00:00Z", 1_756_627_200_000_000),
      ("2025-08-31t08:00:00z", 1_756_627_200_000_000),
      ("2025-08-31T08:00Z", 1_756_627_200_000_000),
      ("2025-08-31T10:00:00+02:00", 1_756_627_200_000_000),
      ("2025-08-31T10:00:00+02", 1_756_627_200_000_000),
      ("2025-08-31T10:00:00+0200", 1_756_627_200_000_000),
      ("2025-08-31T10:00:07+02:00:07", 1_756_627_200_000_000),
      ("2025-08-31T02:30:00-05:30", 1_756_627_200_000_000),
      ("2025-08-31T23:59:59+15:59:59", 1_756_627_200_000_000),
      ("2025-08-31T08:00:00.5Z", 1_756_627_200_500_000),
      ("2025-08-31T08:00:00.123456Z", 1_756_627_200_123_456),
      ("2025-08-31T08:00:00.123456+00:00", 1_756_627_200_123_456),
      ("2025-08-31T08:00:00.1234564Z", 1_756_627_200_123_456),
      ("2025-08-31T08:00:00.1234566Z", 1_756_627_200_123_457),
      ("2025-08-31T08:00:00.123456789Z", 1_756_627_200_123_457),
      ("2025-08-31T08:00:00.9999999Z", 1_756_627_201_000_000),
      ("2025-08-31T24:00:00Z", 1_756_684_800_000_000),
      ("2025-08-31T23:59:60Z", 1_756_684_800_000_000),
      ("2025-08-31T08:00:60.5Z", 1_756_627_260_500_000),
      ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
      ("1969-12-31T23:59:59.999999Z", -1),
      ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
      ("0001-01-01T00:00:00+15:59", -62_135_654_340_000_000),
      ("12025-08-31T08:00:00Z", 317_326_147_200_000_000),
      ("294247-01-10T04:00:54.775806Z", .max - 1),
      (" \t2025-08-31T08:00:00Z\n", 1_756_627_200_000_000),
    ] as [(String, Int64)])
  func timestamptz(_ text: String, _ expected: Int64) {
    #expect(reading(text, ValueText.timestamptz) == .success(expected))
  }

  @Test(
    "a timestamp without an offset keeps what it says",
    arguments: [
      ("2025-08-31T08:00:00", 1_756_627_200_000_000), ("2025-08-31 08:00:00.25", 1_756_627_200_250_000),
      ("2025-08-31", 1_756_598_400_000_000), ("2025-08-31 24:00", 1_756_684_800_000_000),
      ("2025-08-31T08:00:00.0000005", 1_756_627_200_000_000), ("2025-08-31T08:00:00.0000015", 1_756_627_200_000_002),
    ] as [(String, Int64)])
  func timestamp(_ text: String, _ expected: Int64) {
    #expect(reading(text, ValueText.timestamp) == .success(expected))
  }

  @Test(
    "a date is its day", arguments: [("1970-01-01", 0), ("2000-02-29", 11_016), ("5874897-12-31", 2_145_042_905)])
  func date(_ text: String, _ expected: Int64) {
    #expect(reading(text, ValueText.date) == .success(expected))
  }

  @Test(
    "a time is what has passed since midnight",
    arguments: [
      ("00:00", 0), ("13:45", 49_500_000_000), ("13:45:10.25", 49_510_250_000), ("24:00:00", 86_400_000_000),
      ("23:59:60", 86_400_000_000), ("23:59:59.9999999", 86_400_000_000),
    ] as [(String, Int64)])
  func time(_ text: String, _ expected: Int64) {
    #expect(reading(text, ValueText.time) == .success(expected))
  }

  @Test(
    "what is no date or time is refused and says how to write one",
    arguments: [
      ("INVALID_TIMESTAMP", "\"INVALID_TIMESTAMP\" is no timestamptz; write it like 2025-08-31T08:00:00Z"),
      ("", "\"\" is no timestamptz; write it like 2025-08-31T08:00:00Z"),
      (
        "2025-08-31T08:00:00",
        "\"2025-08-31T08:00:00\" has no offset from UTC; write it like 2025-08-31T08:00:00Z, or declare the column as "
          + "timestamp"
      ),
      (
        "2025-08-31",
        "\"2025-08-31\" has no offset from UTC; write it like 2025-08-31T08:00:00Z, or declare the column as timestamp"
      ),
      ("2025-02-29T08:00:00Z", "\"2025-02-29T08:00:00Z\" is out of range for timestamptz"),
      (
        "a line\nand much more than anybody wants to read of it",
        "\"a line\\nand much more than anybody wants …\" is no timestamptz; write it like 2025-08-31T08:00:00Z"
      ),
    ])
  func messages(_ text: String, _ expected: String) {
    #expect(reading(text, ValueText.timestamptz).fault?.message == expected)
  }

  @Test(
    "texts near a timestamp are refused",
    arguments: [
      "25-08-31T08:00:00Z", "2025-8-31T08:00:00Z", "2025-08-31T8:00:00Z", "2025-08-31T08:00:00.Z",
      "2025-08-31T08:00:00,5Z", "2025-08-31T08Z", "20250831T080000Z", "2025-08-31T08:00:00 Z", "2025-08-31T08:00:00+2",
      "2025-08-31T08:00:00+02:0", "2025-08-31T08:00:00+020000", "2025-08-31T08:00:00ZZ", "2025-08-31T08:00:00Z ago",
      "2025-08-31  08:00:00Z", "2025-08-31_08:00:00Z", "2025/08/31T08:00:00Z", "now", "infinity", "-infinity", "epoch",
      "2025-08-31T08:00:00Z BC", "2025-08-31T08:00:00 UTC", "2025-08-31T08:00:00[UTC]", "+2025-08-31T08:00:00Z",
      "2025-08-31T08:00:00Z\u{0}", "２025-08-31T08:00:00Z",
      "2025-08-31T08:00:00." + String(repeating: "0", count: 100)
        + "Z",
    ])
  func refused(_ text: String) {
    #expect(reading(text, ValueText.timestamptz).fault?.code == .invalidText)
  }

  @Test(
    "days and times that do not exist are out of range",
    arguments: [
      "0000-01-01T00:00:00Z", "2025-00-31T08:00:00Z", "2025-13-01T08:00:00Z", "2025-04-31T08:00:00Z",
      "2025-08-31T25:00:00Z", "2025-08-31T08:60:00Z", "2025-08-31T08:00:61Z", "2025-08-31T24:00:01Z",
      "2025-08-31T23:59:60.5Z", "2025-08-31T08:00:00+16", "2025-08-31T08:00:00+02:60", "2025-08-31T08:00:00+02:00:60",
      "294247-01-10T04:00:54.775807Z", "294277-01-01T00:00:00Z", "5874897-12-31T00:00:00Z", "9999999-01-01T00:00:00Z",
    ])
  func outOfRange(_ text: String) {
    #expect(reading(text, ValueText.timestamptz).fault?.code == .timeOutOfRange)
  }

  @Test func `An offset is refused where a type does not keep it`() {
    #expect(
      reading("2025-08-31T08:00:00Z", ValueText.timestamp).fault?.message
        == "\"2025-08-31T08:00:00Z\" has an offset, which timestamp does not keep; write it like 2025-08-31T08:00:00, or "
        + "declare the column as timestamptz")
    #expect(reading("2025-08-31T08:00:00+02:00", ValueText.timestamp).fault?.code == .invalidText)
    #expect(reading("08:00:00+02", ValueText.time).fault?.message.contains("has an offset") == true)
    #expect(reading("2025-08-31T08:00:00Z", ValueText.date).fault?.code == .invalidText)
  }

  @Test func `The reader of common shapes and the reader of all of them agree`() {
    var random = SeededRandom(seed: 7)
    let characters = Array("0123456789--::TtZz+. ".utf8)
    var taken = 0
    for round in 0..<20_000 {
      var text = Array(
        "20\(10 + round % 80)-1\(round % 3)-2\(round % 9)T1\(round % 9):3\(round % 9):5\(round % 9)".utf8)
      if random.below(2) == 0 {
        text += Array(".".utf8) + (0...random.below(7)).map { _ in 0x30 + UInt8(random.below(10)) }
      }
      text += [Array("Z".utf8), Array("+05:30".utf8), Array("-16:00".utf8), []][random.below(4)]
      if random.below(2) == 0 { text[random.below(text.count)] = characters[random.below(characters.count)] }
      let string = String(decoding: text, as: UTF8.self)
      // A blank in front is passed over by the one and not known to the other.
      let common = reading(string, ValueText.timestamptz)
      let all = reading(" " + string, ValueText.timestamptz)
      #expect(common.value == all.value && common.fault?.code == all.fault?.code, "\(string)")
      if common.value != nil { taken += 1 }
    }
    #expect(taken > 4000)
  }
}

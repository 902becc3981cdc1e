import Events
import Testing

@testable import TextFormats

@Suite struct OtherTextTests {
  @Test(
    "a boolean is any clear beginning of its words",
    arguments: [("true", true), ("T", true), ("yes", true), ("on", true), ("1", true), ("f", false), ("OFF", false)])
  func booleans(_ text: String, _ expected: Bool) {
    #expect(reading(text, ValueText.boolean) == .success(expected))
  }

  @Test("what is no boolean is refused", arguments: ["", "o", "2", "maybe", "truest"])
  func noBooleans(_ text: String) {
    #expect(reading(text, ValueText.boolean).fault == ValueFault(.invalidText, "\"\(text)\" is no boolean"))
  }

  private func uuid(_ text: String) -> Result<String, ValueFault> {
    var arena = TextArena()
    return reading(text) { text throws(ValueFault) in try ValueText.uuid(text, arena: &arena).description }
  }

  @Test(
    "a uuid is canonical whatever its spelling",
    arguments: [
      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
      "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11",
      "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "{A0EE-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11}",
    ])
  func uuids(_ text: String) {
    #expect(uuid(text) == .success("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"))
  }

  @Test(
    "what is no uuid is refused",
    arguments: [
      "", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111",
      "{a0eebc999c0b4ef8bb6d6bb9bd380a11",
      "g0eebc999c0b4ef8bb6d6bb9bd380a11", "a0e-ebc999c0b4ef8bb6d6bb9bd380a11", " a0eebc999c0b4ef8bb6d6bb9bd380a11",
      "a0eebc999c0b4ef8bb6d6bb9bd380a11-", "a0eebc999c0b4ef8bb6d6bb9bd380a11}",
    ])
  func noUUIDs(_ text: String) {
    #expect(uuid(text).fault?.code == .invalidText)
  }

  @Test func `A canonical uuid is not copied`() throws {
    var arena = TextArena()
    let copied = reading("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11") { text throws(ValueFault) in
      try ValueText.uuid(text, arena: &arena).start != text.baseAddress
    }
    #expect(copied == .success(false))
    #expect(arena.capacity == 0)
  }

  @Test(
    "a text of varchar(3) has three characters, and loses spaces only",
    arguments: [("", ""), ("abc", "abc"), ("äöü", "äöü"), ("ab   ", "ab "), ("abc  ", "abc"), ("日本語 ", "日本語")])
  func fitted(_ text: String, _ expected: String) {
    let read = reading(text) { text throws(ValueFault) in
      let view = text.baseAddress.map { TextView(start: $0, count: text.count) } ?? .empty
      return try ValueText.fitted(view, maximumCharacters: 3).description
    }
    #expect(read == .success(expected))
  }

  @Test("a longer text is refused", arguments: [("abcd", 4), ("äöüß", 4), ("abc d", 5), ("abc  ü", 6)])
  func tooLong(_ text: String, _ count: Int) {
    let read = reading(text) { text throws(ValueFault) in
      let view = text.baseAddress.map { TextView(start: $0, count: text.count) } ?? .empty
      return try ValueText.fitted(view, maximumCharacters: 3).description
    }
    #expect(
      read.fault == ValueFault(.tooLong, "a text of \(count) characters where varchar(3) is declared"))
  }
}

import SQLFrontend
import Testing

/// Every file of Fixtures/refused begins with the errors that it must give, `-- error: line:column: message near "text"`,
/// each with its `-- hint:`.
@Suite struct RefusedDefinitionsTests {
  /// What the fixtures of alerts watch.
  static let aggregates = (try? plan(ShippedDefinitionsTests.files("aggregates")).aggregates) ?? []
  static let fixtures = Files.definitions(in: Files.tests + "/Fixtures/refused")

  @Test("there are fixtures of refused definitions")
  func present() {
    #expect(Self.fixtures.count > 60)
  }

  @Test("a definition outside of the language is refused with place, text and hint", arguments: fixtures)
  func refused(_ file: SourceFile) throws {
    let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
    let head = lines.prefix { $0.hasPrefix("-- error: ") || $0.hasPrefix("-- hint: ") }
    let expected = head.map { $0.hasPrefix("-- error: ") ? $0.dropFirst(10) : "  " + $0.dropFirst(3) }
      .joined(separator: "\n")
    // The expectation goes out of the way, since headers are read; all else stays in its line.
    let body = Array(repeating: "", count: head.count) + lines.dropFirst(head.count)
    let file = SourceFile(path: file.path, text: body.joined(separator: "\n"))
    let errors = errors {
      if file.path.hasPrefix("stream_") { return try parseStream(file) as Any }
      if file.path.hasPrefix("endpoint_") { return try parseEndpoint(file) as Any }
      if file.path.hasPrefix("alert_") { return try parseAlert(file, aggregates: Self.aggregates) as Any }
      if file.path.hasPrefix("view_") { return try views([file]) as Any }
      return try plan([file]) as Any
    }
    let actual = errors.map { String($0.description.dropFirst(file.path.count + 1)) }.joined(separator: "\n")
    #expect(actual == expected)
  }
}

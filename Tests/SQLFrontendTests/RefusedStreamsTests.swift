import SQLFrontend
import Testing

/// Fixtures/refused-streams.txt has blocks of a column list, a list of options, each on one line, and, indented, what the
/// stream is refused with: `line:column: message near "text"` and the hint. The columns stand in line 2, the options in
/// line 4; in a block whose first line begins with CREATE the definition is that line alone.
@Suite struct RefusedStreamsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var definition: String
    var expected: String
    var testDescription: String { definition.replacing("\n", with: " ") }
  }

  static let cases: [Case] = Files.text(of: Files.tests + "/Fixtures/refused-streams.txt").split(separator: "\n\n")
    .map { block in
      let lines = block.split(separator: "\n").map(String.init)
      let head = lines.prefix { !$0.hasPrefix("  ") }
      let definition = head.first?.hasPrefix("CREATE") == true ? head[0] : stream(head.first ?? "", head.last ?? "")
      return Case(definition: definition, expected: lines.dropFirst(head.count).joined(separator: "\n"))
    }

  static func stream(_ columns: String, _ options: String) -> String {
    "CREATE FOREIGN TABLE s (\n\(columns)\n) SERVER kafka OPTIONS (topic 't',\n\(options));"
  }

  @Test("there are many of them")
  func present() {
    #expect(Self.cases.count > 100)
    #expect(Self.cases.allSatisfy { !$0.expected.isEmpty })
  }

  @Test("a stream that cannot be is refused with the place of what is wrong and a way out", arguments: cases)
  func refused(_ test: Case) {
    let errors = errors {
      try plan([], of: try parseStream(SourceFile(path: "s.sql", text: test.definition)))
    }
    let actual = errors.map { error in
      "  " + error.description.dropFirst("s.sql:".count).replacing("\n  hint:", with: "\n    hint:")
    }
    #expect(actual.joined(separator: "\n") == test.expected)
  }
}

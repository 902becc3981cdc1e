import SQLFrontend
import Testing

/// What Postgres can say and a definition cannot: each construct is called by its own name, at its own place.
///
/// Fixtures/refused-selects.txt has blocks of a SELECT on one line and, indented, what it is refused with: `line:column:
/// message near "text"` and the hint, the lines counted from the CREATE in front of the SELECT.
@Suite struct RefusedSelectsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var select: String
    var expected: String
    var testDescription: String { select }
  }

  static let cases: [Case] = Files.text(of: Files.tests + "/Fixtures/refused-selects.txt").split(separator: "\n\n")
    .map { block in
      let lines = block.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: true)
      return Case(select: String(lines[0]), expected: lines.count > 1 ? String(lines[1].drop { $0 == "\n" }) : "")
    }

  @Test("there are many of them")
  func present() {
    #expect(Self.cases.count >= 120)
    #expect(Set(Self.cases.map(\.select)).count == Self.cases.count)
    // Each says what to write instead.
    for test in Self.cases { #expect(test.expected.contains("hint: "), "\(test.select)") }
  }

  @Test("a construct that a definition cannot have is refused by its name, with place and hint", arguments: cases)
  func refused(_ test: Case) {
    let errors = errors { try plan("CREATE MATERIALIZED VIEW x AS\n" + test.select) }
    let actual = errors.map { error in
      "  " + error.description.dropFirst("x.sql:".count).replacing("\n  hint:", with: "\n    hint:")
    }
    #expect(actual.joined(separator: "\n") == test.expected.trimmingNewlines)
  }
}

extension String {
  fileprivate var trimmingNewlines: String {
    var text = self[...]
    while text.last == "\n" { text = text.dropLast() }
    return String(text)
  }
}

import Events
import Glibc
import Postgres
import TestThreads
import Testing

@testable import Functions
@testable import PostgresOracle

/// Random regular expressions over random texts, against a real server. `EXPRESSIONS` and `CAST_SEED` are as for
/// expressions.
@Suite(.blocking) struct RegularExpressionTests {
  private static let count = (getenv("EXPRESSIONS").flatMap { Int(String(cString: $0)) } ?? 25) * 12

  @Test("a pattern matches the texts that Postgres matches with it, and none is taken that Postgres refuses")
  func agrees() throws {
    let connection = try ScratchServer.connect()
    defer { connection.close() }
    var random = RandomValues(seed: Comparison.seed)
    var taken = 0
    for _ in 0..<Self.count {
      let pattern = RandomPatterns.pattern(&random, depth: Int.random(in: 0...3, using: &random))
      let ignoresCase = random.chance(3)
      let texts = (0..<12).map { _ in Self.text(&random) }
      guard let found = try? Self.matches(texts, pattern, ignoresCase: ignoresCase) else { continue }
      taken += 1
      var array = PostgresArray(.text)
      for text in texts { array.append(text) }
      let expected: [String]
      do {
        let result = try connection.query(
          """
          SELECT t COLLATE "C" \(ignoresCase ? "~*" : "~") $2 FROM unnest($1::text[]) WITH ORDINALITY AS v (t, n) ORDER BY n
          """, [.array(array), .text(pattern)])
        expected = (0..<result.rowCount).map { result[$0, 0] ?? "NULL" }
      } catch {
        Issue.record("seed \(Comparison.seed): the engine takes \(pattern), Postgres does not: \(error)")
        continue
      }
      for (index, text) in texts.enumerated() where expected[index] != (found[index] ? "t" : "f") {
        Issue.record(
          "seed \(Comparison.seed): '\(text)' \(ignoresCase ? "~*" : "~") '\(pattern)' is \(expected[index]) in Postgres"
        )
      }
    }
    #expect(taken > Self.count * 2 / 3, "the generator writes what the engine refuses")
  }

  @Test("time grows with the text and not with the ways through a pattern")
  func isLinear() throws {
    let text = String(repeating: "a", count: 20_000)
    #expect(try Self.matches([text], "(a+)+b|(a|aa)*c|(.*.*)*x", ignoresCase: false) == [false])
    // Too many states for a table.
    #expect(try Self.matches([text + "b" + text], "b.{200}$|a.{12}b", ignoresCase: false).isEmpty == false)
  }

  @Test(
    "a pattern too large to follow is refused",
    arguments: ["(a{200}){200}", "((((){255}){255}){255}){255}", "(a|b|c){255}{2}"])
  func bounds(_ pattern: String) {
    #expect(throws: PreparationError.self) { try Self.matches([""], pattern, ignoresCase: false) }
  }

  private static func matches(_ texts: [String], _ pattern: String, ignoresCase: Bool) throws -> [Bool] {
    var parser = RegularExpressionParser(pattern, ignoresCase: ignoresCase)
    let expression = try RegularExpression(try parser.parse())
    return texts.map { text in
      let bytes = Array(text.utf8) + [0]
      return bytes.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return false }
        return expression.matches(TextView(start: start, count: bytes.count - 1))
      }
    }
  }

  private static func text(_ random: inout RandomValues) -> String {
    (0..<Int.random(in: 0...7, using: &random)).map { _ in
      random.pick([
        "a", "a", "b", "c", "A", "B", "é", "É", "日", "😀", "1", "2", " ", "-", "_", ".", "\n", "\t", "\\", "{", "]", "^",
        "$", "z",
      ])
    }.joined()
  }
}

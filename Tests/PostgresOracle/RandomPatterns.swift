/// Random regular expressions of what docs/definitions.md says is taken, and a little beyond.
enum RandomPatterns {
  private static let atoms = [
    "a", "b", "c", "A", "é", "日", "😀", ".", "1", " ", "-", "_", "\\.", "\\d", "\\s", "\\w", "\\D", "\\S", "\\W", "\\\\",
    "\\n", "\\t", "[ab]", "[^a]", "[a-c1-3]", "[-a]", "[a-]", "[]a]", "[^]é]", "[[:alpha:]_]", "[\\d-]", "[\\w.]",
    "[^\\s]",
    "[[:upper:]]", "[[:punct:]b]", "[é-日]", "[A-z]", "[\\]\\-a]", "{", "}", "]", "a{b", "\\$", "\\^", "\\A", "\\Z", "^",
    "$",
    "[.]", "[+--]", "[\\n ]",
  ]

  /// - Parameter depth: how many groups may stand inside of one another.
  static func pattern(_ random: inout RandomValues, depth: Int) -> String {
    (0..<Int.random(in: 0...4, using: &random)).map { _ -> String in
      if depth > 0, random.chance(3) {
        let inner = (0...Int.random(in: 0...2, using: &random)).map { _ in pattern(&random, depth: depth - 1) }
        return random.pick(["(", "(?:"]) + inner.joined(separator: "|") + ")" + quantifier(&random)
      }
      let atom = random.pick(atoms)
      return ["^", "$", "\\A", "\\Z", "a{b"].contains(atom) ? atom : atom + quantifier(&random)
    }.joined()
  }

  private static func quantifier(_ random: inout RandomValues) -> String {
    random.pick(["", "", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "{0}", "*?", "+?", "{0,2}?"])
  }
}

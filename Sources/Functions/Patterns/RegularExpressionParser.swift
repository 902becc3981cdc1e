/// What a regular expression says.
indirect enum RegularExpressionTree {
  case characters(CodePointSet)
  /// The beginning and the end of the text.
  case begin, end
  case sequence([RegularExpressionTree])
  case choice([RegularExpressionTree])
  /// nil: any number of times.
  case repeated(RegularExpressionTree, atLeast: Int, atMost: Int?)
}

/// Reads those of Postgres' advanced regular expressions (chapter 9.7.3 of its manual) that say which texts they match, and
/// need no more than a bounded memory of what was read for it.
struct RegularExpressionParser {
  /// Parentheses inside of one another.
  private static let maximumDepth = 100
  /// Postgres' own bound of a repetition.
  private static let maximumCount = 255

  static let form = "regular expressions here have . [a-z] [^a] \\d \\s \\w ^ $ ( | ) * + ? {m,n}"

  private let pattern: [Unicode.Scalar]
  private let ignoresCase: Bool
  private var position = 0
  private var depth = 0
  /// Whether it asks for a class of characters or for their case, which are the collation's.
  private(set) var dependsOnCollation: Bool

  init(_ pattern: String, ignoresCase: Bool) {
    self.pattern = Array(pattern.unicodeScalars)
    self.ignoresCase = ignoresCase
    dependsOnCollation = ignoresCase
  }

  mutating func parse() throws(PreparationError) -> RegularExpressionTree {
    let tree = try choice()
    guard position == pattern.count else { throw refusal("a parenthesis is closed that was not opened") }
    return tree
  }

  private func refusal(_ message: String, hint: String = form) -> PreparationError {
    PreparationError(message, hint: hint, argument: 1)
  }

  private var next: Unicode.Scalar? { position < pattern.count ? pattern[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    position += 1
    return true
  }

  private mutating func choice() throws(PreparationError) -> RegularExpressionTree {
    var branches = [try branch()]
    while take("|") { branches.append(try branch()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func branch() throws(PreparationError) -> RegularExpressionTree {
    var terms: [RegularExpressionTree] = []
    while let scalar = next, scalar != "|", scalar != ")" { terms.append(try term()) }
    return .sequence(terms)
  }

  private mutating func term() throws(PreparationError) -> RegularExpressionTree {
    guard let scalar = next else { return .sequence([]) }
    position += 1
    let atom: RegularExpressionTree
    switch scalar {
    case "^": return .begin
    case "$": return .end
    case "*", "+", "?": throw refusal("\(scalar) repeats nothing")
    case "{" where next.map(Self.isDigit) == true: throw refusal("{ repeats nothing", hint: "write \\{ for the brace")
    case ".": atom = .characters(.all)
    case "[": atom = .characters(try bracket())
    case "(": atom = try group()
    case "\\":
      switch try escape() {
      case .set(let set): atom = .characters(set)
      case .anchor(let anchor): return anchor
      }
    default: atom = .characters(cased(CodePointSet(scalar)))
    }
    return try repeated(atom)
  }

  private func cased(_ set: CodePointSet) -> CodePointSet { ignoresCase ? set.caseless : set }

  private mutating func group() throws(PreparationError) -> RegularExpressionTree {
    if take("?"), !take(":") {
      throw refusal("(?\(next.map(String.init) ?? "") is not supported", hint: "write (?:…) or (…)")
    }
    depth += 1
    guard depth <= Self.maximumDepth else { throw refusal("more than \(Self.maximumDepth) parentheses in one another") }
    let inner = try choice()
    guard take(")") else { throw refusal("a parenthesis is not closed") }
    depth -= 1
    return inner
  }

  // MARK: Repetition

  private mutating func repeated(_ atom: RegularExpressionTree) throws(PreparationError) -> RegularExpressionTree {
    let bounds: (least: Int, most: Int?)
    switch next {
    case "*": bounds = (0, nil)
    case "+": bounds = (1, nil)
    case "?": bounds = (0, 1)
    case "{" where position + 1 < pattern.count && Self.isDigit(pattern[position + 1]):
      bounds = try count()
      return try behindQuantifier(.repeated(atom, atLeast: bounds.least, atMost: bounds.most))
    default: return atom
    }
    position += 1
    return try behindQuantifier(.repeated(atom, atLeast: bounds.least, atMost: bounds.most))
  }

  /// A `?` there asks for the shortest match: whether there is one is the same.
  private mutating func behindQuantifier(
    _ tree: RegularExpressionTree
  ) throws(PreparationError) -> RegularExpressionTree {
    _ = take("?")
    return tree
  }

  /// `{m}`, `{m,}` or `{m,n}`.
  private mutating func count() throws(PreparationError) -> (least: Int, most: Int?) {
    position += 1
    let least = number()
    var most: Int? = least
    if take(",") { most = next.map(Self.isDigit) == true ? number() : nil }
    guard take("}") else { throw refusal("{ is not closed", hint: "write {2}, {2,} or {2,5}") }
    guard least <= Self.maximumCount, most.map({ $0 <= Self.maximumCount && $0 >= least }) ?? true else {
      throw refusal("a repetition is from a number to one not smaller, up to \(Self.maximumCount)")
    }
    return (least, most)
  }

  private mutating func number() -> Int {
    var value = 0
    while let digit = next, Self.isDigit(digit) {
      value = min(value * 10 + Int(digit.value - 0x30), Self.maximumCount + 1)
      position += 1
    }
    return value
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { (0x30...0x39).contains(scalar.value) }

  // MARK: Characters

  private enum Escape {
    case set(CodePointSet)
    case anchor(RegularExpressionTree)
  }

  /// Behind a backslash.
  private mutating func escape(inBracket: Bool = false) throws(PreparationError) -> Escape {
    guard let scalar = next else { throw refusal("the pattern ends with a backslash", hint: "write \\\\ for it") }
    position += 1
    switch scalar {
    case "d", "s", "w", "D", "S", "W":
      let set: CodePointSet =
        switch scalar {
        case "d", "D": .digits
        case "s", "S": .spaces
        default: .word
        }
      let isNegated = scalar.properties.isUppercase
      guard !isNegated || !inBracket else {
        throw refusal("\\\(scalar) is not supported in brackets", hint: "write it outside, or [^…]")
      }
      dependsOnCollation = true
      return .set(isNegated ? set.inverted : set)
    case "t": return .set(CodePointSet("\t"))
    case "n": return .set(CodePointSet("\n"))
    case "r": return .set(CodePointSet("\r"))
    case "f": return .set(CodePointSet([0x0C...0x0C]))
    case "v": return .set(CodePointSet([0x0B...0x0B]))
    case "A" where !inBracket: return .anchor(.begin)
    case "Z" where !inBracket: return .anchor(.end)
    case "a"..."z", "A"..."Z", "0"..."9": throw refusal("the escape \\\(scalar) is not supported")
    default: return .set(cased(CodePointSet(scalar)))
    }
  }

  /// Behind `[`, up to and with its `]`.
  private mutating func bracket() throws(PreparationError) -> CodePointSet {
    let isNegated = take("^")
    var set = CodePointSet([])
    var isFirst = true
    while true {
      guard let scalar = next else { throw refusal("[ is not closed", hint: "write \\[ for the bracket") }
      if scalar == "]", !isFirst { break }
      defer { isFirst = false }
      guard scalar != "-" || isFirst || position + 1 < pattern.count && pattern[position + 1] == "]" else {
        throw refusal("a - in brackets is between two characters, or the first or the last of them")
      }
      switch try element() {
      case .class(let other): set = set.union(other)
      case .character(let first):
        guard next == "-", position + 1 < pattern.count, pattern[position + 1] != "]" else {
          set = set.union(CodePointSet([first...first]))
          continue
        }
        position += 1
        guard case .character(let last) = try element(), first <= last else {
          throw refusal("a range in brackets is from a character to one that is not before it")
        }
        set = set.union(CodePointSet([first...last]))
      }
    }
    position += 1
    set = cased(set)
    return isNegated ? set.inverted : set
  }

  private enum Element {
    case character(UInt32)
    case `class`(CodePointSet)
  }

  private mutating func element() throws(PreparationError) -> Element {
    guard let scalar = next else { throw refusal("[ is not closed", hint: "write \\[ for the bracket") }
    position += 1
    if scalar == "\\" {
      let isClass = next.map { "dsw".unicodeScalars.contains($0) } ?? false
      let isPlain = next.map { !$0.properties.isAlphabetic && !Self.isDigit($0) || $0.value > 0x7F } ?? false
      // Which character it is, before another case of it comes to it.
      if isPlain, let scalar = next {
        position += 1
        return .character(scalar.value)
      }
      guard case .set(let set) = try escape(inBracket: true) else { throw refusal("an anchor stands in brackets") }
      if !isClass, let only = set.ranges.first { return .character(only.lowerBound) }
      return .class(set)
    }
    guard scalar == "[", let sign = next, [":", ".", "="].contains(sign) else { return .character(scalar.value) }
    position += 1
    var name = ""
    while let letter = next, letter != sign, letter != "]" {
      name.unicodeScalars.append(letter)
      position += 1
    }
    guard sign == ":", take(":"), take("]"), let set = CodePointSet.named(name) else {
      throw refusal(
        "[\(sign)\(name)\(sign)] is not supported",
        hint: "classes are [[:alnum:]], alpha, blank, cntrl, digit, graph, lower, print, punct, space, upper, xdigit")
    }
    dependsOnCollation = true
    // Small and capital letters are the same then.
    return .class(ignoresCase && ["lower", "upper"].contains(name) ? set.caseless : set)
  }
}

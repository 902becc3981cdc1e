import JSON

/// Compares documents with what is expected of them: of an object only the members that the expectation names.
enum JSONDifference {
  /// Doubles differ in their last digits with the order in which they were added.
  private static let relativeTolerance = 1e-9
  /// Longer lists are not laid beside each other.
  private static let comparedPairs = 1_000_000

  static func matches(_ actual: JSONValue, _ expected: JSONValue) -> Bool {
    switch (expected, actual) {
    case (.object(let members), .object):
      members.allSatisfy { member in actual[member.name].map { matches($0, member.value) } ?? false }
    case (.array(let left), .array(let right)):
      left.count == right.count && zip(left, right).allSatisfy { matches($1, $0) }
    case (.number(let left), .number(let right)): areEqual(left, right) ?? areEqual(expected, actual)
    case (.string(let left), .string(let right)): left == right || normalized(left) == normalized(right)
    default: expected == actual
    }
  }

  /// Whole numbers are exact; nil: one is none.
  private static func areEqual(_ left: String, _ right: String) -> Bool? {
    guard let left = Int128(left), let right = Int128(right) else { return nil }
    return left == right
  }

  private static func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
    if left == right { return true }
    guard let left = left.doubleValue, let right = right.doubleValue else { return false }
    return left == right || abs(left - right) <= relativeTolerance * max(abs(left), abs(right))
  }

  /// A time in UTC in one of the ways to write it, `2026-01-31 12:00:00Z`; others as they are.
  private static func normalized(_ text: String) -> String {
    guard text.utf8.count >= 19, text.utf8.prefix(4).allSatisfy({ (0x30...0x39).contains($0) }) else { return text }
    var time = text.replacing("T", with: " ", maxReplacements: 1)
    for zone in ["+00:00", "+00"] where time.hasSuffix(zone) { return time.dropLast(zone.count) + "Z" }
    if time.hasSuffix(" Z") { time = time.dropLast(2) + "Z" }
    return time
  }

  /// Of what came only what the expectation names, in its order: what is shown of it.
  static func shown(_ actual: JSONValue, like expected: JSONValue) -> JSONValue {
    switch (expected, actual) {
    case (.object(let members), .object):
      .object(
        members.compactMap { member in
          actual[member.name].map { JSONMember(member.name, shown($0, like: member.value)) }
        })
    case (.array(let left), .array(let right)):
      .array(right.enumerated().map { left.indices.contains($0) ? shown($1, like: left[$0]) : $1 })
    default: actual
    }
  }

  /// Lists of documents, row by row; nil: they match.
  static func lines(_ actual: [JSONValue], _ expected: [JSONValue]) -> [String]? {
    if actual.count == expected.count, zip(actual, expected).allSatisfy({ matches($0, $1) }) { return nil }
    var lines: [String] = []
    // What matches in order is common: the rest is missing, or too much.
    for step in alignment(actual, expected) {
      switch step {
      case .common(let row): lines.append("  " + actual[row].spaced)
      case .missing(let row): lines.append("- " + expected[row].spaced)
      case .surplus(let row, let like):
        lines.append("+ " + (like.map { shown(actual[row], like: expected[$0]) } ?? actual[row]).spaced)
      }
    }
    return lines
  }

  private enum Alignment {
    case common(Int)
    case missing(Int)
    case surplus(Int, like: Int?)
  }

  /// The longest common subsequence, and what stands between.
  private static func alignment(_ actual: [JSONValue], _ expected: [JSONValue]) -> [Alignment] {
    guard actual.count * expected.count <= Self.comparedPairs else {
      return expected.indices.map(Alignment.missing) + actual.indices.map { .surplus($0, like: nil) }
    }
    var lengths = [[Int]](repeating: [Int](repeating: 0, count: expected.count + 1), count: actual.count + 1)
    for row in actual.indices.reversed() {
      for column in expected.indices.reversed() {
        lengths[row][column] =
          matches(actual[row], expected[column])
          ? lengths[row + 1][column + 1] + 1 : max(lengths[row + 1][column], lengths[row][column + 1])
      }
    }
    var steps: [Alignment] = []
    var (row, column) = (0, 0)
    while row < actual.count || column < expected.count {
      if row < actual.count, column < expected.count, matches(actual[row], expected[column]) {
        steps.append(.common(row))
        (row, column) = (row + 1, column + 1)
      } else if row == actual.count
        || column < expected.count && lengths[row][column + 1] >= lengths[row + 1][column]
      {
        steps.append(.missing(column))
        column += 1
      } else {
        steps.append(.surplus(row, like: expected.isEmpty ? nil : max(column - 1, 0)))
        row += 1
      }
    }
    return steps
  }
}

extension JSONValue {
  /// On one line, with spaces: as people write it.
  var spaced: String {
    switch self {
    case .array(let elements): "[" + elements.map(\.spaced).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { JSONValue.string($0.name).text + ": " + $0.value.spaced }.joined(separator: ", ") + "}"
    default: text
    }
  }
}

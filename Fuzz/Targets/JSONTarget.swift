import JSON

extension FuzzTarget {
  /// What is parsed and written again is the same value, every value in it is found by its path, and a refusal points
  /// into the text.
  static let json = FuzzTarget("json", maximumInputBytes: 8192) {
    { input in
      let value: JSONValue
      do throws(JSONError) {
        value = try JSONValue(parsing: input)
      } catch {
        try require((0...input.count).contains(error.position.offset), "\(error) is outside of the text")
        try require(error.position.line >= 1 && error.position.column >= 1, "\(error) has no place")
        return
      }
      let text = value.text
      let again = try JSONValue(parsing: text)
      try require(again == value, "writing changed the value to \(text)")
      try require(again.text == text, "writing twice gives another text than \(text)")
      try checkPaths(of: value, in: text)
    }
  }
}

/// Looks up some places by their path: to the last child, level by level, as that passes over all others.
private func checkPaths(of value: JSONValue, in text: String) throws {
  var path: [JSONPathStep] = []
  var inner = value
  while path.count < 8 {
    guard let position = JSONPosition(of: path, in: text) else {
      throw Finding(description: "no place for the path \(path) in \(text)")
    }
    let expected = inner.text
    let found = text.utf8.dropFirst(position.offset).prefix(expected.utf8.count)
    try require(found.elementsEqual(expected.utf8), "the path \(path) leads to \(position.offset) in \(text)")
    switch inner {
    case .array(let elements):
      guard let last = elements.last else { return }
      path.append(.element(elements.count - 1))
      inner = last
    case .object(let members):
      guard let last = members.last else { return }
      path.append(.member(last.name))
      inner = last.value
    default: return
    }
  }
}

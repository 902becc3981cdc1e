/// One step from a value into a value inside it.
public enum JSONPathStep: Hashable, Sendable {
  case member(String)
  case element(Int)
}

extension JSONPosition {
  /// Where the value at `path` begins in `text`, as far as the path exists: values carry no position, so what is wrong
  /// with their meaning is located by walking the text again. nil when the text is not JSON up to there.
  public init?(of path: [JSONPathStep], in text: String) {
    var text = text
    let position = text.withUTF8 { bytes -> JSONPosition? in
      var parser = JSONParser(bytes)
      guard let offset = try? parser.offset(of: path[...]) else { return nil }
      return JSONPosition(offset: offset, in: bytes)
    }
    guard let position else { return nil }
    self = position
  }
}

extension JSONParser {
  fileprivate mutating func offset(of path: ArraySlice<JSONPathStep>) throws(JSONError) -> Int {
    skipSpace()
    let here = index
    switch path.first {
    case .member(let name):
      guard take("{") else { return here }
      repeat {
        if try parseName() == name { return try offset(of: path.dropFirst()) }
        _ = try parseValue(depth: 0)
      } while take(",")
    case .element(let wanted):
      guard take("[") else { return here }
      var element = 0
      repeat {
        if element == wanted { return try offset(of: path.dropFirst()) }
        _ = try parseValue(depth: 0)
        element += 1
      } while take(",")
    case nil: break
    }
    return here
  }
}

import HTTPServer
import SQLFrontend
import StatsAPI

extension FuzzTarget {
  /// A request target is refused or decoded so that encoding it leads back to it; a query becomes arguments of one
  /// spelling; a path never leaves the folder of the web page.
  static let httpRequest = FuzzTarget("http-request") {
    let endpoint = try parseEndpoint(
      SourceFile(
        path: "endpoint.sql",
        text: """
          -- name: GET /api/things
          -- summary: Things.
          -- param: minutes integer = 5 in -10..60   -- Look-back window
          -- param: kind    text = all in all|some   -- Kind
          -- param: region  text?                    -- Region
          -- param: is_open boolean = true           -- Open
          -- returns: rows
          SELECT 1 AS one WHERE 1 = :minutes AND :kind = 'x' AND :region = 'y' AND :is_open;
          """))
    return { input in
      guard let target = RequestTarget(input) else { return }
      let text = target.path == "*" ? "*" : encoded(target)
      try require(
        Array(text.utf8).withUnsafeBufferPointer(RequestTarget.init) == target,
        "\(target) is encoded as \(text), which is another target")
      if let arguments = try? endpoint.arguments(for: target.query) {
        let canonical = zip(endpoint.parameters, arguments).compactMap { parameter, value in
          value.map { QueryItem(name: parameter.name, value: $0) }
        }
        try require(try endpoint.arguments(for: canonical) == arguments, "\(arguments) are not canonical")
      }
      if let file = relativeFilePath(ofURLPath: target.path) {
        let isWithin = file.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
          !$0.isEmpty && !$0.hasPrefix(".")
        }
        try require(isWithin, "\(target.path) leads to the file \(file)")
      }
      for item in target.query {
        let tag = EntityTag(of: Array(item.name.utf8))
        try require(tag.matches(ifNoneMatch: "\(item.name), \(tag.text)"), "\(tag.text) does not match itself")
      }
    }
  }
}

/// The target with every byte escaped that is not a letter or a digit.
private func encoded(_ target: RequestTarget) -> String {
  func escaped(_ text: String, keeping kept: String) -> String {
    text.utf8.map { byte in
      let scalar = Unicode.Scalar(byte)
      if scalar.isASCII, Character(scalar).isLetter || Character(scalar).isNumber || kept.utf8.contains(byte) {
        return String(scalar)
      }
      return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
  let query = target.query.map { "\(escaped($0.name, keeping: ""))=\(escaped($0.value, keeping: ""))" }
  return escaped(target.path, keeping: "/") + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
}

import CPgQuery
import JSON

/// Postgres' own parser. Nothing of libpg_query's is seen outside of this file and `Node`.
enum PostgresParser {
  /// The statements of the file.
  ///
  /// - Parameter bytes: parsed in place of the file's own, byte for byte at the same offsets.
  static func parse(_ source: SourceText, bytes: [UInt8]? = nil) throws(DefinitionError) -> [Node] {
    let bytes = bytes ?? source.bytes
    // The parser takes a C string: it would not see what stands behind a zero byte.
    if let zero = bytes.firstIndex(of: 0) { throw source.error(at: zero, "the file contains a zero byte") }
    try NestingBound.check(source)
    try refuseLongNames(source)
    switch parse(bytes) {
    case .failed(let message, let character):
      let offset = character > 0 ? source.byteOffset(ofCharacter: character - 1) : 0
      // The parser's "at or near" repeats what our own errors say in their own way.
      let summary = message.split(separator: " at ").first.map(String.init) ?? message
      throw source.error(at: offset, summary, hint: hint(at: offset, source, bytes))
    case .tree(let text):
      do {
        guard case .array(let items)? = try JSONValue(parsing: text)["stmts"] else { return [] }
        return items.compactMap { $0["stmt"].flatMap(Node.init) }
      } catch {
        throw source.error(
          at: location(inTree: text, after: error.position.offset),
          "the statement is nested too deep", hint: NestingBound.hint)
      }
    }
  }

  private static func hint(at offset: Int, _ source: SourceText, _ bytes: [UInt8]) -> String? {
    guard offset < source.bytes.count else { return nil }
    if bytes[offset] == UInt8(ascii: ":") { return "parameters (:name) are for endpoints" }
    // `user.name`: a word of SQL, which as a name has to be quoted.
    guard bytes[offset] == UInt8(ascii: "."),
      let word = source.tokens.last(where: { $0.range.upperBound == offset && $0.kind == .word })
    else { return nil }
    return "\(source.text(word)) is a word of SQL; as a name it stands in double quotes: \"\(source.text(word))\""
  }

  /// Postgres cuts longer names off without a word, the parser too.
  private static func refuseLongNames(_ source: SourceText) throws(DefinitionError) {
    for token in source.tokens where token.range.count > ReservedNames.maximumBytes {
      guard token.kind == .word || token.kind == .quotedIdentifier else { continue }
      let text = source.text(token)
      let name = token.kind == .word ? text : String(text.dropFirst().dropLast()).replacing("\"\"", with: "\"")
      guard name.utf8.count > ReservedNames.maximumBytes else { continue }
      throw source.error(
        at: token.range.lowerBound,
        "the name is longer than \(ReservedNames.maximumBytes) bytes, where Postgres cuts names off",
        hint: "write a shorter one; a field of the schema can have a shorter name with the long one as an alias")
    }
  }

  /// Where the node stands that the tree's text ends last with at or behind `offset`: nodes end with their location.
  private static func location(inTree text: String, after offset: Int) -> Int {
    let mark = Array("\"location\":".utf8)
    let rest = text.utf8.dropFirst(offset)
    var matched = 0
    var number: Int?
    for byte in rest {
      if matched == mark.count {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
          if number != nil { break }
          // A node without a place: the one around it has one.
          matched = 0
          continue
        }
        number = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
      } else {
        matched = byte == mark[matched] ? matched + 1 : (byte == mark[0] ? 1 : 0)
      }
    }
    return number ?? 0
  }

  /// The only statement of the file.
  static func parseOne(_ source: SourceText, expecting form: String, bytes: [UInt8]? = nil) throws(DefinitionError)
    -> Node
  {
    let statements = try parse(source, bytes: bytes)
    guard let statement = statements.first else {
      throw source.error(at: 0, "the file contains no statement", hint: "write \(form)")
    }
    guard statements.count == 1 else {
      let end = source.tokens.firstIndex { source.text($0) == ";" } ?? 0
      let second = source.tokens[end...].first { !$0.isComment && source.text($0) != ";" }
      throw source.error(
        at: second?.range.lowerBound ?? 0, "the file contains more than one statement",
        hint: "a definition file holds one statement; give the others files of their own")
    }
    return statement
  }

  private enum Outcome {
    case tree(String)
    /// The place as a character number from 1; 0 when the parser does not say.
    case failed(String, character: Int)
  }

  private static func parse(_ bytes: [UInt8]) -> Outcome {
    let result = (bytes + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { pg_query_parse($0.baseAddress) }
    }
    defer { pg_query_free_parse_result(result) }
    if let error = result.error {
      return .failed(String(cString: error.pointee.message), character: Int(error.pointee.cursorpos))
    }
    return .tree(String(cString: result.parse_tree))
  }
}

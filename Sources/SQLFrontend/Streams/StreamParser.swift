import Plan

/// A stream as its file defines it.
public struct ParsedStream: Sendable {
  public let definition: StreamDefinition
  let source: SourceText
  /// Where errors about the definition point: its name, and the options that are given.
  private let nameLocation: Int
  private let optionLocations: [String: Int]

  fileprivate init(_ definition: StreamDefinition, _ syntax: SyntaxStream, _ source: SourceText) {
    self.definition = definition
    self.source = source
    nameLocation = syntax.nameLocation
    optionLocations = Dictionary(syntax.options.map { ($0.name, $0.location) }) { first, _ in first }
  }

  /// The file of the definition, as messages show it.
  public var path: String { source.path }

  /// An error at an option of the definition, or at its name when the option is not given.
  public func error(at option: String, _ message: String, hint: String? = nil) -> DefinitionError {
    source.error(at: optionLocations[option] ?? nameLocation, message, hint: hint)
  }

  /// An error at a declared column.
  func error(at column: DeclaredColumn, _ message: String, hint: String? = nil) -> DefinitionError {
    guard let place = column.place else { return error(at: "", message, hint: hint) }
    return source.error(at: source.offset(of: place), message, hint: hint)
  }
}

/// Reads a stream's definition, `CREATE FOREIGN TABLE name (…) SERVER kafka OPTIONS (…)`.
///
/// What needs the stream's schema, such as the type of the event time, is judged by `planStreams`.
/// - Throws: everything that is wrong in the file.
public func parseStream(_ file: SourceFile) throws(DefinitionErrors) -> ParsedStream {
  var parser = StreamParser(source: SourceText(file))
  let stream = parser.parse()
  try parser.diagnostics.check()
  guard let stream else { throw DefinitionErrors([parser.source.error(at: 0, "the stream cannot be read")]) }
  return stream
}

private struct StreamParser {
  let source: SourceText
  var diagnostics = Diagnostics()

  init(source: SourceText) {
    self.source = source
  }

  /// nil when something was wrong, which then is in `diagnostics`.
  mutating func parse() -> ParsedStream? {
    let source = source
    let statement = diagnostics.attempt { () throws(DefinitionError) in
      do throws(DefinitionError) {
        return try PostgresParser.parseOne(source, expecting: SyntaxReader.streamForm)
      } catch {
        throw source.advised(error)
      }
    }
    guard let statement, let syntax = SyntaxReader(source: source).stream(statement, &diagnostics),
      let definition = definition(syntax)
    else { return nil }
    return ParsedStream(definition, syntax, source)
  }

  private mutating func definition(_ syntax: SyntaxStream) -> StreamDefinition? {
    if syntax.server != "kafka" {
      diagnostics.report(
        source.error(
          at: syntax.nameLocation, "there is no server \"\(syntax.server)\"", hint: "the server of a stream is kafka"))
    }
    let options = StreamOptions(syntax, source, &diagnostics)
    // What is wrong with the format is said once: the rest is judged as if it were the usual one.
    let format = diagnostics.attempt { () throws(DefinitionError) in try options.format() }
    let topic = diagnostics.attempt { () throws(DefinitionError) in try options.topic() }
    let schema = format.flatMap { format in
      diagnostics.attempt { () throws(DefinitionError) in try options.schema(format) }
    }
    let columns = ColumnParser(source: source, format: format ?? .json).columns(syntax.columns, &diagnostics)
    if let format, format != .avro, syntax.columns.isEmpty, diagnostics.errors.isEmpty {
      diagnostics.report(
        source.error(
          at: syntax.nameLocation, "the columns of a stream of format '\(format.rawValue)' are declared",
          hint: "write CREATE FOREIGN TABLE \(syntax.name) (id text NOT NULL, created timestamptz NOT NULL, …)"))
    }
    let eventTime = diagnostics.attempt { () throws(DefinitionError) in try options.eventTime() }
    let times = diagnostics.attempt { () throws(DefinitionError) in try options.times() }
    let deadLetterTopic = diagnostics.attempt { () throws(DefinitionError) in
      try options.deadLetterTopic(topic: topic)
    }
    let framing = diagnostics.attempt { () throws(DefinitionError) in try options.framing() }
    let csv = diagnostics.attempt { () throws(DefinitionError) in try options.csv() }
    guard diagnostics.errors.isEmpty, let format, let topic, let schema, let eventTime, let times, let deadLetterTopic,
      let framing, let csv
    else { return nil }
    return StreamDefinition(
      name: syntax.name, topic: topic, format: format, schema: schema, columns: columns, csv: csv,
      eventTime: eventTime, outOfOrdernessMicroseconds: times.outOfOrderness, idleTimeoutMicroseconds: times.idle,
      maxAheadMicroseconds: times.maxAhead, maxWatermarkAheadMicroseconds: times.maxWatermarkAhead,
      deadLetterTopic: deadLetterTopic, framing: framing, sampleIntervalMicroseconds: times.sample,
      sampleKeepMicroseconds: times.sampleKeep)
  }
}

extension SourceText {
  /// The parser's error with a hint, where it is one of those that declaring columns invites to.
  fileprivate func advised(_ error: DefinitionError) -> DefinitionError {
    let offset = offset(of: FilePlace(path: path, line: error.line, column: error.column))
    let tokens = tokens.filter { !$0.isComment }
    guard error.hint == nil, let index = tokens.firstIndex(where: { $0.range.lowerBound == offset }), index > 0 else {
      return error
    }
    // Between the parentheses of the columns, and in no others.
    let before = tokens[..<index].map { self.text($0) }
    guard before.count(where: { $0 == "(" }) == before.count(where: { $0 == ")" }) + 1 else { return error }
    var error = error
    let (text, previous) = (text(tokens[index]), text(tokens[index - 1]))
    if text.lowercased() == "options", previous.lowercased() == "null" {
      error.hint = "a column's OPTIONS stand before NULL and NOT NULL: \(SyntaxReader.columnForm)"
    } else if tokens[index].kind == .word, previous == "(" || previous == "," {
      error.hint = "a name that is a word of SQL stands in quotes: \"\(text)\""
    } else if text == ")", previous == "," {
      error.hint = "there is a comma too many"
    } else if [",", ")"].contains(text), tokens[index - 1].kind != .symbol {
      error.hint = "a column has a type: \(SyntaxReader.columnForm)"
    }
    return error
  }
}

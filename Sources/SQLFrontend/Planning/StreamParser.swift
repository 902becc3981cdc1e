import Plan

/// Reads a stream's definition, `CREATE FOREIGN TABLE name () SERVER kafka OPTIONS (…)`.
///
/// - Throws: everything that is wrong in the file.
public func parseStream(_ file: SourceFile) throws(DefinitionErrors) -> StreamDefinition {
  let source = SourceText(file)
  var diagnostics = Diagnostics()
  let definition = diagnostics.attempt { () throws(DefinitionError) in
    let statement = try PostgresParser.parseOne(source, expecting: SyntaxReader.streamForm)
    return try SyntaxReader(source: source).stream(statement)
  }.flatMap { planDefinition($0, source, &diagnostics) }
  try diagnostics.check()
  guard let definition else { throw DefinitionErrors([source.error(at: 0, "the stream cannot be read")]) }
  return definition
}

private let knownOptions = [
  "topic", "format", "schema", "event_time", "out_of_orderness", "idle_timeout", "max_ahead", "max_watermark_ahead",
  "dead_letter_topic", "framing",
]

private func planDefinition(_ syntax: SyntaxStream, _ source: SourceText, _ diagnostics: inout Diagnostics)
  -> StreamDefinition?
{
  if syntax.server != "kafka" {
    diagnostics.report(
      source.error(
        at: syntax.nameLocation, "there is no server \"\(syntax.server)\"", hint: "the server of a stream is kafka"))
  }
  let options = DefinitionOptions(
    syntax.options, known: knownOptions, source: source, location: syntax.nameLocation, diagnostics: &diagnostics)
  let topic = diagnostics.attempt { () throws(DefinitionError) in try options.required("topic") }
  let format = diagnostics.attempt { () throws(DefinitionError) in
    _ = try options.required("format")
    return try options.choice("format", StreamDefinition.Format.self) ?? .avro
  }
  let schema = diagnostics.attempt { () throws(DefinitionError) in
    let name = try options.required("schema")
    guard !name.contains("/") else {
      throw options.error("schema", "a schema is the name of a file in schemas/", hint: "write it without a folder")
    }
    return name
  }
  let eventTime = diagnostics.attempt { () throws(DefinitionError) in
    let path = try options.required("event_time").split(separator: ".", omittingEmptySubsequences: false)
    guard !path.contains(where: \.isEmpty) else {
      throw options.error("event_time", "event_time is a field's path, e.g. 'timestamp' or 'meta.created'")
    }
    return path.map(String.init)
  }
  let intervals = diagnostics.attempt { () throws(DefinitionError) in
    (
      outOfOrderness: try options.interval("out_of_orderness") ?? 5_000_000,
      idleTimeout: try options.interval("idle_timeout") ?? 10_000_000,
      maxAhead: try options.interval("max_ahead") ?? 86_400_000_000,
      maxWatermarkAhead: try options.interval("max_watermark_ahead") ?? 60_000_000
    )
  }
  let deadLetterTopic = diagnostics.attempt { () throws(DefinitionError) in try options.text("dead_letter_topic") }
  let framing = diagnostics.attempt { () throws(DefinitionError) in
    try options.choice("framing", StreamDefinition.Framing.self) ?? .automatic
  }
  if let topic, deadLetterTopic == topic {
    diagnostics.report(options.error("dead_letter_topic", "dead letters cannot go to the topic that is read"))
  }
  guard let topic, let format, let schema, let eventTime, let intervals, let deadLetterTopic, let framing else {
    return nil
  }
  return StreamDefinition(
    name: syntax.name, topic: topic, format: format, schema: .file(schema), eventTime: eventTime,
    outOfOrdernessMicroseconds: intervals.outOfOrderness, idleTimeoutMicroseconds: intervals.idleTimeout,
    maxAheadMicroseconds: intervals.maxAhead, maxWatermarkAheadMicroseconds: intervals.maxWatermarkAhead,
    deadLetterTopic: deadLetterTopic, framing: framing)
}

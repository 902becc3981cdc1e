import CPgQuery
import Dialects
import Plan
import SQLFrontend
import SQLQuoting

extension FuzzTarget {
  /// Every refusal of a definition points into its file, and the statements made of an accepted one are SQL.
  static let sqlDefinitions = FuzzTarget(
    "sql-definitions",
    seedFolders: [
      "sql/streams", "sql/aggregates", "sql/endpoints", "sql/alerts", "sql/tests",
      "Tests/SQLFrontendTests/Fixtures/refused",
    ]
  ) {
    let event = try EventStream()
    return { input in
      // Files are read as UTF-8 with what is not repaired.
      let file = SourceFile(path: "x.sql", text: String(decoding: input, as: UTF8.self))
      if let stream = try accepted(file, { file throws(DefinitionErrors) in try parseStream(file) }) {
        try check(stream.definition)
        // Those without a schema can be judged alone; the event time may still be wrong.
        if stream.definition.format != .avro {
          _ = try accepted(file) { _ throws(DefinitionErrors) in
            try planStream(stream, aggregates: [], fields: .empty)
          }
        }
      }
      if let plan = try accepted(file, { file throws(DefinitionErrors) in try event.plan([file]) }) {
        for aggregate in plan.aggregates {
          let table = ResultTable(aggregate)
          try requireSQL(table.createStatements + [table.upsertStatement, table.expireStatement])
          try requireSQL(ResultView(aggregate)?.createStatements(pulse: "pulse") ?? [])
          // Not every definition can be run as a batch; what can is SQL.
          guard let batch = try? BatchSelect(aggregate, of: plan, events: "(SELECT 1)") else { continue }
          try requireSQL([batch.text])
        }
      }
      if let views = try accepted(
        file,
        { file throws(DefinitionErrors) in
          let planned = planViews([file], of: event.streams)
          guard planned.errors.isEmpty else { throw DefinitionErrors(planned.errors) }
          return planned.plans
        })
      {
        for view in views { try requireSQL([view.createStatement.text] + view.commentStatements) }
      }
      if let endpoint = try accepted(file, { file throws(DefinitionErrors) in try parseEndpoint(file) }) {
        try requireSQL([endpoint.statement.text])
      }
      if let alert = try accepted(
        file, { file throws(DefinitionErrors) in try parseAlert(file, aggregates: event.shipped.aggregates) })
      {
        try requireSQL([alert.statement.text])
        _ = alert.message.render([:])
      }
      for target in try accepted(file, { file throws(DefinitionErrors) in try parseTargets(file) }) ?? [] {
        try require(target.kind != .email || !target.recipients.isEmpty && target.sender != nil, "\(target)")
      }
      let test = try accepted(file) { file throws(DefinitionErrors) in
        try parseTest(file) { $0 == "x.jsonl" ? file : nil }
      }
      for step in test?.steps ?? [] {
        if case .rows(let select, _) = step.action { try requireSQL([select.text]) }
      }
    }
  }
}

/// What nobody behind the parser checks again.
private func check(_ stream: StreamDefinition) throws(Finding) {
  try require(!stream.topic.isEmpty && !stream.eventTime.isEmpty, "\(stream)")
  try require((stream.format == .avro) == (stream.schema != nil), "a schema for its format: \(stream)")
  try require(stream.format == .avro || !stream.columns.isEmpty, "no columns: \(stream)")
  try require(stream.csv.delimiter < 0x80 && stream.csv.delimiter != UInt8(ascii: "\""), "\(stream.csv)")
  try require(Set(stream.columns.map(\.name)).count == stream.columns.count, "a column twice: \(stream)")
  for column in stream.columns {
    try require(!column.name.isEmpty && (1...32).contains(column.path.count), "\(column)")
    if case .numeric(let scale) = column.type {
      try require(
        (1...38).contains(column.precision ?? 0) && (0...(column.precision ?? 0)).contains(scale), "\(column)")
    }
    try require(try reread(column.pathText) == column.path, "the path \(column.pathText) is read as another")
    if let maximum = column.maximumCharacters { try require(column.type == .text && maximum > 0, "\(column)") }
    if column.unit != nil { try require([.timestamptz, .timestamp, .date, .time].contains(column.type), "\(column)") }
  }
}

/// The path that an option of this text says.
private func reread(_ path: String) throws(Finding) -> [DeclaredColumn.Step]? {
  let text = """
    CREATE FOREIGN TABLE s (c text OPTIONS (path \(quotedLiteral(path)))) SERVER kafka OPTIONS (
      topic 't', format 'json', event_time 'kafka.timestamp');
    """
  do {
    return try parseStream(SourceFile(path: "path.sql", text: text)).definition.columns.first?.path
  } catch {
    throw Finding(description: "the path \(path) is refused: \(error)")
  }
}

/// What `parse` makes of the file; nil when it is refused, each time with a place in the file.
private func accepted<Definition>(
  _ file: SourceFile, _ parse: (SourceFile) throws(DefinitionErrors) -> Definition
) throws -> Definition? {
  do {
    return try parse(file)
  } catch {
    let lines = file.text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
    try require(!error.errors.isEmpty, "a refusal without an error")
    for error in error.errors {
      try require(!error.message.isEmpty && error.column >= 1, "\(error)")
      // What is wrong with the stream's own definition is not in this file.
      if error.path == file.path { try require((1...lines).contains(error.line), "\(error) in \(lines) lines") }
    }
    return nil
  }
}

private func requireSQL(_ statements: [String]) throws(Finding) {
  for statement in statements {
    let result = pg_query_parse(statement)
    defer { pg_query_free_parse_result(result) }
    if let error = result.error {
      throw Finding(description: "\(String(cString: error.pointee.message)) in \(statement)")
    }
  }
}

import CPgQuery
import Dialects
import Plan
import SQLFrontend

extension FuzzTarget {
  /// Every refusal of a definition points into its file, and the statements made of an accepted one are SQL.
  static let sqlDefinitions = FuzzTarget(
    "sql-definitions",
    seedFolders: [
      "sql/streams", "sql/aggregates", "sql/endpoints", "sql/alerts", "Tests/SQLFrontendTests/Fixtures/refused",
    ]
  ) {
    let event = try EventStream()
    return { input in
      // Files are read as UTF-8 with what is not repaired.
      let file = SourceFile(path: "x.sql", text: String(decoding: input, as: UTF8.self))
      if let definition = try accepted(file, { file throws(DefinitionErrors) in try parseStream(file) }) {
        try require(!definition.definition.topic.isEmpty && !definition.definition.eventTime.isEmpty, "\(definition)")
      }
      if let plan = try accepted(file, { file throws(DefinitionErrors) in try event.plan([file]) }) {
        for aggregate in plan.aggregates {
          let table = ResultTable(aggregate)
          try requireSQL(table.createStatements + [table.upsertStatement, table.expireStatement])
        }
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
    }
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

import Plan

/// A condition that is no part of a definition: one on a command line.
struct LoneCondition {
  /// Stands before it, on a line of its own, so that the parser reads a statement and columns are those of the condition.
  private static let head = "SELECT WHERE\n"
  private static let form = "a condition is like the one behind WHERE: status = 'failed' AND size > 20"

  private let source: SourceText

  init(_ file: SourceFile) {
    source = SourceText(SourceFile(path: file.path, text: Self.head + file.text))
  }

  /// Plans it over the columns, which are used as it names them.
  func plan(_ columns: StreamColumns) throws(DefinitionError) -> Expression {
    do throws(DefinitionError) {
      let typer = ExpressionTyper(source: source, eventsOf: columns)
      return try typer.condition(try syntax(), of: source.path)
    } catch {
      throw moved(error)
    }
  }

  private func syntax() throws(DefinitionError) -> SyntaxExpression {
    let start = Self.head.utf8.count
    let tokens = source.tokens.filter { !$0.isComment && $0.range.lowerBound >= start }
    guard !tokens.isEmpty else { throw source.error(at: start, "the condition is empty", hint: Self.form) }
    if let end = tokens.dropLast().first(where: { source.text($0) == ";" }) {
      throw source.error(at: end.range.lowerBound, "there is something behind the condition", hint: Self.form)
    }
    let statement = try PostgresParser.parseOne(source, expecting: Self.form)
    let reader = SyntaxReader(source: source)
    guard statement.kind == "SelectStmt", statement.string("op") == "SETOP_NONE" else {
      throw source.error(at: start, "this is no condition", hint: Self.form)
    }
    let clauses: [(field: String, word: String)] = [
      ("groupClause", "group"), ("havingClause", "having"), ("windowClause", "window"), ("sortClause", "order"),
      ("limitCount", "limit"), ("limitOffset", "offset"), ("lockingClause", "for"),
    ]
    try reader.require(
      statement, only: ["whereClause", "limitOption", "op"], at: start,
      refusals: Dictionary(
        uniqueKeysWithValues: clauses.map { field, word in
          (field, SyntaxReader.Refusal(word, "a condition has no clauses behind it", hint: Self.form))
        }))
    return try reader.expression(statement.node("whereClause"))
  }

  /// The error at its place in the condition.
  private func moved(_ error: DefinitionError) -> DefinitionError {
    var error = error
    if error.line > 1 { error.line -= 1 } else { error.column = 1 }
    return error
  }
}

import Plan
import SQLQuoting

/// A definition's own text as a database reads it over a table of events: without the stream's name before a field of a
/// record, `orders."device".model` or `(orders."device").model`, which Postgres would take for a schema's, and with the order
/// by event time that `first` and `last` have.
struct BatchText {
  let source: SourceText
  let columns: StreamColumns

  /// The SELECT, with the places that a batch needs. The parser gives beginnings, the tokens give ends.
  func select(_ syntax: SyntaxAggregate, window: Int) throws(DefinitionError) -> SelectText {
    let range = syntax.selectRange
    let tokens = source.tokens.filter { !$0.isComment && range.contains($0.range.lowerBound) }
    guard let name = tokens.firstIndex(where: { $0.range.lowerBound == syntax.select.sourceLocation }), name > 0 else {
      throw source.error(at: syntax.select.sourceLocation, "FROM is missing", hint: SyntaxReader.aggregateForm)
    }
    let removed = qualifiers(tokens).map { Edit(range: $0, text: "") }
    let edits = (removed + orders(syntax.select, removed)).sorted { $0.range.lowerBound < $1.range.lowerBound }
    let length = { (end: Int) in
      text(range.lowerBound..<end, with: edits).utf8.count
    }
    // Nothing but FROM may stand before the stream's name.
    let from = length(tokens[name - 1].range.lowerBound)..<length(tokens[name].range.upperBound)
    let joins = (syntax.select.joins ?? []).compactMap { join in
      tokens.firstIndex { $0.range.lowerBound == join.nameLocation }.map { name in
        length(tokens[name].range.lowerBound)..<length(tokens[lastToken(of: join, tokens, name)].range.upperBound)
      }
    }
    // HAVING is the last of the clauses. A group that it leaves out has a row to be judged all the same.
    let having = syntax.select.having == nil ? nil : havingStart(tokens)
    let groups = tokens.last { $0.range.upperBound <= having ?? range.upperBound }?.range.upperBound ?? range.upperBound
    return SelectText(
      text: text(range.lowerBound..<groups, with: edits),
      having: having.map { text($0..<range.upperBound, with: edits) }, from: from, joins: joins,
      window: text(source.callRange(at: window), with: edits),
      windowCalls: windowCalls(tokens.filter { $0.range.upperBound <= groups }).map {
        length($0.lowerBound)..<length($0.upperBound)
      })
  }

  /// What stands in the batch in place of a part of the text.
  private struct Edit {
    var range: Range<Int>
    var text: String
  }

  /// `first` and `last` go by event time, and of one time by the values: a database has to be told so.
  private func orders(_ select: SyntaxSelect, _ removed: [Edit]) -> [Edit] {
    let time = quotedPath(columns.stream.eventTime)
    return (select.items.map(\.expression) + [select.having].compactMap { $0 }).flatMap(timedCalls).map { location in
      let tokens = source.tokens.filter {
        !$0.isComment && source.callRange(at: location).contains($0.range.lowerBound)
      }
      // A name, a parenthesis, the argument, a parenthesis.
      let argument = tokens[2].range.lowerBound..<tokens[tokens.count - 2].range.upperBound
      return Edit(
        range: argument.upperBound..<argument.upperBound, text: " ORDER BY \(time), (\(text(argument, with: removed)))")
    }
  }

  /// Where they are called.
  private func timedCalls(_ expression: SyntaxExpression) -> [Int] {
    if case .call(let call) = expression.kind, case .timed? = AggregateFunction.named(call.name)?.form {
      return [expression.location]
    }
    return expression.children.flatMap(timedCalls)
  }

  /// Where windows are called: nothing else in a definition can be called by such a name.
  private func windowCalls(_ tokens: [Token]) -> [Range<Int>] {
    tokens.indices.compactMap { index in
      guard let name = source.identifier(tokens[index]), WindowCall.names.contains(name),
        !isSign(".", tokens, index - 1), isSign("(", tokens, index + 1)
      else { return nil }
      return source.callRange(at: tokens[index].range.lowerBound)
    }
  }

  /// The alias of a table, or its name.
  private func lastToken(of join: SyntaxJoin, _ tokens: [Token], _ name: Int) -> Int {
    guard join.alias != nil else { return name }
    let isAs =
      name + 1 < tokens.count && tokens[name + 1].kind == .word
      && source.text(tokens[name + 1]).lowercased() == "as"
    return min(name + (isAs ? 2 : 1), tokens.count - 1)
  }

  /// Where the clause HAVING begins. Behind a point the word is the name of a field.
  private func havingStart(_ tokens: [Token]) -> Int? {
    tokens.indices.last { index in
      tokens[index].kind == .word && source.text(tokens[index]).lowercased() == "having"
        && !isSign(".", tokens, index - 1)
    }.map { tokens[$0].range.lowerBound }
  }

  /// Where the stream's name stands before a field of a record, with the signs that belong to it.
  private func qualifiers(_ tokens: [Token]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    for index in tokens.indices where isStream(tokens[index]) && !isSign(".", tokens, index - 1) {
      guard isSign(".", tokens, index + 1), let record = name(tokens, index + 2) else { continue }
      let isClosed = isSign(")", tokens, index + 3) && isSign("(", tokens, index - 1)
      let dot = isClosed ? index + 4 : index + 3
      guard isSign(".", tokens, dot), let field = name(tokens, dot + 1),
        columns.resolve([columns.stream.name, record, field]) == [record, field]
      else { continue }
      found += [tokens[index].range, tokens[index + 1].range]
      if isClosed { found += [tokens[index - 1].range, tokens[index + 3].range] }
    }
    return found.sorted { $0.lowerBound < $1.lowerBound }
  }

  private func isStream(_ token: Token) -> Bool { source.identifier(token) == columns.stream.name }

  private func isSign(_ sign: String, _ tokens: [Token], _ index: Int) -> Bool {
    tokens.indices.contains(index) && tokens[index].kind == .symbol && source.text(tokens[index]) == sign
  }

  private func name(_ tokens: [Token], _ index: Int) -> String? {
    tokens.indices.contains(index) ? source.identifier(tokens[index]) : nil
  }

  private func text(_ range: Range<Int>, with edits: [Edit]) -> String {
    var text = ""
    var start = range.lowerBound
    for edit in edits where range.contains(edit.range.lowerBound) {
      text += source.text(start..<edit.range.lowerBound) + edit.text
      start = edit.range.upperBound
    }
    return text + source.text(start..<max(start, range.upperBound))
  }
}

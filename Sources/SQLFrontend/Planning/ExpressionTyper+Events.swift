import Events
import Plan
import SQLQuoting

extension ExpressionTyper {
  /// For expressions over one event: what may stand in WHERE, FILTER, GROUP BY and in the arguments of aggregates.
  ///
  /// - Parameters:
  ///   - columns: are used as they are named.
  ///   - tables: whose columns may be named beside them.
  ///   - unnest: what an element of an array is called; nil: there is none.
  init(
    source: SourceText, eventsOf columns: StreamColumns, joinedWith tables: JoinedTables = .none,
    unnest: UnnestScope? = nil
  ) {
    self.init(source: source, evaluator: .engine) { path, location throws(DefinitionError) in
      if let value = try tables.value(path, beside: columns, source, at: location) { return value }
      if let element = unnest?.expression(path, columns: columns) { return element }
      if let refusal = unnest?.refusal(of: path) {
        throw source.error(at: location, refusal.message, hint: refusal.hint)
      }
      guard let resolved = columns.resolve(path), let index = columns.use(resolved) else {
        let (message, hint) = columns.missing(path)
        let isQuoted = path.count == 1 && source.bytes.indices.contains(location) && source.bytes[location] == 0x22
        let text = isQuoted ? "names stand in double quotes, texts in single ones: \(quotedLiteral(path[0]))" : nil
        throw source.error(at: location, message, hint: hint ?? text)
      }
      return .column(index, columns.specs[index].type)
    } call: { call, location throws(DefinitionError) in
      if AggregateFunction.named(call.name) != nil {
        throw source.error(
          at: location, "an aggregate function is not allowed here",
          hint: "aggregates stand in SELECT; they do not nest, and a group cannot be filtered by one")
      }
      if WindowCall.names.contains(call.name) {
        throw source.error(
          at: location, "a window is not allowed here",
          hint: "\(call.name)(…) stands in GROUP BY, and alone in SELECT")
      }
      throw source.error(
        at: location, "there is no function \(call.name)", hint: Self.hint(forUnknown: call.name))
    }
  }
}

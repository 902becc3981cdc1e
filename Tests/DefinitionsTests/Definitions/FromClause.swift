/// FROM of a definition, in the parts that a shrunk one may leave out.
struct FromClause {
  struct Join {
    var reference: String
    var alias: String?
    /// `JOIN`, `LEFT OUTER JOIN`, ….
    var word: String
    var condition: String

    /// What stands behind the word.
    var table: String { alias.map { "\(reference) AS \($0)" } ?? reference }
  }

  /// The stream, or the aggregate whose rows are read.
  var relation: String
  /// What makes rows of an array, e.g. `, UNNEST(tags) AS tag`.
  var unnest: String?
  var joins: [Join] = []
  /// What WHERE has to say before anything else is looked at.
  var condition: String?
  /// Of an aggregate's rows: the keys that the definition may name.
  var keys: [RandomDefinition.Key] = []

  var text: String { text(relation, joins.map(\.table)) }

  /// - Parameters:
  ///   - relation: in the place of what is read.
  ///   - tables: in the place of what it is joined with, with their names.
  func text(_ relation: String, _ tables: [String]) -> String {
    let joined = zip(joins, tables).map { "\n  \($0.word) \($1) ON \($0.condition)" }.joined()
    return "FROM \(relation)\(unnest ?? "")\(joined)"
  }
}

import Events

@testable import PostgresOracle

/// An expression that definitions may use, with what it comes to over the rows that they read.
struct PooledExpression {
  var text: String
  var type: SQLType
  /// Of a boolean, for how many rows it is true.
  var trueCount: Int
  /// Whether it fails for some event, but for few enough that the others are worth counting.
  var isDaring: Bool
  /// Whether sums of its values are taken, and stay in range: see docs/definitions.md on what is summed.
  var isSummable: Bool
  /// Whether what is computed of its sums is exact, and in range.
  var isTame: Bool

  /// Whether it is a column, and no more.
  var isPlain: Bool { !text.contains("(") && !text.contains("::") && !text.contains("[") }

  /// Whether its values are compared with each other: those of documents and arrays are not.
  var isScalar: Bool { type != .jsonb && type.element == nil }
}

/// Expressions that the engine takes, by type.
///
/// One in five fails for some events; the others for none, since an event that is dead for one definition is dead for all.
struct ExpressionPool {
  private(set) var all: [PooledExpression] = []
  private let rowCount: Int

  static let types = SQLType.tried + [.uuid]

  /// - Parameter source: has columns of all types.
  init(_ source: RowSource, _ random: inout RandomValues) {
    rowCount = source.rows.count
    let evaluation = Evaluation(source)
    for column in source.columns { add(column, evaluation) }
    var expressions = RandomExpressions(seed: random.next(), over: source.columns.map(\.column))
    var daring = 0
    for type in Self.types {
      for number in 0..<4 {
        let most = daring < 2 ? source.rows.count / 12 : 0
        if add(expressions.expression(of: type, depth: number % 3), evaluation, most: most)?.isDaring == true {
          daring += 1
        }
      }
    }
  }

  /// Those of a pool over other rows, as far as they can be had of these, and some that read at least one of the columns
  /// that have been added.
  ///
  /// - Parameter source: ends with the `added` columns.
  init(
    _ source: RowSource, added: Int, to pool: ExpressionPool? = nil, _ random: inout RandomValues
  ) {
    rowCount = source.rows.count
    let evaluation = Evaluation(source)
    for known in pool?.all ?? [] {
      // What fails for no event fails for none of their rows.
      guard known.isDaring || known.type == .boolean else {
        all.append(known)
        continue
      }
      guard var judged = evaluation.judge(known.text, most: known.isDaring ? source.rows.count / 8 : 0) else {
        continue
      }
      // WHERE may look at events that are no rows.
      judged.isDaring = judged.isDaring || known.isDaring
      judged.isTame = known.isTame
      all.append(judged)
    }
    let new = source.columns.suffix(added)
    for column in new { add(column, evaluation) }
    // Every type needs a column: constants stand for those that are missing. The new ones are the more frequent.
    let columns =
      source.columns.map(\.column) + Array(repeating: new.map(\.column), count: 5).flatMap { $0 } + Self.constants
    var expressions = RandomExpressions(seed: random.next(), over: columns)
    for type in Self.types {
      for number in 0..<3 {
        let text = expressions.expression(of: type, depth: 1 + number % 2)
        guard new.contains(where: { text.contains($0.column.name) }) else { continue }
        add(text, evaluation, most: number == 0 ? source.rows.count / 12 : 0)
      }
    }
  }

  private static let constants = [
    EventColumn("true", .boolean), EventColumn("3", .integer), EventColumn("4::bigint", .bigint),
    EventColumn("1.25", .numeric(scale: 2)), EventColumn("0.5::double precision", .doublePrecision),
    EventColumn("'ab'", .text), EventColumn("TIMESTAMPTZ '2024-03-31 00:30:00+00'", .timestamptz),
    EventColumn("TIMESTAMP '2024-02-29 12:00:00'", .timestamp), EventColumn("DATE '2024-02-29'", .date),
    EventColumn("TIME '23:59:59'", .time), EventColumn("'00112233-4455-6677-8899-aabbccddeeff'::uuid", .uuid),
    EventColumn("'{}'::jsonb", .jsonb),
  ]

  private mutating func add(_ column: RowSource.Column, _ evaluation: Evaluation) {
    let name = column.column.name
    if var plain = evaluation.judge(name, most: 0) {
      plain.isTame = column.isTame && plain.isScalar
      all.append(plain)
    }
    guard let element = column.column.type.element else { return }
    var texts = ["\(name)[1]", "\(name)[2]", "cardinality(\(name))", "array_length(\(name), 1)"]
    if element == .text { texts += ["('a' = ANY (\(name)))", "('b' <> ALL (\(name)))"] }
    if element == .integer { texts += ["(3 = ANY (\(name)))", "(0 < ALL (\(name)))"] }
    for text in texts { add(text, evaluation, most: 0) }
  }

  @discardableResult
  private mutating func add(_ text: String, _ evaluation: Evaluation, most: Int) -> PooledExpression? {
    guard !all.contains(where: { $0.text == text }), let judged = evaluation.judge(text, most: most) else { return nil }
    all.append(judged)
    return judged
  }

  func pick(
    _ random: inout RandomValues, where isWanted: (PooledExpression) -> Bool = { _ in true }
  ) -> PooledExpression? {
    let wanted = all.filter(isWanted)
    return wanted.isEmpty ? nil : random.pick(wanted)
  }

  /// One that is true for a good part of the rows.
  func condition(
    _ random: inout RandomValues, where isWanted: (PooledExpression) -> Bool = { _ in true }
  ) -> String? {
    let found = pick(&random) {
      $0.type == .boolean && (rowCount / 3...rowCount).contains($0.trueCount) && isWanted($0)
    }
    // Of a WHERE Postgres tries the parts in the order of their costs, and not in theirs.
    return found.map { $0.text.contains(" AND ") || $0.text.contains("NOT ") ? "\($0.text) IS TRUE" : $0.text }
  }
}

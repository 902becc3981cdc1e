import Events
import Functions

@testable import PostgresOracle

/// What a definition reads, while it is made.
struct Reading {
  var from: FromClause
  var source: RowSource
  var pool: ExpressionPool
  /// As the window has it.
  var eventTime: String
  /// Whether rows are events as they are: only of these there are sessions.
  var isOfEvents = true
}

/// A kind of FROM, as the catalogue of the generator has it.
struct FromFeature: Sendable {
  var name: String
  /// nil where the stream has nothing for it.
  var reading: @Sendable (inout DefinitionGenerator) -> Reading?

  /// What is there more than once is that much more frequent.
  static let all: [FromFeature] = [
    FromFeature(name: "the stream") { $0.events },
    FromFeature(name: "the stream") { $0.events },
    FromFeature(name: "the stream") { $0.events },
    FromFeature(name: "rows of an array") { generator in
      let arrays = generator.stream.columns.filter { $0.column.type.element != nil }
      guard !arrays.isEmpty else { return nil }
      let array = generator.random.pick(arrays)
      guard let element = array.column.type.element else { return nil }
      return generator.reading(
        elementsOf: array, by: "\(generator.pick(["UNNEST", "unnest"]))(\(array.column.name))", element.type
      ) { if case .array(let elements, _) = $0 { elements } else { [] } }
    },
    FromFeature(name: "rows of a document") { generator in
      guard let document = generator.stream.columns.first(where: { $0.column.type == .jsonb }) else { return nil }
      let isText = generator.random.chance(2)
      let name = document.column.name
      var reading = generator.reading(
        elementsOf: document, by: "jsonb_array_elements\(isText ? "_text" : "")(\(name))", isText ? .text : .jsonb
      ) { elements(of: $0, isText: isText) }
      reading?.from.condition = "jsonb_typeof(\(name)) = 'array'"
      return reading
    },
    FromFeature(name: "a join") { $0.joined($0.events, isFirst: true) },
    FromFeature(name: "joins") { generator in
      guard let first = generator.joined(generator.events, isFirst: true) else { return nil }
      return generator.joined(first, isFirst: false) ?? first
    },
  ]

  /// Of a document that is no array there are none.
  private static func elements(of document: Datum, isText: Bool) -> [Datum?] {
    guard case .text(let text) = document else { return [] }
    let bytes = Array(text.utf8)
    var found: [Datum?] = []
    bytes.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      try? JSONElements.read(TextView(start: start, count: bytes.count), isText: isText, limit: 1000) { element in
        found.append(element.map { .text(String(decoding: $0, as: UTF8.self)) })
      }
    }
    return found
  }
}

extension DefinitionGenerator {
  /// - Parameters:
  ///   - array: of the stream.
  ///   - call: what makes rows of it.
  fileprivate mutating func reading(
    elementsOf array: StreamColumn, by call: String, _ type: SQLType, _ elements: (Datum) -> [Datum?]
  ) -> Reading? {
    guard let index = stream.columns.firstIndex(where: { $0.path == array.path }) else { return nil }
    // What the definition calls an element, and what FROM does.
    let (name, path, alias) = random.pick([
      ("part", ["part"], "part"), ("el", ["el"], "parts (el)"), ("parts.el", ["parts", "el"], "parts (el)"),
      ("\"El 1\"", ["El 1"], "\"El 1\""),
    ])
    var reading = events
    reading.from.unnest = "\(pick([", ", " CROSS JOIN ", ", LATERAL "]))\(call) AS \(alias)"
    reading.isOfEvents = false
    reading.source.rows = reading.source.rows.flatMap { row in
      (row[index].map(elements) ?? []).map { row + [$0] }
    }
    reading.source.columns.append(
      RowSource.Column(column: EventColumn(name, type), path: path, isNullable: true, isTame: array.isTame))
    guard reading.source.rows.count >= 8 else { return nil }
    reading.pool = ExpressionPool(reading.source, added: 1, to: reading.pool, &random)
    return reading
  }

  /// The same with a table of reference data behind it.
  ///
  /// - Parameter isFirst: rows that find nothing are left out by the first join alone: where Postgres asks WHERE is its
  ///   own business, and rows that a later join leaves out are not among those that conditions are tried on.
  fileprivate mutating func joined(_ reading: Reading, isFirst: Bool) -> Reading? {
    var keys: [PooledExpression] = []
    for _ in 0..<Int.random(in: 1...2, using: &random) {
      let found = reading.pool.pick(&random) { expression in
        RandomReference.keyTypes.contains(expression.type) && !expression.isDaring
          && !keys.contains { $0.text == expression.text }
      }
      if let found { keys.append(found) }
    }
    let evaluation = Evaluation(reading.source)
    let columns = keys.compactMap { evaluation.values(of: $0.text) }
    guard !keys.isEmpty, columns.count == keys.count else { return nil }
    let wanted = reading.source.rows.indices.map { row in columns.map { $0[row] } }
    let reference = reference(of: keys.map(\.type), for: wanted)
    let number = reading.from.joins.count + 1
    let alias = random.chance(2) || !isFirst ? pick(["r\(number)", "\"Ref \(number)\""]) : nil
    let name = alias ?? reference.name
    let path = name.hasPrefix("\"") ? String(name.dropFirst().dropLast()) : name
    let isOuter = !isFirst || !random.chance(3)
    let equalities = zip(reference.key, keys).map { column, key in
      let (left, right) = ("\(name).\(column.name)", "(\(key.text))")
      return random.chance(3) ? "\(right) = \(left)" : "\(left) = \(right)"
    }
    var joined = reading
    joined.isOfEvents = false
    joined.from.joins.append(
      FromClause.Join(
        reference: reference.name, alias: alias,
        word: isOuter ? pick(["LEFT JOIN", "LEFT OUTER JOIN"]) : pick(["JOIN", "INNER JOIN"]),
        condition: equalities.joined(separator: " AND ")))
    joined.source.rows = zip(reading.source.rows, wanted).compactMap { row, key in
      guard case .integer(let time)? = row[0] else { return nil }
      let found = reference.row(of: key, at: time)
      return found == nil && !isOuter ? nil : row + (found ?? reference.values.map { _ in nil })
    }
    joined.source.columns += reference.values.map { column in
      RowSource.Column(
        column: EventColumn("\(name).\(column.name.contains(" ") ? "\"\(column.name)\"" : column.name)", column.type),
        path: [path, column.name], isNullable: isOuter || column.isNullable, isTame: column.type.isNumeric)
    }
    guard joined.source.rows.count >= 8 else { return nil }
    joined.pool = ExpressionPool(joined.source, added: reference.values.count, to: reading.pool, &random)
    return joined
  }

  /// A table with such a key: one of another definition, or one with rows for what is looked for.
  private mutating func reference(of types: [SQLType], for keys: [[Datum?]]) -> RandomReference {
    let known = references.filter { $0.key.map(\.type) == types }
    if !known.isEmpty, random.chance(3) { return random.pick(known) }
    let reference = RandomReference(
      name: "ref\(references.count)_\(stream.name)", types: types, keys: keys, times: times, &random)
    references.append(reference)
    return reference
  }
}

extension SQLType {
  fileprivate var isNumeric: Bool {
    switch self {
    case .integer, .bigint, .numeric, .doublePrecision: true
    default: false
    }
  }
}

import Events

/// A field of a schema as a column.
public struct AvroColumn: Hashable, Sendable {
  /// From the root record, e.g. `["device", "model"]`.
  public var path: [String]
  public var type: SQLType
  /// Whether the field, or a record around it, is a union with null.
  public var isNullable: Bool
  /// The field's documentation, or else its type's.
  public var doc: String?
  /// What the elements of an array are; nil for what is none.
  public var element: AvroElement?

  public init(path: [String], type: SQLType, isNullable: Bool, doc: String?, element: AvroElement? = nil) {
    self.path = path
    self.type = type
    self.isNullable = isNullable
    self.doc = doc
    self.element = element
  }

  public var spec: ColumnSpec { ColumnSpec(path: path, type: type, isNullable: isNullable) }
}

/// What an array holds, NULL aside.
public struct AvroElement: Hashable, Sendable {
  /// As a field of its own would have it.
  public var type: SQLType
  /// What the numbers of a time count, in microseconds; nil for other elements.
  public var unitMicroseconds: Int64?
}

extension AvroSchema {
  /// Columns listed at most; the rest of a larger schema is left out.
  static let maximumLeafColumns = 10_000
  /// Values looked at for them: records without a field lead to no column, and can be as many as the leaves of a tree.
  private static let maximumVisits = 50_000

  /// The column for the field at `path`, which leads through records and unions of null and a record. The empty path is
  /// the whole value.
  ///
  /// - Throws: `.noSuchField` with the paths that exist where the path leaves the schema, `.unsupported` for what
  ///   has no SQL type.
  public func column(at path: [String]) throws(AvroError) -> AvroColumn {
    var type = root
    var isNullable = false
    var doc: String?
    for (depth, name) in path.enumerated() {
      let value = withoutNull(type)
      isNullable = isNullable || value.isNullable
      guard let inner = value.type, case .record(let fields) = types[inner].shape else {
        let reason = "\(types[value.type ?? type].summary) has no fields that a column can be made of"
        throw .unsupported(path: Array(path.prefix(depth)), reason: reason)
      }
      guard let field = fields.first(where: { $0.name == name }) else {
        let prefix = Array(path.prefix(depth))
        throw .noSuchField(path: path, known: fields.map { prefix + [$0.name] })
      }
      type = field.type
      doc = field.doc
    }
    return try column(path: path, type: type, isNullable: isNullable, doc: doc)
  }

  /// Whether the record has a field of that name, of whatever type.
  public func hasField(_ name: String) -> Bool {
    guard let record = withoutNull(root).type, case .record(let fields) = types[record].shape else { return false }
    return fields.contains { $0.name == name }
  }

  /// All columns that are not records, in the order of the schema: what a definition may name. Fields that no column
  /// can hold are left out, and a record inside itself is listed as one `jsonb` column.
  public func leafColumns() -> [AvroColumn] {
    var columns: [AvroColumn] = []
    var visits = 0
    collectLeaves(of: root, path: [], around: [], isNullable: false, doc: nil, into: &columns, &visits)
    return columns
  }

  private func collectLeaves(
    of type: Int, path: [String], around: Set<Int>, isNullable: Bool, doc: String?, into columns: inout [AvroColumn],
    _ visits: inout Int
  ) {
    visits += 1
    guard columns.count < Self.maximumLeafColumns, visits <= Self.maximumVisits else { return }
    let value = withoutNull(type)
    if let inner = value.type, case .record(let fields) = types[inner].shape, !around.contains(inner) {
      for field in fields {
        collectLeaves(
          of: field.type, path: path + [field.name], around: around.union([inner]),
          isNullable: isNullable || value.isNullable, doc: field.doc, into: &columns, &visits)
      }
    } else if let column = try? column(path: path, type: type, isNullable: isNullable, doc: doc) {
      columns.append(column)
    }
  }

  private func column(path: [String], type: Int, isNullable: Bool, doc: String?) throws(AvroError) -> AvroColumn {
    let value = withoutNull(type)
    var sqlType = SQLType.jsonb
    if let inner = value.type {
      if case .decimal(let precision, _) = types[inner].logical, precision > 38 {
        throw .unsupported(path: path, reason: "decimals of more than 38 digits do not fit (this has \(precision))")
      }
      sqlType = types[inner].sqlType
    }
    return AvroColumn(
      path: path, type: sqlType, isNullable: isNullable || value.isNullable,
      doc: doc ?? value.type.flatMap { types[$0].doc }, element: value.type.flatMap(element))
  }

  private func element(ofArray type: Int) -> AvroElement? {
    guard case .array(let items) = types[type].shape else { return nil }
    guard let inner = withoutNull(items).type else { return AvroElement(type: .jsonb) }
    return AvroElement(type: types[inner].sqlType, unitMicroseconds: types[inner].unitMicroseconds)
  }

  /// Looks through a union of null and one other type. The type is nil for a union of several types.
  func withoutNull(_ type: Int) -> (type: Int?, isNullable: Bool) {
    guard case .union(let branches) = types[type].shape else { return (type, types[type].isNull) }
    let others = branches.filter { !types[$0].isNull }
    if others.isEmpty { return (branches[0], true) }
    return (others.count == 1 ? others[0] : nil, others.count < branches.count)
  }
}

extension AvroType {
  fileprivate var unitMicroseconds: Int64? {
    switch logical {
    case .timeMillis, .timestampMillis, .localTimestampMillis: 1000
    case .timeMicros, .timestampMicros, .localTimestampMicros: 1
    default: nil
    }
  }

  /// The column type of a value that is there. `text` for the type null, whose column has no value ever.
  var sqlType: SQLType {
    switch logical {
    case .decimal(_, let scale): return .numeric(scale: scale)
    case .uuid: return .uuid
    case .date: return .date
    case .timeMillis, .timeMicros: return .time
    case .timestampMillis, .timestampMicros: return .timestamptz
    case .localTimestampMillis, .localTimestampMicros: return .timestamp
    // ISO 8601 text: months, days and milliseconds cannot be made into one number.
    case .duration: return .text
    case nil: break
    }
    switch shape {
    case .null, .string, .enumeration: return .text
    case .boolean: return .boolean
    case .int: return .integer
    case .long: return .bigint
    case .float, .double: return .doublePrecision
    case .bytes, .fixed: return .bytea
    case .record, .array, .map, .union: return .jsonb
    }
  }
}

import Events

/// A table of reference data as its file declares it: an ordinary table of the same database that somebody else writes to,
/// of which these columns are read.
public struct Reference: Hashable, Sendable {
  public struct Column: Hashable, Sendable {
    public var name: String
    public var type: SQLType
    public var isNullable: Bool
    /// Of `numeric(p, s)`: digits in all; nil: the declaration does not say.
    public var precision: Int?
    /// The comment above its declaration. May be empty.
    public var comment: String

    public init(name: String, type: SQLType, isNullable: Bool, precision: Int? = nil, comment: String = "") {
      self.name = name
      self.type = type
      self.isNullable = isNullable
      self.precision = precision
      self.comment = comment
    }
  }

  /// When a row is valid, by event time: from the one time on, until before the other. A NULL is no bound.
  public struct Validity: Hashable, Sendable {
    /// Counts into `columns`; nil: from the beginning of time.
    public var from: Int?
    /// Counts into `columns`; nil: for ever.
    public var to: Int?

    public init(from: Int?, to: Int?) {
      self.from = from
      self.to = to
    }
  }

  public var name: String
  /// The file's header comment. May be empty.
  public var comment: String
  public var columns: [Column]
  /// The columns that name a row, without those of the validity. Count into `columns`; at least one.
  public var key: [Int]
  /// nil: a key has one row, which counts as long as it is there.
  public var validity: Validity?
  /// How often it is asked whether the table has changed.
  public var refreshMicroseconds: Int64
  /// Where the file names it.
  public var place: FilePlace

  public static let defaultRefreshMicroseconds: Int64 = 30_000_000

  public init(
    name: String, comment: String = "", columns: [Column], key: [Int], validity: Validity? = nil,
    refreshMicroseconds: Int64 = Reference.defaultRefreshMicroseconds,
    place: FilePlace = FilePlace(path: "", line: 1, column: 1)
  ) {
    self.name = name
    self.comment = comment
    self.columns = columns
    self.key = key
    self.validity = validity
    self.refreshMicroseconds = refreshMicroseconds
    self.place = place
  }

  /// The names of the columns that name a row.
  public var keyNames: [String] { key.map { columns[$0].name } }
}

/// `[LEFT] JOIN table ON table.key = …` of an aggregate.
public struct JoinPlan: Hashable, Sendable {
  public var reference: Reference
  /// What the definition calls the table.
  public var alias: String
  /// LEFT JOIN: events without a row count, too, with NULL for its columns.
  public var isOuter: Bool
  /// What each of the reference's key columns is compared with, in their order.
  public var keys: [Expression]

  public init(reference: Reference, alias: String, isOuter: Bool, keys: [Expression]) {
    self.reference = reference
    self.alias = alias
    self.isOuter = isOuter
    self.keys = keys
  }
}

/// Which value an expression takes of the row that its operands name.
public struct ReferenceValue: Hashable, Sendable {
  /// The table's name.
  public var reference: String
  /// What the definition calls the table.
  public var alias: String
  /// Counts into the reference's columns.
  public var column: Int
  public var name: String
  public var type: SQLType
  /// Whether it can be NULL where it is used: of a table that is joined with LEFT JOIN always.
  public var isNullable: Bool
  /// Whether the last of the operands is the event time, at which the row has to be valid.
  public var hasValidity: Bool

  public init(
    reference: String, alias: String, column: Int, name: String, type: SQLType, isNullable: Bool, hasValidity: Bool
  ) {
    self.reference = reference
    self.alias = alias
    self.column = column
    self.name = name
    self.type = type
    self.isNullable = isNullable
    self.hasValidity = hasValidity
  }
}

extension JoinPlan {
  /// A column of the row that the event's keys name.
  ///
  /// - Parameters:
  ///   - column: counts into the reference's columns.
  ///   - eventTime: of the event; it is an operand when rows have a validity.
  public func value(_ column: Int, eventTime: Expression) -> Expression {
    let declared = reference.columns[column]
    return .lookup(
      ReferenceValue(
        reference: reference.name, alias: alias, column: column, name: declared.name, type: declared.type,
        isNullable: isOuter || declared.isNullable, hasValidity: reference.validity != nil),
      reference.validity == nil ? keys : keys + [eventTime])
  }

  /// Whether there is a row: its key is not NULL.
  public func isMatched(eventTime: Expression) -> Expression {
    var optional = self
    optional.isOuter = true
    return .not(.isNull(optional.value(reference.key[0], eventTime: eventTime)))
  }
}

extension StreamPlan {
  /// The tables that its aggregates are joined with, by name.
  public var references: [Reference] {
    let all = aggregates.flatMap { $0.joins.map(\.reference) }
    return Dictionary(all.map { ($0.name, $0) }) { first, _ in first }.values.sorted { $0.name < $1.name }
  }
}

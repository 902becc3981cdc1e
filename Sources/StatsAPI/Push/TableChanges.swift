/// What commits have changed.
public struct TableChanges: Hashable, Sendable {
  /// By the names that definitions have for them; nil: any may have changed.
  public var tables: Set<String>?
  /// The position in the database's log up to which what is committed has been announced; nil: it was not said.
  public var position: Int64?

  /// Anything may have changed.
  public static let all = TableChanges(tables: nil)

  public init(tables: Set<String>?, position: Int64? = nil) {
    self.tables = tables
    self.position = position
  }

  mutating func formUnion(_ other: TableChanges) {
    if let added = other.tables { tables?.formUnion(added) } else { tables = nil }
    if let later = other.position { position = max(position ?? later, later) }
  }

  /// - Parameter reads: the tables that a statement reads; nil: that is not known.
  func concern(_ reads: Set<String>?) -> Bool {
    guard let tables, let reads else { return true }
    return !tables.isDisjoint(with: reads)
  }
}

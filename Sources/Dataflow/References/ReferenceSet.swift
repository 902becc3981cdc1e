import Plan

/// The versions of all tables of reference data that belong together: what a batch is computed with.
public struct ReferenceSet: Sendable {
  private var tables: [String: ReferenceTable] = [:]

  /// No tables: nothing has a row.
  public init() {}

  public init(_ tables: [ReferenceTable]) {
    for table in tables { insert(table) }
  }

  /// Adds a table, or a newer version of it.
  public mutating func insert(_ table: ReferenceTable) { tables[table.reference.name] = table }

  /// The version of the table of that name.
  public subscript(name: String) -> ReferenceTable? { tables[name] }
}

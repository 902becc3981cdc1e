import Dataflow
import Dialects
import Plan
import Postgres
import SQLQuoting
import Storage

/// Reads tables of reference data into memory, each as it is at one moment.
public struct ReferenceLoader {
  /// Rows that are fetched together, so that of a large table only these are in memory twice.
  private static let fetchedRows = 5_000

  private let connection: PostgresConnection
  private let limits: ReferenceLimits

  /// - Parameter connection: must be in no transaction while a table is read.
  public init(_ connection: PostgresConnection, limits: ReferenceLimits) {
    self.connection = connection
    self.limits = limits
  }

  /// All tables, for work that uses one version of each.
  public func load(_ references: [Reference]) throws(StorageError) -> ReferenceSet {
    var set = ReferenceSet()
    for reference in references { set.insert(try load(reference)) }
    return set
  }

  public func load(_ reference: Reference) throws(StorageError) -> ReferenceTable {
    do {
      if let fault = try ReferenceCheck(connection).fault(of: reference) {
        throw StorageError.definition(fault.description)
      }
      return try connection.transaction("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY") {
        try read(reference)
      }
    } catch let fault as ReferenceFault {
      throw .definition("the table \(quotedIdentifier(reference.name)) cannot be used: \(fault)")
    } catch {
      throw StorageError(error)
    }
  }

  private func read(_ reference: Reference) throws -> ReferenceTable {
    let builder = ReferenceTableBuilder(reference, limits: limits, seed: UInt64.random(in: 1...UInt64.max))
    let cursor = "streampulse_reference"
    try connection.execute("DECLARE \(cursor) NO SCROLL CURSOR FOR \(reference.selectStatement)")
    while true {
      let rows = try connection.query("FETCH \(Self.fetchedRows) FROM \(cursor)")
      for row in 0..<rows.rowCount {
        try builder.addRow { column, take in rows.withBytes(row, column) { take($0) } }
      }
      if rows.rowCount < Self.fetchedRows { break }
    }
    try connection.execute("CLOSE \(cursor)")
    return try builder.finish()
  }

  /// Something that changes when the table does; nil where that cannot be told, as of a view.
  ///
  /// Rows that were written, as the server counts them, and the file that they are in, which TRUNCATE and the like change.
  /// Transactions that were rolled back count, too, which costs a reading. The server may count a transaction up to ten
  /// seconds late.
  func version(of reference: Reference) throws(PostgresError) -> String? {
    let found = try connection.query(
      """
      SELECT concat_ws(' ', c.oid, pg_relation_filenode(c.oid), s.n_tup_ins, s.n_tup_upd, s.n_tup_del)
      FROM pg_class AS c JOIN pg_stat_all_tables AS s ON s.relid = c.oid
      WHERE c.oid = to_regclass($1) AND c.relkind = 'r' AND current_setting('track_counts')::boolean
      """, [.text(quotedIdentifier(reference.name))])
    return found[0, 0]
  }
}

import Dialects
import Events
import Plan
import Postgres
import SQLQuoting

/// Whether tables of reference data are what their files declare. They are somebody else's: nothing is changed, and only `makeMissing` makes any.
public struct ReferenceCheck {
  /// Why a table cannot be used, and what to do about it.
  public struct Fault: Hashable, Sendable, CustomStringConvertible {
    public var table: String
    public var message: String
    public var advice: String

    public var description: String { "\(message)\n  hint: \(advice)" }
  }

  private let connection: PostgresConnection

  public init(_ connection: PostgresConnection) {
    self.connection = connection
  }

  /// Refuses a database in which one of the tables is missing, or other than it is declared.
  public func require(_ references: [Reference]) throws(StorageError) {
    var faults: [String] = []
    do throws(PostgresError) {
      for reference in references {
        if let fault = try fault(of: reference) { faults.append(fault.description) }
      }
    } catch {
      throw StorageError(error)
    }
    if !faults.isEmpty { throw .definition(faults.joined(separator: "\n")) }
  }

  /// Makes tables that are missing, empty, as they are declared: in a database that is nobody's yet.
  public func makeMissing(_ references: [Reference]) throws(PostgresError) {
    if let schema = connection.schema {
      try connection.execute("CREATE SCHEMA IF NOT EXISTS \(quotedIdentifier(schema))")
    }
    for reference in references {
      let found = try connection.query("SELECT to_regclass($1) IS NULL", [.text(quotedIdentifier(reference.name))])
      if found.boolean(0, 0) == true { try connection.execute(reference.createStatement) }
    }
  }

  /// nil: the table can be used.
  public func fault(of reference: Reference) throws(PostgresError) -> Fault? {
    let name = quotedIdentifier(reference.name)
    func fault(_ message: String, _ advice: String) -> Fault {
      let place = reference.place
      let file = place.path.isEmpty ? "" : "\(place.path):\(place.line):\(place.column): "
      return Fault(table: reference.name, message: "\(file)\(message)", advice: advice)
    }
    let found = try connection.query(
      "SELECT oid::bigint, relkind FROM pg_class WHERE oid = to_regclass($1)", [.text(name)])
    guard let table = found.integer(0, 0) else {
      let schema = connection.schema.map { " in the schema \(quotedIdentifier($0))" } ?? ""
      return fault("there is no table \(name)\(schema)", "create and fill it: \(reference.createStatement);")
    }
    // What is no table of its own says nothing of keys and NULLs; its rows do when they are read.
    let isTable = ["r", "p"].contains(found[0, 1] ?? "")
    let columns = try columns(of: table)
    for declared in reference.columns {
      let column = quotedIdentifier(declared.name)
      guard let stored = columns[declared.name] else {
        return fault(
          "the table \(name) has no column \(column)",
          "take it out of the file, or ALTER TABLE \(name) ADD COLUMN \(column) \(declared.typeText)")
      }
      guard declared.isHeld(by: stored) else {
        return fault(
          "the column \(column) of the table \(name) is \(stored.type), and declared \(declared.typeText)",
          "declare what the table has")
      }
      guard stored.isReadable else {
        return fault("the column \(column) of the table \(name) may not be read", grant(on: name))
      }
      let isKey = reference.keyNames.contains(declared.name)
      guard declared.isNullable || isKey || stored.isNotNull || !isTable else {
        return fault(
          "the column \(column) of the table \(name) can be NULL, and is declared NOT NULL",
          "declare it without NOT NULL, or ALTER TABLE \(name) ALTER COLUMN \(column) SET NOT NULL")
      }
    }
    let isUnique = try reference.validity != nil || !isTable ? true : isUnique(reference.keyNames, in: table)
    guard isUnique else {
      let key = reference.keyNames.map(quotedIdentifier).joined(separator: ", ")
      return fault(
        "nothing keeps \(key) unique in the table \(name): a join could find more than one row",
        "CREATE UNIQUE INDEX ON \(name) (\(key))")
    }
    return nil
  }

  private func grant(on name: String) -> String { "as its owner: GRANT SELECT ON \(name) TO the user of DATABASE_URL" }

  /// A column as the table has it.
  fileprivate struct StoredColumn {
    /// As Postgres writes it.
    var type: String
    var baseType: String
    var isNotNull: Bool
    var isReadable: Bool
  }

  private func columns(of table: Int64) throws(PostgresError) -> [String: StoredColumn] {
    let found = try connection.query(
      """
      SELECT a.attname, format_type(a.atttypid, a.atttypmod), t.typname, a.attnotnull,
             has_column_privilege(a.attrelid, a.attnum, 'SELECT')
      FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
      WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
      """, [.bigint(table)])
    var columns: [String: StoredColumn] = [:]
    for row in 0..<found.rowCount {
      columns[found[row, 0] ?? ""] = StoredColumn(
        type: found[row, 1] ?? "", baseType: found[row, 2] ?? "", isNotNull: found.boolean(row, 3) == true,
        isReadable: found.boolean(row, 4) == true)
    }
    return columns
  }

  /// Whether an index keeps some of the columns unique, and thereby all of them together.
  private func isUnique(_ columns: [String], in table: Int64) throws(PostgresError) -> Bool {
    let names = PostgresArray(texts: columns)
    let found = try connection.query(
      """
      SELECT EXISTS (
        SELECT FROM pg_index AS i
        WHERE i.indrelid = $1::bigint::oid AND i.indisunique AND i.indisvalid
          AND i.indpred IS NULL AND i.indexprs IS NULL
          AND (SELECT array_agg(a.attname::text) FROM pg_attribute AS a
               WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::smallint[])[0:i.indnkeyatts - 1]))
              <@ $2::text[])
      """, [.bigint(table), .array(names)])
    return found.boolean(0, 0) == true
  }
}

extension Reference.Column {
  /// Whether the stored type has the declared one's values.
  fileprivate func isHeld(by stored: ReferenceCheck.StoredColumn) -> Bool {
    switch type {
    case .boolean: stored.baseType == "bool"
    case .integer: stored.baseType == "int4"
    case .bigint: stored.baseType == "int8"
    case .doublePrecision: stored.baseType == "float8"
    case .text: ["text", "varchar"].contains(stored.baseType)
    case .numeric(let scale): stored.baseType == "numeric" && Self.scale(of: stored.type) == scale
    case .timestamptz, .timestamp, .date, .time, .uuid, .jsonb, .bytea: stored.baseType == type.shortName
    case .bits, .interval, .array: false
    }
  }

  /// The places of `numeric(p,s)`; nil for a numeric without.
  private static func scale(of type: String) -> Int? {
    type.split(separator: ",").last.flatMap { Int($0.filter(\.isNumber)) }
  }
}

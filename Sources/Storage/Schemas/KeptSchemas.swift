import JSON
import Plan
import Postgres

/// What a schema registry has said, in the project's own tables: a registry numbers its schemas once and for all, so what
/// was learnt stays true.
public struct KeptSchemas {
  private let connection: PostgresConnection
  private var pulse: String { connection.pulse }

  public init(_ connection: PostgresConnection) {
    self.connection = connection
  }

  /// The schema of that id; nil when it has not been kept.
  public func schema(id: UInt32) throws(PostgresError) -> RegisteredSchema? {
    let result = try connection.query(
      "SELECT id, schema, referenced FROM \(pulse).schemas WHERE id = $1", [.bigint(Int64(id))])
    return Self.schemas(result).first
  }

  /// The schemas that were kept last, this many at most.
  public func newest(_ count: Int) throws(PostgresError) -> [RegisteredSchema] {
    let result = try connection.query(
      "SELECT id, schema, referenced FROM \(pulse).schemas ORDER BY fetched_at DESC, id DESC LIMIT $1",
      [.bigint(Int64(count))])
    return Self.schemas(result)
  }

  /// Keeps a schema, unless one of its id is kept already, and returns the one that is.
  ///
  /// - Parameter registry: the address that said it.
  @discardableResult
  public func keep(_ schema: RegisteredSchema, from registry: String) throws(PostgresError) -> RegisteredSchema {
    _ = try connection.query(
      """
      INSERT INTO \(pulse).schemas (id, schema, referenced, registry) VALUES ($1, $2, $3::jsonb, $4)
      ON CONFLICT (id) DO NOTHING
      """, [.bigint(Int64(schema.id)), .text(schema.text), .text(schema.references.json), .text(registry)])
    return try self.schema(id: schema.id) ?? schema
  }

  /// The version of the subject that was kept last; nil when there is none.
  public func version(of subject: String) throws(PostgresError) -> SubjectVersion? {
    let result = try connection.query(
      """
      SELECT s.id, s.schema, s.referenced, v.version
      FROM \(pulse).subjects AS v JOIN \(pulse).schemas AS s ON s.id = v.schema_id WHERE v.subject = $1
      """, [.text(subject)])
    guard let schema = Self.schemas(result).first, let version = result.integer(0, 3) else { return nil }
    return SubjectVersion(subject: subject, version: Int(version), schema: schema)
  }

  /// Keeps a version in the place of the one before.
  ///
  /// - Throws: when another schema of its id is kept: then it was said by another registry.
  public func keep(_ version: SubjectVersion, from registry: String) throws(StorageError) {
    do {
      try connection.transaction {
        let kept = try keep(version.schema, from: registry)
        guard kept.text == version.schema.text else {
          throw StorageError.definition(
            """
            the schema registry \(registry) has another schema \(kept.id) than the one that is kept in \(pulse).schemas: \
            it is another registry; if no record of the former is left to read, DELETE FROM \(pulse).subjects; \
            DELETE FROM \(pulse).schemas
            """)
        }
        _ = try connection.query(
          """
          INSERT INTO \(pulse).subjects (subject, version, schema_id) VALUES ($1, $2, $3)
          ON CONFLICT (subject) DO UPDATE
          SET version = excluded.version, schema_id = excluded.schema_id, fetched_at = now()
          """,
          [.text(version.subject), .bigint(Int64(version.version)), .bigint(Int64(version.schema.id))])
      }
    } catch {
      throw StorageError(error)
    }
  }

  private static func schemas(_ result: PostgresResult) -> [RegisteredSchema] {
    (0..<result.rowCount).compactMap { row in
      guard let id = result.integer(row, 0).flatMap(UInt32.init(exactly:)), let text = result[row, 1] else {
        return nil
      }
      return RegisteredSchema(id: id, text: text, references: [RegisteredSchema.Reference](json: result[row, 2] ?? ""))
    }
  }
}

extension [RegisteredSchema.Reference] {
  /// `[{"name": …, "schema": …}]`
  fileprivate var json: String {
    let list = map { reference in
      JSONValue.object([
        JSONMember("name", .string(reference.name)), JSONMember("schema", .string(reference.text)),
      ])
    }
    var bytes: [UInt8] = []
    JSONValue.array(list).append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  fileprivate init(json: String) {
    let list = (try? JSONValue(parsing: json))?.arrayValue ?? []
    self = list.compactMap { reference in
      guard let name = reference["name"]?.stringValue, let text = reference["schema"]?.stringValue else { return nil }
      return RegisteredSchema.Reference(name: name, text: text)
    }
  }
}

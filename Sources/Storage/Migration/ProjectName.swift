import Postgres
import Project

/// How a project is called in its database: what keeps another project from taking its tables for its own.
public struct ProjectName: Hashable, Sendable {
  public var text: String
  /// Said by a setting. Else it is the folder's, which may be called otherwise elsewhere.
  public var isChosen: Bool

  public init(_ text: String, isChosen: Bool) {
    self.text = text
    self.isChosen = isChosen
  }

  /// Enters the name, or refuses a schema that is another project's.
  func register(for project: Project, _ connection: PostgresConnection) throws {
    _ = try connection.query(
      """
      INSERT INTO \(connection.pulse).project (name)
      SELECT $1 WHERE NOT EXISTS (SELECT FROM \(connection.pulse).project)
      """, [.text(text)])
    try requireOwner(of: project, connection)
  }

  /// Refuses a schema that is another project's.
  func requireOwner(of project: Project, _ connection: PostgresConnection) throws {
    let stored = try connection.query("SELECT name FROM \(connection.pulse).project")
    guard stored.rowCount > 0, let owner = stored[0, 0], owner != text else { return }
    // A folder of another name with the same definitions holds the same project.
    if !isChosen, try knows(project, connection) { return }
    let schema = connection.schema ?? "public"
    throw StorageError.definition(
      """
      the schema \(schema) of this database belongs to the project \(owner), and this one is called \(text)
        hint: set RESULT_SCHEMA to a schema of its own, or STREAMPULSE_PROJECT_NAME=\(owner) when it is the same project
      """)
  }

  /// Whether one of the project's aggregates has its table there.
  private func knows(_ project: Project, _ connection: PostgresConnection) throws(PostgresError) -> Bool {
    let names = PostgresArray(texts: project.aggregates.map(\.name))
    let known = try connection.query(
      "SELECT EXISTS (SELECT FROM \(connection.pulse).definitions WHERE aggregate = ANY ($1))", [.array(names)])
    return known.boolean(0, 0) == true
  }
}

import Postgres
import Project

/// The definitions that a database's results are made by, and those that were before.
///
/// Whoever changes what rows mean puts the new definitions in force within the same transaction; processes that run with
/// others hear of it (`Announcement.definitionsChannel`) and take them over.
public struct Deployments {
  /// Definitions that have come into force.
  public struct Version: Hashable, Sendable {
    /// The greatest is in force.
    public var number: Int64
    /// Equal for equal files.
    public var fingerprint: String
  }

  /// Older ones are forgotten: only whether files were in force once is asked of them.
  private static let maximumKept: Int64 = 100

  private let connection: PostgresConnection

  public init(_ connection: PostgresConnection) {
    self.connection = connection
  }

  /// What is in force; nil: nothing was put in force yet, or the database has not been migrated.
  public func current() throws(PostgresError) -> Version? {
    do throws(PostgresError) {
      let found = try connection.query(
        "SELECT version, fingerprint FROM \(connection.pulse).deployments ORDER BY version DESC LIMIT 1")
      guard let number = found.rowCount > 0 ? found.integer(0, 0) : nil else { return nil }
      return Version(number: number, fingerprint: found[0, 1] ?? "")
    } catch {
      // No such table or schema.
      if error.sqlstate == "42P01" || error.sqlstate == "3F000" { return nil }
      throw error
    }
  }

  /// The files of a version; nil when it is not kept any more.
  public func files(of version: Int64) throws(PostgresError) -> ProjectFiles? {
    let found = try connection.query(
      """
      SELECT path, text FROM \(connection.pulse).deployments, unnest(paths, texts) AS f (path, text)
      WHERE version = $1 ORDER BY path
      """, [.bigint(version)])
    guard found.rowCount > 0 else { return nil }
    let files = (0..<found.rowCount).map { ProjectFile(path: found[$0, 0] ?? "", text: found[$0, 1] ?? "") }
    return ProjectFiles(files, name: "the deployed project")
  }

  /// Whether these files have been in force, and others are now.
  public func isFormer(_ files: ProjectFiles) throws(PostgresError) -> Bool {
    guard let current = try current() else { return false }
    let fingerprint = try fingerprint(of: files.deployed)
    guard fingerprint != current.fingerprint else { return false }
    return try connection.query(
      "SELECT EXISTS (SELECT FROM \(connection.pulse).deployments WHERE fingerprint = $1)", [.text(fingerprint)]
    ).boolean(0, 0) == true
  }

  /// Puts the files in force and tells those who listen, both with the caller's transaction. Nothing changes when they
  /// are. The tables must fit.
  ///
  /// - Returns: the version in force.
  @discardableResult
  public func put(_ files: ProjectFiles) throws(PostgresError) -> Version {
    let files = files.deployed
    let fingerprint = try fingerprint(of: files)
    if let current = try current(), current.fingerprint == fingerprint { return current }
    var paths = PostgresArray(.text)
    var texts = PostgresArray(.text)
    for file in files {
      paths.append(file.path)
      texts.append(file.text)
    }
    let made = try connection.query(
      "INSERT INTO \(connection.pulse).deployments (fingerprint, paths, texts) VALUES ($1, $2, $3) RETURNING version",
      [.text(fingerprint), .array(paths), .array(texts)])
    let number = made.integer(0, 0) ?? 0
    try AuditLog(connection).enter("definitions", "put in force", subject: "version \(number), \(fingerprint)")
    _ = try connection.query(
      "DELETE FROM \(connection.pulse).deployments WHERE version <= $1", [.bigint(number - Self.maximumKept)])
    _ = try connection.query(
      "SELECT pg_notify($1, $2)",
      [.text(Announcement.definitionsChannel(for: connection)), .text(String(number))])
    return Version(number: number, fingerprint: fingerprint)
  }

  private func fingerprint(of files: [ProjectFile]) throws(PostgresError) -> String {
    // Lengths keep two lists of the same characters apart.
    let text = files.map { "\($0.path.utf8.count):\($0.path)\($0.text.utf8.count):\($0.text)" }.joined()
    return try connection.query("SELECT md5($1)", [.text(text)])[0, 0] ?? ""
  }
}

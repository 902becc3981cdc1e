import CLibPQ

extension PostgresConnection {
  /// A name as it must stand in SQL.
  public func quoted(identifier: String) -> String {
    "\"" + identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  /// A text as it must stand in SQL where there are no parameters, as in `COPY`.
  public func quoted(literal: String) -> String {
    "'" + literal.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  /// What the server stores for a password (a SCRAM verifier), for `CREATE ROLE … PASSWORD '…'`.
  public func encryptedPassword(_ password: String, user: String) throws(PostgresError) -> String {
    guard let verifier = PQencryptPasswordConn(handle, password, user, "scram-sha-256") else { throw failure() }
    defer { PQfreemem(verifier) }
    return String(cString: verifier)
  }
}

import CLibPQ

extension PostgresConnection {
  /// What the server stores for a password (a SCRAM verifier), for `CREATE ROLE … PASSWORD '…'`.
  public func encryptedPassword(_ password: String, user: String) throws(PostgresError) -> String {
    guard let verifier = PQencryptPasswordConn(handle, password, user, "scram-sha-256") else { throw failure() }
    defer { PQfreemem(verifier) }
    return String(cString: verifier)
  }
}

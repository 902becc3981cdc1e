import Postgres

/// The log of what commands did, beside what the API enters by itself.
public struct AuditLog {
  private let connection: PostgresConnection

  public init(_ connection: PostgresConnection) {
    self.connection = connection
  }

  /// Makes an entry in the name of the database's user, in the caller's transaction if there is one. Without effect in a
  /// database whose log is not there yet.
  ///
  /// - Parameters:
  ///   - command: that did it.
  ///   - action: what it did.
  public func enter(_ command: String, _ action: String, subject: String = "") throws(PostgresError) {
    let log = "\(connection.pulse).audit_log"
    guard try connection.query("SELECT to_regclass($1) IS NOT NULL", [.text(log)]).boolean(0, 0) == true else { return }
    // How long entries are kept is the API's business: this forgets none.
    _ = try connection.query(
      "SELECT \(connection.pulse).audit(session_user::text, $1, $2, $3, 'done', 1, NULL)",
      [.text(command), .text(action), .text(subject)])
  }
}

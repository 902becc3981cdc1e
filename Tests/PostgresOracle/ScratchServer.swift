import Postgres

@testable import ProcessingTestSupport

/// The server that the tests of all modules share.
enum ScratchServer {
  /// Of all tests here: they make nothing that outlives a session.
  private static let database = Result { try TestCluster.makeDatabase() }

  /// A connection in a session like the engine's.
  static func connect() throws -> PostgresConnection {
    let connection = try PostgresConnection(database.get())
    try connection.execute("SET TIME ZONE 'UTC'; SET extra_float_digits = 1")
    return connection
  }
}

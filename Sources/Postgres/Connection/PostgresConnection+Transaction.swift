extension PostgresConnection {
  /// Runs `body` in a transaction, which is committed when it returns and rolled back when it throws.
  ///
  /// The first error is the one that is thrown; a connection that cannot roll back is closed by its owner.
  ///
  /// - Parameter begin: the statements that begin it, for another isolation level or for settings of this transaction.
  public func transaction<Value>(
    _ begin: String = "BEGIN", _ body: () throws(PostgresError) -> Value
  ) throws(PostgresError) -> Value {
    do throws(PostgresError) {
      try execute(begin)
      let value = try body()
      try execute("COMMIT")
      return value
    } catch {
      try? execute("ROLLBACK")
      throw error
    }
  }

  /// The same for a body that has errors of its own.
  public func transaction<Value>(_ begin: String = "BEGIN", _ body: () throws -> Value) throws -> Value {
    do {
      try execute(begin)
      let value = try body()
      try execute("COMMIT")
      return value
    } catch {
      try? execute("ROLLBACK")
      throw error
    }
  }
}

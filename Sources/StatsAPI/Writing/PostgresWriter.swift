import Postgres

/// Runs what writes, each in a transaction with its entry in the audit log, on a small pool of its own: readers wait for no
/// writer, and no writer for readers.
public final class PostgresWriter: Sendable {
  private let pool: ConnectionPool
  private let audit: String

  /// - Parameters:
  ///   - pool: its connections may execute functions; their statements end by themselves.
  ///   - pulse: the schema of the engine's own tables, quoted.
  ///   - auditDays: how long entries are kept.
  public init(_ pool: ConnectionPool, pulse: String, auditDays: Int) {
    self.pool = pool
    audit = "SELECT \(pulse).audit($1, $2, $3, $4, $5, $6, make_interval(days => \(auditDays)))"
  }

  /// A `WriteExecutor`.
  public func execute(
    _ query: EndpointQuery, _ values: [String?], _ record: AuditRecord?,
    _ completion: @escaping @Sendable (Result<[UInt8], QueryFailure>) -> Void
  ) {
    let isAccepted = pool.submit { connection in
      completion(
        connection.mapError { _ in .unavailable }.flatMap { self.run(query, values, record, on: $0) })
    }
    if !isAccepted { completion(.failure(.overloaded)) }
  }

  private func run(
    _ query: EndpointQuery, _ values: [String?], _ record: AuditRecord?, on connection: PostgresConnection
  ) -> Result<[UInt8], QueryFailure> {
    do {
      return .success(
        try connection.transaction { () throws -> [UInt8] in
          let json = try PostgresExecutor.run(query, values, connection).get()
          if let record { try enter(record, connection) }
          return json
        })
    } catch let failure as QueryFailure {
      return .failure(failure)
    } catch let error as PostgresError {
      return .failure(PostgresExecutor.failure(error, query, values))
    } catch {
      return .failure(.failed(message: "\(query.path): \(error)"))
    }
  }

  /// Enters what was refused.
  public func record(_ records: [AuditRecord], _ completion: @escaping @Sendable (Bool) -> Void) {
    let isAccepted = pool.submit { connection in
      do {
        let connection = try connection.get()
        for record in records { try self.enter(record, connection) }
        completion(true)
      } catch {
        completion(false)
      }
    }
    if !isAccepted { completion(false) }
  }

  private func enter(_ record: AuditRecord, _ connection: PostgresConnection) throws(PostgresError) {
    _ = try connection.query(
      audit,
      [
        .text(record.who), .text(record.origin), .text(record.action), .text(record.subject), .text(record.result),
        .bigint(record.times),
      ])
  }
}

/// Runs what writes, or reads what is not for everybody, and makes the entry in the audit log with it, where there is one
/// to make. As `QueryExecutor`.
public typealias WriteExecutor =
  @Sendable (
    _ query: EndpointQuery, _ values: [String?], _ record: AuditRecord?,
    _ completion: @escaping @Sendable (Result<[UInt8], QueryFailure>) -> Void
  ) -> Void

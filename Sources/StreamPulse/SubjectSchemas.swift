import HTTPClient
import Observability
import Plan
import Postgres
import Project
import Registry
import Storage
import Synchronization

/// The reader schemas that streams name by a registry's subject. `migrate` and `up` ask for the latest ones, and make the
/// tables for them; what else there is reads with those, so that all instances read alike, and needs no registry.
final class SubjectSchemas: Sendable {
  enum Purpose: Sendable {
    /// The latest, which `keep` then keeps; those that are kept where the registry is away.
    case migration
    /// What is kept.
    case work
    /// The latest; nothing is kept, and no database asked.
    case look
  }

  /// Reads in the database where schemas are kept; called only when a stream names a subject.
  typealias WithDatabase = @Sendable (_ read: (ConnectionSettings) throws -> SubjectVersion?) throws -> SubjectVersion?

  private let context: CommandContext
  private let purpose: Purpose
  private let withDatabase: WithDatabase
  private let fetched = Mutex<[SubjectVersion]>([])

  /// - Parameter withDatabase: nil: the configured database.
  init(_ context: CommandContext, _ purpose: Purpose, withDatabase: WithDatabase? = nil) {
    self.context = context
    self.purpose = purpose
    self.withDatabase = withDatabase ?? { read in try read(context.database()) }
  }

  /// What `Project` asks.
  var lookup: SchemaLookup {
    SchemaLookup { [self] subject throws(SchemaLookup.Failure) in
      switch purpose {
      case .migration: try latest(subject, elseKept: true)
      case .look: try latest(subject, elseKept: false)
      case .work: try kept(subject)
      }
    }
  }

  /// Keeps what was fetched, in a database that has been migrated.
  func keep(_ connection: PostgresConnection) throws(StorageError) {
    guard let registry = context.registry() else { return }
    for version in fetched.withLock({ $0 }) {
      try KeptSchemas(connection).keep(version, from: registry.description)
    }
  }

  private func latest(
    _ subject: String, elseKept: Bool
  ) throws(SchemaLookup.Failure) -> RegisteredSchema {
    guard let registry = context.registry() else {
      if elseKept, let version = try? keptVersion(subject) { return version.schema }
      return try SchemaLookup.none(subject)
    }
    do throws(RegistryError) {
      let version = try RegistryClient(registry).latest(subject: subject)
      fetched.withLock { $0.append(version) }
      return version.schema
    } catch {
      guard elseKept, error.kind == .unavailable, let version = try? keptVersion(subject) else {
        guard error.kind == .unavailable else { throw SchemaLookup.Failure(error.description) }
        throw SchemaLookup.Failure(
          "the schema registry could not be asked for \(subject): \(error)",
          hint: "look whether the registry is up, and at SCHEMA_REGISTRY_URL and what else is set of it")
      }
      let text = "\(subject) stays at version \(version.version), which is kept in the database: \(error)"
      context.observe(.projectNotice(text: text))
      return version.schema
    }
  }

  private func kept(_ subject: String) throws(SchemaLookup.Failure) -> RegisteredSchema {
    do {
      if let version = try keptVersion(subject) { return version.schema }
    } catch {
      throw SchemaLookup.Failure("the schema of the subject \(subject) cannot be read from the database: \(error)")
    }
    throw SchemaLookup.Failure("the subject \(subject) has not been fetched yet", hint: "run streampulse migrate")
  }

  private func keptVersion(_ subject: String) throws -> SubjectVersion? {
    try withDatabase { database in
      let connection = try PostgresConnection(database)
      defer { connection.close() }
      do throws(PostgresError) {
        return try KeptSchemas(connection).version(of: subject)
      } catch {
        // No such table or schema: the database has not been migrated yet.
        if error.sqlstate == "42P01" || error.sqlstate == "3F000" { return nil }
        throw error
      }
    }
  }
}

extension CommandContext {
  /// How the schema registry is asked; nil: there is none.
  func registry() -> RegistrySettings? {
    configuration.registry.map { registry in
      let authorization: HTTPAuthorization? =
        switch registry.authorization {
        case .user(let user, let password): .basic(user: user, password: password.revealed)
        case .token(let token): .bearer(token: token.revealed)
        case nil: nil
        }
      return RegistrySettings(
        addresses: registry.addresses,
        http: HTTPClientSettings(caFile: registry.caFile, authorization: authorization))
    }
  }

  /// Where commands that read records again find the schemas of those; nil: they are all in `schemas/`.
  func schemaSource(_ database: ConnectionSettings) throws -> SchemaSource? {
    let connection = try PostgresConnection(database)
    defer { connection.close() }
    if registry() == nil, try KeptSchemas(connection).newest(1).isEmpty { return nil }
    return try SchemaSource(registry(), database: database)
  }

  /// The same for workers, which must not wait.
  ///
  /// - Parameter connection: to the same database; only for this call.
  func writerSchemas(_ database: ConnectionSettings, _ connection: PostgresConnection) throws -> WriterSchemas? {
    let kept = try KeptSchemas(connection).newest(WriterSchemas.maximumAnswers)
    if registry() == nil, kept.isEmpty { return nil }
    let observer = observer
    return WriterSchemas(
      registry(), database: database.with("application_name", "streampulse schemas"), kept: kept
    ) { observer.observe($0) }
  }
}

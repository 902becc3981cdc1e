import Events
import Formats
import HTTPClient
import Plan
import Postgres
import Storage

/// Finds schemas by their ids: those that are kept in the database, else what the registry says, which is kept from then
/// on, in a transaction of its own.
///
/// Blocks, with connections of its own; for one thread at a time, except the canceller.
public final class SchemaSource {
  /// A server that says nothing for so long is taken for dead.
  private static let responseTimeoutMilliseconds = 10_000

  private let registry: RegistryClient?
  private let database: ConnectionSettings
  private var connection: PostgresConnection?
  /// Why the registry is not asked any more.
  private var absence: String?

  /// - Parameter registry: nil: only what is kept is known.
  public init(_ registry: RegistrySettings?, database: ConnectionSettings) throws(RegistryError) {
    self.registry = try registry.map { settings throws(RegistryError) in try RegistryClient(settings) }
    self.database = database
  }

  deinit { connection?.close() }

  /// Gives up what is asked of the registry; for other threads.
  public var canceller: HTTPCanceller? { registry?.canceller }

  /// What is known of an id.
  ///
  /// - Throws: when the database or the registry cannot say now; the question may be repeated.
  public func answer(_ id: UInt32) throws(SchemaSourceError) -> SchemaAnswer {
    if let kept = try kept({ (schemas) throws(PostgresError) in try schemas.schema(id: id) }) { return .schema(kept) }
    guard let registry else {
      return .unknown(
        reason: "confluent-ids.json has no schema for the id \(id), and SCHEMA_REGISTRY_URL names no registry to ask")
    }
    let schema: RegisteredSchema
    do throws(RegistryError) {
      schema = try registry.schema(id: id)
    } catch {
      switch error.kind {
      case .unknown: return .unknown(reason: error.description)
      case .unusable: return .unusable(reason: error.description)
      case .unavailable, .cancelled: throw .registry(error)
      }
    }
    let address = registry.answeringAddress
    return .schema(try kept { (schemas) throws(PostgresError) in try schemas.keep(schema, from: address) })
  }

  /// Gives a decoder all schemas that these records name, as far as anybody can say. A registry that is away is asked once:
  /// whatever was counted has its schema in the database.
  public func supply(
    _ decoder: RecordDecoder, for records: UnsafeMutableBufferPointer<Record>
  ) throws(PostgresError) {
    while let unknown = decoder.unknownSchemas(in: records, runs: CollectionOfOne(records.indices)).first {
      try supply(decoder, unknown.id)
    }
  }

  /// The same for one id.
  public func supply(_ decoder: RecordDecoder, _ id: UInt32) throws(PostgresError) {
    do throws(SchemaSourceError) {
      decoder.learn(try answerOrAbsence(id), id: id)
    } catch {
      switch error {
      case .postgres(let error): throw error
      case .registry(let error):
        absence = error.description
        decoder.learn(.unknown(reason: Self.unasked(id, error.description)), id: id)
      }
    }
  }

  private func answerOrAbsence(_ id: UInt32) throws(SchemaSourceError) -> SchemaAnswer {
    guard let absence else { return try answer(id) }
    let kept = try kept { (schemas) throws(PostgresError) in try schemas.schema(id: id) }
    return kept.map { .schema($0) } ?? .unknown(reason: Self.unasked(id, absence))
  }

  private static func unasked(_ id: UInt32, _ reason: String) -> String {
    "the schema registry cannot be asked for the schema \(id): \(reason)"
  }

  private func kept<Value>(
    _ body: (KeptSchemas) throws(PostgresError) -> Value
  ) throws(SchemaSourceError) -> Value {
    do throws(PostgresError) {
      let open: PostgresConnection
      if let connection {
        open = connection
      } else {
        open = try PostgresConnection(database)
        open.responseTimeoutMilliseconds = Self.responseTimeoutMilliseconds
        connection = open
      }
      return try body(KeptSchemas(open))
    } catch {
      if error.isConnectionLost {
        connection?.close()
        connection = nil
      }
      throw .postgres(error)
    }
  }
}

/// Why it cannot be said now what an id means.
public enum SchemaSourceError: Error, Sendable, CustomStringConvertible {
  case postgres(PostgresError)
  case registry(RegistryError)

  public var description: String {
    switch self {
    case .postgres(let error): "Postgres: \(error.description)"
    case .registry(let error): error.description
    }
  }
}

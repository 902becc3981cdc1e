import Dataflow
import Plan
import Postgres
import Processing
import References
import Threads

/// The tables of reference data of a test, which are read whenever it has given them other rows.
final class ScratchReferences: ReferenceVersions {
  private let references: [Reference]
  private let loaded = Monitor(ReferenceSet())

  init(_ references: [Reference]) {
    self.references = references
  }

  var current: ReferenceSet? { loaded.read { $0 } }

  func load(_ connection: PostgresConnection) throws {
    let tables = try ReferenceLoader(connection, limits: ReferenceLimits()).load(references)
    loaded.update { $0 = tables }
  }
}

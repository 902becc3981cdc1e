import Plan
import Registry

/// Whom a worker asks for the schemas of ids that it does not know: the lookup in production, a scripted one in tests.
package protocol SchemaAnswers: Sendable {
  /// What is known of the id by now; nil: it is being looked up. Never waits.
  func answer(_ id: UInt32) -> SchemaAnswer?
  /// Why questions have no answer yet; nil: nothing is known to be wrong.
  var problem: String? { get }
}

extension WriterSchemas: SchemaAnswers {}

import Dataflow
import References

/// Where a worker takes the versions of reference data from, between two batches.
package protocol ReferenceVersions: Sendable {
  /// nil: they were not all read yet, and nothing can be processed.
  var current: ReferenceSet? { get }
}

extension ReferenceFeed: ReferenceVersions {}

import Synchronization

/// Gives up a client's requests, the one under way and all later ones; for other threads.
public final class HTTPCanceller: Sendable {
  private let flag = Atomic(false)

  package init() {}

  /// Returns at once; the request ends within a second.
  public func cancel() { flag.store(true, ordering: .relaxed) }

  package var isCancelled: Bool { flag.load(ordering: .relaxed) }
}

import Synchronization
import Threads

/// Counts the requests between their first header and their last byte, so that a stop can wait for them.
final class InFlight: Sendable {
  private let count = Atomic<Int>(0)
  private let isAwaited = Atomic<Bool>(false)
  /// Without a state of its own: every request passes here, and none is to take a lock.
  private let monitor = Monitor(())

  func enter() { count.add(1, ordering: .sequentiallyConsistent) }

  func leave() {
    // Either this sees the waiter, or the waiter sees the new count: both sides write before they read.
    guard count.subtract(1, ordering: .sequentiallyConsistent).newValue == 0,
      isAwaited.load(ordering: .sequentiallyConsistent)
    else { return }
    monitor.update { _ in }
  }

  /// Whether the count reached zero within `milliseconds`. Blocks the calling thread.
  func waitUntilNone(milliseconds: Int) -> Bool {
    isAwaited.store(true, ordering: .sequentiallyConsistent)
    return monitor.wait(timeoutMilliseconds: milliseconds) { _ in
      count.load(ordering: .sequentiallyConsistent) == 0 ? true : nil
    } ?? false
  }
}

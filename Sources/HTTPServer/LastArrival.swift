import Synchronization

/// When bytes came last, of a connection whose socket cannot say so itself: the end of a pair behind TLS.
final class LastArrival: Sendable {
  private let milliseconds = Atomic<Int64>(0)

  /// - Parameter now: monotonic milliseconds.
  func note(_ now: Int64) { milliseconds.store(now, ordering: .relaxed) }

  /// Monotonic milliseconds; 0: none have come.
  var time: Int64 { milliseconds.load(ordering: .relaxed) }
}

import Synchronization
import Threads
import Tracing

/// Spans that wait to be sent: bounded, and never in the way of those who end them.
final class SpanQueue: Sendable {
  private struct State {
    var spans: [Span] = []
    var dropped: Int64 = 0
  }

  private let capacity: Int
  private let portion: Int
  private let state = Mutex(State())
  /// Rung when there is something to do; what it says is whether the end is asked for.
  private let bell = Monitor(false)

  /// - Parameters:
  ///   - capacity: spans beyond it are dropped.
  ///   - portion: so many are taken together, at most.
  init(capacity: Int, portion: Int) {
    precondition(portion > 0 && portion <= capacity, "a portion that never fills")
    self.capacity = capacity
    self.portion = portion
    state.withLock { $0.spans.reserveCapacity(capacity) }
  }

  /// Takes a span, or drops it: whoever ends one does not wait. Wakes the other side only for the first of a portion and
  /// for the last.
  func offer(_ span: Span) {
    let count = state.withLock { state in
      guard state.spans.count < capacity else {
        state.dropped += 1
        return 0
      }
      state.spans.append(span)
      return state.spans.count
    }
    if count == 1 || count == portion { bell.update { _ in } }
  }

  /// The next spans: once there is a portion of them, or some and `delayMilliseconds` have passed. Empty: the end is asked
  /// for, and there are no more.
  func next(delayMilliseconds: Int) -> [Span] {
    _ = bell.wait { $0 || self.count > 0 ? true : nil }
    _ = bell.wait(timeoutMilliseconds: delayMilliseconds) { $0 || self.count >= self.portion ? true : nil }
    return state.withLock { state in
      let next = Array(state.spans.prefix(portion))
      state.spans.removeFirst(next.count)
      return next
    }
  }

  /// Waits for so long, or until the end is asked for. Returns whether it is.
  func waitForEnd(milliseconds: Int) -> Bool {
    bell.wait(timeoutMilliseconds: milliseconds) { $0 ? true : nil } ?? false
  }

  var isEnding: Bool { bell.read { $0 } }
  var count: Int { state.withLock { $0.spans.count } }
  /// Since the start.
  var dropped: Int64 { state.withLock { $0.dropped } }

  /// Asks for the end.
  func end() { bell.update { $0 = true } }
}

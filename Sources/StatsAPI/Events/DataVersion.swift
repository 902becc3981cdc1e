import Synchronization

/// Counts the commits that may have changed results, and tells whoever wants to know. Fed by Postgres' notifications on
/// the channel `streampulse`, or directly by a processor in the same process.
public final class DataVersion: Sendable {
  private struct State {
    var version: UInt64 = 0
    var nextSubscriber = 0
    var subscribers: [Int: @Sendable () -> Void] = [:]
  }

  /// Ends with `cancel`, or when it is released.
  public final class Subscription: Sendable {
    private let owner: DataVersion
    private let id: Int

    fileprivate init(owner: DataVersion, id: Int) {
      self.owner = owner
      self.id = id
    }

    deinit { cancel() }

    /// A notification that is under way on another thread may still arrive.
    public func cancel() { owner.state.withLock { _ = $0.subscribers.removeValue(forKey: id) } }
  }

  private let state = Mutex(State())

  public init() {}

  public var current: UInt64 { state.withLock { $0.version } }

  /// New data is committed. Any thread; calls the subscribers on it.
  public func notify() {
    let subscribers = state.withLock { state in
      state.version += 1
      return Array(state.subscribers.values)
    }
    for subscriber in subscribers { subscriber() }
  }

  /// `body` is called after each `notify`, on the notifier's thread: it must be short.
  public func subscribe(_ body: @escaping @Sendable () -> Void) -> Subscription {
    let id = state.withLock { state in
      state.nextSubscriber += 1
      state.subscribers[state.nextSubscriber] = body
      return state.nextSubscriber
    }
    return Subscription(owner: self, id: id)
  }
}

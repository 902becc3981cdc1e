import Synchronization

/// Hears of the commits that may have changed results, and tells whoever wants to know. Fed by Postgres' notifications on
/// the channel `streampulse`, or directly by a processor in the same process.
public final class DataVersion: Sendable {
  private struct State {
    var position: Int64 = 0
    var nextSubscriber = 0
    var subscribers: [Int: @Sendable (TableChanges) -> Void] = [:]
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

  /// The greatest position that was told: a query that begins now sees all that was committed before it. 0: none was told.
  public var position: Int64 { state.withLock { $0.position } }

  /// New data is committed. Any thread; calls the subscribers on it.
  public func notify(_ changes: TableChanges = .all) {
    let subscribers = state.withLock { state in
      state.position = max(state.position, changes.position ?? 0)
      return Array(state.subscribers.values)
    }
    for subscriber in subscribers { subscriber(changes) }
  }

  /// `body` is called after each `notify`, on the notifier's thread: it must be short.
  public func subscribe(_ body: @escaping @Sendable (TableChanges) -> Void) -> Subscription {
    let id = state.withLock { state in
      state.nextSubscriber += 1
      state.subscribers[state.nextSubscriber] = body
      return state.nextSubscriber
    }
    return Subscription(owner: self, id: id)
  }
}

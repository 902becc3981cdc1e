import Glibc

/// Shared state with a lock and a condition: threads change it, and wait for what others make of it.
///
/// `@unchecked Sendable`: `state` is touched only with the mutex held, and the pointers are set once in `init`.
public final class Monitor<State: Sendable>: @unchecked Sendable {
  private var state: State
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  public init(_ state: State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    // Deadlines must not move with the wall clock.
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Reads the state. Must not call back into the monitor.
  public func read<Value>(_ body: (State) -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(state)
  }

  /// Changes the state and wakes those who wait. Must not call back into the monitor.
  @discardableResult
  public func update<Value>(_ body: (inout State) -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// Waits until `decide` returns a value, and returns it; nil when the time is up first. `decide` is asked at once and
  /// after every update, and may change the state when it decides.
  ///
  /// - Parameter timeoutMilliseconds: nil waits for ever; 0 asks once.
  public func wait<Value>(timeoutMilliseconds: Int? = nil, until decide: (inout State) -> Value?) -> Value? {
    var deadline = timespec()
    if let timeoutMilliseconds {
      clock_gettime(CLOCK_MONOTONIC, &deadline)
      let nanoseconds = deadline.tv_nsec + max(0, timeoutMilliseconds) % 1000 * 1_000_000
      deadline.tv_sec += max(0, timeoutMilliseconds) / 1000 + nanoseconds / 1_000_000_000
      deadline.tv_nsec = nanoseconds % 1_000_000_000
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let value = decide(&state) {
        pthread_cond_broadcast(condition)
        return value
      }
      if timeoutMilliseconds == nil {
        pthread_cond_wait(condition, mutex)
      } else if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
        return decide(&state)
      }
    }
  }
}

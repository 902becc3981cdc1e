import Glibc
import Synchronization

/// Counts the requests between their first header and their last byte, so that a stop can wait for them.
///
/// Unchecked: the counters are atomic; mutex and condition are initialised before and destroyed after any use.
final class InFlight: @unchecked Sendable {
  private let count = Atomic<Int>(0)
  private let isAwaited = Atomic<Bool>(false)
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
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

  func enter() { count.add(1, ordering: .sequentiallyConsistent) }

  func leave() {
    // Either this sees the waiter, or the waiter sees the new count: both sides write before they read.
    guard count.subtract(1, ordering: .sequentiallyConsistent).newValue == 0,
      isAwaited.load(ordering: .sequentiallyConsistent)
    else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Whether the count reached zero within `milliseconds`. Blocks the calling thread.
  func waitUntilNone(milliseconds: Int) -> Bool {
    isAwaited.store(true, ordering: .sequentiallyConsistent)
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let nanoseconds = deadline.tv_nsec + (milliseconds % 1000) * 1_000_000
    deadline.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
    deadline.tv_nsec = nanoseconds % 1_000_000_000
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while count.load(ordering: .sequentiallyConsistent) > 0 {
      if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
        return count.load(ordering: .sequentiallyConsistent) == 0
      }
    }
    return true
  }
}

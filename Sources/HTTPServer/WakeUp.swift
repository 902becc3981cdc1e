import CMicrohttpd
import Glibc

/// What a thread polls beside its sockets, so that any other can end its wait.
struct WakeUp: ~Copyable, Sendable {
  /// To be polled; -1: there is no descriptor left.
  let descriptor = streampulse_wake_create()

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Any thread.
  func raise() {
    var one: UInt64 = 1
    _ = write(descriptor, &one, 8)
  }

  /// By the thread that was woken up: the descriptor has nothing to say until it is raised again.
  func clear() {
    var raised: UInt64 = 0
    _ = read(descriptor, &raised, 8)
  }
}

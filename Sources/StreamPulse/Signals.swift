import Glibc
import Threads

/// SIGINT and SIGTERM, waited for by the main thread instead of interrupting some other.
enum Signals {
  private static var stopping: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGHUP)
    return set
  }

  /// Threads started from now on inherit the mask. A closed pipe or socket is an error code, not a signal.
  static func blockAll() {
    var set = stopping
    pthread_sigmask(SIG_BLOCK, &set, nil)
    signal(SIGPIPE, SIG_IGN)
  }

  /// From now on a signal ends the process at once: for commands that may be interrupted anywhere.
  static func unblockAll() {
    var set = stopping
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  /// Waits for a signal to stop, up to this long; its name, or nil when the time is over.
  static func wait(milliseconds: Int) -> String? {
    var set = stopping
    var timeout = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    switch sigtimedwait(&set, nil, &timeout) {
    case SIGINT: return "SIGINT"
    case SIGTERM: return "SIGTERM"
    case SIGHUP: return "SIGHUP"
    default: return nil
    }
  }

  /// Runs `body`, which may take long, and has `request` called when a signal to stop comes meanwhile.
  static func requesting<Value>(_ request: @escaping @Sendable () -> Void, during body: () throws -> Value) throws
    -> Value
  {
    let isOver = Monitor(false)
    let parts = StartedParts()
    try parts.startThread(
      "signals", stop: { isOver.update { $0 = true } },
      run: {
        if wait(until: { isOver.read { $0 } }) != nil { request() }
      })
    defer { parts.stop() }
    return try body()
  }

  /// Waits until there is a signal to stop, or `isOver` says that there is no need to go on.
  static func wait(until isOver: () -> Bool) -> String? {
    while !isOver() {
      if let name = wait(milliseconds: 200) { return name }
    }
    return nil
  }
}

import Glibc
import Synchronization
import Threads

/// SIGINT, SIGTERM and SIGHUP, waited for by the main thread instead of interrupting some other.
enum Signals {
  /// What SIGHUP means instead of a stop.
  private static let renewal = Mutex<(@Sendable () -> Void)?>(nil)

  /// From now on SIGHUP has that done, by whoever waits for signals, and stops nothing; nil: it is a signal to stop. That of
  /// a terminal that is closed is one in any case.
  static func whenHungUp(_ body: (@Sendable () -> Void)?) {
    renewal.withLock { $0 = body }
  }

  /// The kernel's, or that of a shell that passes it on to what was started in it.
  private static func isEndOfTerminal(_ info: siginfo_t) -> Bool {
    isatty(STDIN_FILENO) == 1 && (info.si_code != SI_USER || info._sifields._kill.si_pid == getppid())
  }

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
    var info = siginfo_t()
    switch sigtimedwait(&set, &info, &timeout) {
    case SIGINT: return "SIGINT"
    case SIGTERM: return "SIGTERM"
    case SIGHUP:
      guard let renew = renewal.withLock({ $0 }), !isEndOfTerminal(info) else { return "SIGHUP" }
      renew()
      return nil
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

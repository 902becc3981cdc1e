import Glibc

/// Ctrl-C and SIGTERM as something to ask for and to wait for, instead of an interruption.
///
/// The signals are blocked, in this thread and in those that it starts from then on, and taken synchronously: so it has
/// to be made first, before any library starts threads, and used on one thread.
struct StopSignal {
  private var signals = sigset_t()

  init() {
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    // A reader of our output that goes away is a write error.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Waits for at most that long; true: a signal came, and the run has to end.
  func wait(nanoseconds: Int64 = 0) -> Bool {
    var signals = signals
    var timeout = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    return sigtimedwait(&signals, nil, &timeout) > 0
  }
}

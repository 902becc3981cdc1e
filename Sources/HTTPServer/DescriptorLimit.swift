import Glibc

/// How many file descriptors the process may have.
enum DescriptorLimit {
  /// What the rest of the program has open: files, databases, brokers.
  private static let others = 256

  /// How many connections may wait beside `connections` that are open; raises the process's soft limit towards its hard
  /// one where that is needed.
  static func raised(for connections: Int, upTo waiting: Int) -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return waiting / 16 }
    let wanted = rlim_t(connections + waiting + others)
    if limit.rlim_cur < wanted {
      var raised = limit
      raised.rlim_cur = min(wanted, limit.rlim_max)
      if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
    }
    let left = Int(clamping: limit.rlim_cur) - connections - others
    return max(64, min(waiting, left))
  }
}

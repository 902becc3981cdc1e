import Glibc
import Threads

/// Stops a server that runs on the cluster although nobody who holds the folder's lock started it: its parent crashed.
func stopOrphan(of cluster: String, timeoutMilliseconds: Int) throws(PrivateClusterError) {
  let pidFile = cluster + "/postmaster.pid"
  guard let text = try? readFile(pidFile), let first = text.split(separator: "\n").first, let pid = Int32(first),
    pid > 0
  else { return }
  guard isServer(pid, on: cluster) else {
    // Postgres itself sees that a pid is dead, but would take another user's process of that number for a server.
    if kill(pid, 0) == 0 || errno == EPERM { unlink(pidFile) }
    return
  }
  for (signal, milliseconds) in [(SIGINT, timeoutMilliseconds), (SIGQUIT, 5000), (SIGKILL, 5000)] {
    kill(pid, signal)
    // It is not our child, so its end can only be looked for.
    let began = Clock.monotonicMilliseconds()
    while Clock.monotonicMilliseconds() - began < milliseconds {
      guard isServer(pid, on: cluster) else { return }
      usleep(20_000)
    }
  }
  throw .orphan(pid: pid)
}

/// Whether a process is a Postgres server whose data folder is `cluster`: a server's working directory is its data
/// folder.
private func isServer(_ pid: Int32, on cluster: String) -> Bool {
  guard let name = try? readFile("/proc/\(pid)/comm"), name.hasPrefix("postgres") else { return false }
  var process = stat()
  var folder = stat()
  return stat("/proc/\(pid)/cwd", &process) == 0 && stat(cluster, &folder) == 0 && process.st_dev == folder.st_dev
    && process.st_ino == folder.st_ino
}

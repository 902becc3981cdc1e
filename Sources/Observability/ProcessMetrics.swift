import Glibc
import Threads

extension Observer {
  /// Makes what the process uses metrics, under the names that Prometheus' client libraries give them, and which program
  /// it is. Linux's `/proc` is read at each rendering, which takes microseconds.
  public func exposeProcess(version: String) {
    let startedAt = Double(Clock.wall()) / 1_000_000
    registry.gauge(
      "streampulse_build_info", help: "1; the labels say which program it is.",
      labels: [MetricLabel("version", version)]
    ) { 1 }
    registry.counter("process_cpu_seconds_total", help: "Processor time of the process, in seconds.") {
      var usage = rusage()
      guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return .nan }
      return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
    registry.gauge("process_start_time_seconds", help: "When the process started, in seconds since 1970.") { startedAt }
    registry.gauge("process_resident_memory_bytes", help: "Memory of the process that is in RAM.") { memoryBytes(1) }
    registry.gauge("process_virtual_memory_bytes", help: "Address space of the process.") { memoryBytes(0) }
    registry.gauge("process_open_fds", help: "File descriptors of the process.") { openDescriptors() }
    registry.gauge("process_max_fds", help: "File descriptors that the process may have.") {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .nan }
      return Double(limit.rlim_cur)
    }
  }
}

private func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }

/// A field of `/proc/self/statm`, which counts pages (proc(5)).
private func memoryBytes(_ field: Int) -> Double {
  let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return .nan }
  defer { close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: 256)
  let count = read(descriptor, &bytes, bytes.count)
  let fields = bytes.prefix(max(0, count)).split(separator: UInt8(ascii: " "))
  guard fields.count > field, let pages = Double(String(decoding: fields[field], as: UTF8.self)) else { return .nan }
  return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
}

private func openDescriptors() -> Double {
  guard let folder = opendir("/proc/self/fd") else { return .nan }
  defer { closedir(folder) }
  var count = 0
  while let entry = readdir(folder) {
    if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
  }
  // One of them is this look.
  return Double(count - 1)
}

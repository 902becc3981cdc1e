import ChildProcess
import Glibc

/// What the kernel says of a running process.
struct ProcessUsage {
  let pid: pid_t

  /// CPU seconds of all its threads so far, to the nanosecond; 0 when it has ended.
  var cpuSeconds: Double {
    var clock = clockid_t()
    return clock_getcpuclockid(pid, &clock) == 0 ? seconds(of: clock) : 0
  }

  /// CPU seconds of the process, of its children that run, and of those that it has reaped: a Postgres with its backends.
  var cpuSecondsWithChildren: Double {
    cpuSeconds + reapedChildrenSeconds + childPIDs.reduce(0) { $0 + ProcessUsage(pid: $1).cpuSeconds }
  }

  /// CPU seconds of each of its threads that run.
  var threadSeconds: [pid_t: Double] {
    var seconds: [pid_t: Double] = [:]
    guard let directory = opendir("/proc/\(pid)/task") else { return [:] }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
      }
      guard let thread = pid_t(name) else { continue }
      // Nanoseconds on a core.
      let spent = text("task/\(thread)/schedstat").split(separator: " ").first.flatMap { Double($0) }
      seconds[thread] = (spent ?? 0) / 1e9
    }
    return seconds
  }

  /// Resident bytes now.
  var residentBytes: Int { kilobytes("VmRSS:") * 1024 }

  /// The most bytes that were ever resident.
  var peakResidentBytes: Int { kilobytes("VmHWM:") * 1024 }

  private func kilobytes(_ name: String) -> Int {
    for line in text("status").split(separator: "\n") where line.hasPrefix(name) {
      return line.split(separator: " ").compactMap { Int($0.filter(\.isNumber)) }.first ?? 0
    }
    return 0
  }

  /// Fields 16 and 17 of `/proc/PID/stat`, counted after the name, which may hold spaces.
  private var reapedChildrenSeconds: Double {
    let fields = text("stat").split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 14 else { return 0 }
    let ticks = (Double(fields[13]) ?? 0) + (Double(fields[14]) ?? 0)
    return ticks / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
  }

  private var childPIDs: [pid_t] {
    text("task/\(pid)/children").split(separator: " ").compactMap { pid_t($0) }
  }

  private func text(_ name: String) -> String {
    readText("/proc/\(pid)/\(name)")
  }
}

/// The beginning of a file, enough for those of /proc; empty when it cannot be read.
func readText(_ path: String) -> String { readText(path, limit: 64 << 10) }

import TextFiles

/// The cores that a process may use, as Linux tells it by files.
public enum UsableCores {
  /// At least one. Counts what the process's affinity allows, and no more than the quotas of its control group and of those
  /// around it (version 2) come to, rounded up.
  ///
  /// - Parameter root: where `/proc` and `/sys` are.
  public static func count(root: String = "") -> Int {
    let status = lines(root + "/proc/self/status")
    let allowed = status.lazy.compactMap { value(of: "Cpus_allowed_list:", in: $0) }.first.flatMap(count(ofList:))
    let group = lines(root + "/proc/self/cgroup").lazy.compactMap { value(of: "0::", in: $0) }.first
    let quota = group.flatMap { narrowestQuota(of: $0, in: root + "/sys/fs/cgroup") }
    return max(1, min(allowed ?? 1, quota ?? .max))
  }

  /// `0-3,8` are five.
  private static func count(ofList text: String) -> Int? {
    var count = 0
    for range in text.split(separator: ",") {
      let ends = range.split(separator: "-").map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last else { return nil }
      count += last - first + 1
    }
    return count
  }

  /// The narrowest of those on the way from the root to the group. nil: there is none.
  private static func narrowestQuota(of group: String, in folder: String) -> Int? {
    var folders = [folder]
    for name in group.split(separator: "/") { folders.append(folders[folders.count - 1] + "/" + name) }
    return folders.compactMap { folder -> Int? in
      // `max 100000`, or the microseconds of a period that may be used and the period.
      let numbers = lines(folder + "/cpu.max").first?.split(separator: " ").map { Int($0) } ?? []
      guard numbers.count == 2, let used = numbers[0], let period = numbers[1], period > 0 else { return nil }
      return (used + period - 1) / period
    }.min()
  }

  private static func lines(_ path: String) -> [Substring] {
    ((try? TextFile.read(path)) ?? "").split(separator: "\n")
  }

  private static func value(of name: String, in line: Substring) -> String? {
    guard line.hasPrefix(name) else { return nil }
    return String(line.dropFirst(name.count).drop { $0 == " " || $0 == "\t" })
  }
}

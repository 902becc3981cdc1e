import Glibc
import Synchronization
import TimeZones

/// The system's time zones, as compiled from the IANA database: what Postgres reads them from, too.
public enum ZoneDatabase {
  private static let folder = "/usr/share/zoneinfo"
  /// The longest is a few kilobytes.
  private static let maximumBytes = 1 << 20
  /// A project names a handful.
  private static let maximumKept = 64
  private static let kept = Mutex<[String: ZoneRules]>([:])

  /// The zone of that name, exactly as the database spells it; nil when there is none.
  ///
  /// Besides `UTC` and `GMT` a zone is an area and a place. Other names (`CET`, `EST`) are abbreviations to Postgres, which
  /// have one offset all the year.
  public static func rules(named name: String) -> ZoneRules? {
    guard isName(name) else { return nil }
    if let known = kept.withLock({ $0[name] }) { return known }
    guard let bytes = read("\(folder)/\(name)"), let rules = ZoneRules(name: name, file: bytes) else { return nil }
    kept.withLock {
      if $0.count >= maximumKept { $0.removeAll() }
      $0[name] = rules
    }
    return rules
  }

  /// All names, for messages about one that is not there.
  public static var names: [String] {
    var found = ["UTC", "GMT"]
    var pending = entries(of: "")
    while let path = pending.popLast() {
      let inside = entries(of: path)
      if inside.isEmpty, isName(path) { found.append(path) }
      pending += inside.map { "\(path)/\($0)" }
    }
    return found.sorted()
  }

  private static func isName(_ name: String) -> Bool {
    guard name.utf8.count <= 100 else { return false }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    // `right` counts leap seconds, which Postgres' times do not.
    guard (2...3).contains(parts.count) || ["UTC", "GMT"].contains(name), let area = parts.first,
      !["posix", "right"].contains(area)
    else { return false }
    return parts.allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"):
            true
          default: false
          }
        }
    }
  }

  private static func entries(of path: String) -> [String] {
    guard let directory = opendir("\(folder)/\(path)") else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      // Areas and places begin with a capital letter.
      if name.first?.isUppercase == true { names.append(name) }
    }
    return names
  }

  private static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while bytes.count <= maximumBytes {
      let count = fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
    return nil
  }
}

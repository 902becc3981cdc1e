import Glibc

/// A private folder for servers and logs of one run.
public struct ScratchFolder: Sendable {
  public let path: String

  /// Makes `<prefix>-XXXXXX` in the `TMPDIR` of `environment`, else in /tmp.
  /// - Returns: nil when it cannot be made; `errno` says why.
  public init?(prefix: String, environment: [String: String]) {
    var template = Array("\(environment["TMPDIR"] ?? "/tmp")/\(prefix)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return nil }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Postgres runs as another user when this process is root, and must get through.
    chmod(path, 0o711)
  }

  /// Removes it with all that is in it, following no links; what cannot be removed stays. Everything that was started in
  /// it has ended by now.
  public func remove() {
    removeTree(path)
  }
}

private func removeTree(_ path: String) {
  if let folder = opendir(path) {
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    closedir(folder)
    for name in names {
      let entry = path + "/" + name
      if unlink(entry) != 0 { removeTree(entry) }
    }
  }
  rmdir(path)
}

/// The text of a file up to `limit` bytes; empty when it cannot be read.
public func readText(_ path: String, limit: Int) -> String {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return "" }
  defer { close(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 64 * 1024)
  while bytes.count < limit {
    let count = read(file, &chunk, min(chunk.count, limit - bytes.count))
    guard count > 0 else { break }
    bytes.append(contentsOf: chunk.prefix(count))
  }
  return String(decoding: bytes, as: UTF8.self)
}

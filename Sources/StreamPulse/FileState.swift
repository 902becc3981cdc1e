import Glibc

/// What changes of a file when somebody saves it.
struct FileState: Equatable {
  private var seconds: Int
  private var nanoseconds: Int
  private var size: Int
  private var inode: UInt

  private init(_ status: stat) {
    seconds = Int(status.st_mtim.tv_sec)
    nanoseconds = Int(status.st_mtim.tv_nsec)
    size = Int(status.st_size)
    inode = UInt(status.st_ino)
  }

  /// All files that a project is read from, by path.
  static func all(inProject folder: String) -> [String: FileState] { all(in: ["\(folder)/sql", "\(folder)/schemas"]) }

  /// All files in these folders and in those inside of them, by path.
  static func all(in folders: [String]) -> [String: FileState] {
    var found: [String: FileState] = [:]
    var open = folders
    while let folder = open.popLast() {
      guard let directory = opendir(folder) else { continue }
      defer { closedir(directory) }
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard !name.hasPrefix(".") else { continue }
        var status = stat()
        guard stat("\(folder)/\(name)", &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFDIR {
          open.append("\(folder)/\(name)")
        } else {
          found["\(folder)/\(name)"] = FileState(status)
        }
      }
    }
    return found
  }
}

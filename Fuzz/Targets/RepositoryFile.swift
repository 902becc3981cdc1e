import Glibc

/// Files of the repository that targets and tests read.
public enum RepositoryFile {
  /// The repository's folder, of which this file is three levels deep.
  public static let root: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
  }()

  /// The bytes of a file; nil when it cannot be read.
  public static func bytes(_ path: String) -> [UInt8]? {
    guard let file = fopen("\(root)/\(path)", "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
    }
  }

  static func text(_ path: String) throws -> String {
    guard let bytes = bytes(path) else { throw Finding(description: "there is no file \(path)") }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The paths of the files directly in a folder, sorted; none when there is no such folder.
  public static func files(in folder: String) -> [String] {
    entries(of: folder, areFolders: false).map { "\(folder)/\($0)" }
  }

  /// The names of the folders directly in a folder, sorted.
  public static func folders(in folder: String) -> [String] {
    entries(of: folder, areFolders: true)
  }

  /// Hidden ones are left out.
  private static func entries(of folder: String, areFolders: Bool) -> [String] {
    guard let directory = opendir("\(root)/\(folder)") else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix("."), (entry.pointee.d_type == UInt8(DT_DIR)) == areFolders { names.append(name) }
    }
    return names.sorted()
  }
}

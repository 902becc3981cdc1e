import Dashboard
import Glibc
import Testing

@Suite struct DashboardTests {
  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/web"

  @Test("the program carries every file of web, byte by byte, under its path")
  func complete() throws {
    let paths = Self.files(below: "")
    #expect(paths.contains("index.html"))
    #expect(Dashboard.files.keys.sorted() == paths.sorted())
    for (path, bytes) in Dashboard.files { #expect(Self.bytes(of: path) == bytes, "\(path)") }
  }

  private static func files(below path: String) -> [String] {
    guard let directory = opendir("\(folder)/\(path)") else { return [] }
    defer { closedir(directory) }
    var files: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard !name.hasPrefix(".") else { continue }
      let inner = path.isEmpty ? name : "\(path)/\(name)"
      files += Int32(entry.pointee.d_type) == Int32(DT_DIR) ? self.files(below: inner) : [inner]
    }
    return files
  }

  private static func bytes(of path: String) -> [UInt8]? {
    guard let file = fopen("\(folder)/\(path)", "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }
}

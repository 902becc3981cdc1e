import Glibc

/// A file that Postgres' `COPY` reads. To be used on one thread.
final class CopyFile {
  private let path: String
  private var file: UnsafeMutablePointer<FILE>?

  init(_ path: String) throws(CrashTestError) {
    self.path = path
    file = fopen(path, "we")
    guard file != nil else { throw .setup("\(path): \(lastSystemError())") }
    // The server reads it, as another user when this process is root.
    chmod(path, 0o644)
  }

  deinit {
    if let file { fclose(file) }
  }

  /// A row in `COPY`'s text format, with the line's end; nil is NULL.
  static func line(_ columns: [String?]) -> [UInt8] {
    var line: [UInt8] = []
    for (index, column) in columns.enumerated() {
      if index > 0 { line.append(UInt8(ascii: "\t")) }
      guard let column else {
        line += Array("\\N".utf8)
        continue
      }
      for byte in column.utf8 {
        switch byte {
        case UInt8(ascii: "\\"), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
          // A backslash before the byte itself stands for it.
          line += [UInt8(ascii: "\\"), byte]
        default: line.append(byte)
        }
      }
    }
    line.append(UInt8(ascii: "\n"))
    return line
  }

  func append(_ line: [UInt8]) throws(CrashTestError) {
    guard let file, fwrite(line, 1, line.count, file) == line.count else { throw failure() }
  }

  func close() throws(CrashTestError) {
    guard let open = file else { return }
    file = nil
    guard fclose(open) == 0 else { throw failure() }
  }

  private func failure() -> CrashTestError { .setup("\(path): \(lastSystemError())") }
}

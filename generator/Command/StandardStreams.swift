import Glibc

/// Standard output: what was asked for.
func writeOut(_ text: String) {
  writeText(text, to: STDOUT_FILENO)
}

/// Standard error: how it goes.
func writeError(_ text: String) {
  writeText(text, to: STDERR_FILENO)
}

/// Nobody is left to tell when these streams themselves fail; the run goes on.
private func writeText(_ text: String, to file: Int32) {
  var text = text
  text.withUTF8 { bytes in _ = writeAll(UnsafeRawBufferPointer(bytes), to: file) }
}

/// Writes all of `bytes`; false: it failed, and `errno` says why.
func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { return false }
    rest = rest.dropFirst(count)
  }
  return true
}

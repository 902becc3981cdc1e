/// The fields of a line of CSV; a delimiter in quotes is none. Times and numbers hold no quotes, so doubled ones stay so.
struct CSVFields {
  private let line: UnsafeBufferPointer<UInt8>

  init(_ line: UnsafeBufferPointer<UInt8>) {
    self.line = line
  }

  /// Calls `body` for each field in order, without the quotes around it.
  func read(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    let quote = UInt8(ascii: "\"")
    var start = 0
    var isQuoted = false
    for index in 0...line.count {
      if index < line.count {
        if line[index] == quote { isQuoted.toggle() }
        if isQuoted || line[index] != UInt8(ascii: ",") { continue }
      }
      let isEnclosed = index - start >= 2 && line[start] == quote && line[index - 1] == quote
      body(
        UnsafeBufferPointer(rebasing: isEnclosed ? line[(start + 1)..<(index - 1)] : line[start..<index]))
      start = index + 1
    }
  }
}

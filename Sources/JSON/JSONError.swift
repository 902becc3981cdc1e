/// A place in a JSON text.
public struct JSONPosition: Hashable, Sendable {
  /// Bytes before it.
  public var offset: Int
  /// Counted from 1.
  public var line: Int
  /// Unicode scalars into the line, counted from 1.
  public var column: Int

  init(offset: Int, in bytes: UnsafeBufferPointer<UInt8>) {
    self.offset = offset
    line = 1
    column = 1
    for byte in bytes.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
  }
}

/// Why a text is not JSON, and where. A retry cannot help.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  public var message: String
  public var position: JSONPosition

  public var description: String { "\(position.line):\(position.column): \(message)" }
}

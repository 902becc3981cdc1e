import Events

/// Cuts a stream of bytes into lines, holding at most one line that is not longer than `maxLineBytes`.
///
/// A longer line is dropped as it passes and handed over as too long, so memory stays bounded whatever is read.
public struct LineSplitter {
  public enum Line {
    /// Without its line end (`\n` or `\r\n`).
    case text(UnsafeBufferPointer<UInt8>)
    case tooLong
  }

  public let maxLineBytes: Int
  private var pending: [UInt8] = []
  private var isSkipping = false

  public init(maxLineBytes: Int = 64 * 1024) {
    self.maxLineBytes = maxLineBytes
  }

  /// Calls `body` for each line that ends within `bytes`. The line's bytes are valid only during the call.
  public mutating func feed<Failure: Error>(
    _ bytes: UnsafeBufferPointer<UInt8>, _ body: (Line) throws(Failure) -> Void
  ) throws(Failure) {
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0a) {
      try finish(with: UnsafeBufferPointer(rebasing: bytes[start..<end]), body)
      start = end + 1
    }
    keep(UnsafeBufferPointer(rebasing: bytes[start...]))
  }

  /// Hands over the last line when it has no line end.
  public mutating func finish<Failure: Error>(_ body: (Line) throws(Failure) -> Void) throws(Failure) {
    guard !pending.isEmpty || isSkipping else { return }
    try finish(with: UnsafeBufferPointer(start: nil, count: 0), body)
  }

  private mutating func keep(_ bytes: UnsafeBufferPointer<UInt8>) {
    if pending.count + bytes.count > maxLineBytes {
      isSkipping = true
      pending.removeAll(keepingCapacity: true)
    }
    if !isSkipping { pending.append(contentsOf: bytes) }
  }

  private mutating func finish<Failure: Error>(
    with rest: UnsafeBufferPointer<UInt8>, _ body: (Line) throws(Failure) -> Void
  ) throws(Failure) {
    if pending.isEmpty && !isSkipping && rest.count <= maxLineBytes {
      try body(.text(Self.withoutReturn(rest)))
      return
    }
    keep(rest)
    defer {
      pending.removeAll(keepingCapacity: true)
      isSkipping = false
    }
    if isSkipping {
      try body(.tooLong)
      return
    }
    // The array's own closure does not pass typed errors on.
    let result = pending.withUnsafeBufferPointer { bytes in
      Result { () throws(Failure) in try body(.text(Self.withoutReturn(bytes))) }
    }
    try result.get()
  }

  private static func withoutReturn(_ line: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    line.last == 0x0d ? UnsafeBufferPointer(rebasing: line.dropLast()) : line
  }
}

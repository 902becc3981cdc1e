/// A piece of a `TextArena`'s memory. Whoever keeps it keeps the texts in it, also when the arena is gone, which goes on
/// writing behind them; only `reset` begins anew in front.
public final class TextChunk: @unchecked Sendable {
  fileprivate let start: UnsafeMutablePointer<UInt8>
  fileprivate let count: Int

  fileprivate init(count: Int) {
    start = .allocate(capacity: count)
    self.count = count
  }

  deinit {
    start.deallocate()
  }
}

/// Memory for texts that are made or kept while events are processed.
///
/// It grows in chunks that are never moved, so a `TextView` into it stays valid until `reset()`, and as long as its chunk is
/// kept.
public struct TextArena: ~Copyable {
  public private(set) var chunks: [TextChunk] = []
  /// Chunks before this one are in use.
  private var nextChunk = 0
  /// What is left of the chunk last taken.
  private var free: UnsafeMutablePointer<UInt8>?
  private var freeCount = 0
  private let chunkSize: Int

  public init(chunkSize: Int = 64 * 1024) {
    self.chunkSize = chunkSize
  }

  /// Bytes held, used or not.
  public var capacity: Int {
    chunks.reduce(0) { $0 + $1.count }
  }

  /// Copies `bytes` and returns a view of the copy.
  public mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) -> TextView {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return .empty }
    let target = reserve(bytes.count)
    target.update(from: source, count: bytes.count)
    return TextView(start: UnsafePointer(target), count: bytes.count)
  }

  /// Copies the UTF-8 of `string` and returns a view of the copy.
  public mutating func append(_ string: String) -> TextView {
    var string = string
    return string.withUTF8 { append($0) }
  }

  /// `count` uninitialised bytes that stay valid until `reset()`.
  public mutating func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    guard let start = free, count <= freeCount else { return reserveInNextChunk(count) }
    free = start + count
    freeCount -= count
    return start
  }

  private mutating func reserveInNextChunk(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    while nextChunk < chunks.count, chunks[nextChunk].count < count { nextChunk += 1 }
    if nextChunk == chunks.count { chunks.append(TextChunk(count: max(chunkSize, count))) }
    let chunk = chunks[nextChunk]
    nextChunk += 1
    free = chunk.start + count
    freeCount = chunk.count - count
    return chunk.start
  }

  /// Chunks that `reset` keeps.
  private static let keptChunks = 16

  /// Forgets every view handed out. Keeps some ordinary chunks for reuse; frees oversized ones and what only a time of
  /// need has brought.
  public mutating func reset() {
    var kept = 0
    chunks.removeAll { chunk in
      guard chunk.count <= chunkSize, kept < TextArena.keptChunks else { return true }
      kept += 1
      return false
    }
    startOver()
  }

  /// The chunks with all the texts, which are the caller's from now on; starts anew without them.
  public mutating func handOver() -> [TextChunk] {
    defer {
      chunks = []
      startOver()
    }
    return chunks
  }

  private mutating func startOver() {
    nextChunk = 0
    free = nil
    freeCount = 0
  }
}

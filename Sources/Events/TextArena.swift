/// Memory for text made while a batch is processed (JSON of complex values, casts to text), reset with the batch.
///
/// Memory grows in chunks that are never moved, so a `TextView` into it stays valid until `reset()`.
public struct TextArena: ~Copyable {
  private var chunks: [UnsafeMutableBufferPointer<UInt8>] = []
  /// Chunks before this one are in use.
  private var nextChunk = 0
  /// What is left of the chunk last taken.
  private var free: UnsafeMutablePointer<UInt8>?
  private var freeCount = 0
  private let chunkSize: Int

  public init(chunkSize: Int = 64 * 1024) {
    self.chunkSize = chunkSize
  }

  deinit {
    for chunk in chunks { chunk.deallocate() }
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
    if nextChunk == chunks.count { chunks.append(.allocate(capacity: max(chunkSize, count))) }
    let chunk = chunks[nextChunk]
    let start = chunk.baseAddress.unsafelyUnwrapped
    nextChunk += 1
    free = start + count
    freeCount = chunk.count - count
    return start
  }

  /// Chunks that `reset` keeps.
  private static let keptChunks = 16

  /// Forgets every view handed out. Keeps some ordinary chunks for reuse; frees oversized ones and what only a time of
  /// need has brought.
  public mutating func reset() {
    var kept = 0
    chunks.removeAll { chunk in
      if chunk.count <= chunkSize, kept < TextArena.keptChunks {
        kept += 1
        return false
      }
      chunk.deallocate()
      return true
    }
    nextChunk = 0
    free = nil
    freeCount = 0
  }
}

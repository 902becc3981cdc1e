/// Bytes that somebody else owns: usually inside a message payload, a text arena or a decode plan.
///
/// Valid only as long as the batch it belongs to. Nothing says that the bytes are UTF-8: that is checked once per
/// distinct value where text enters a key or a measure.
public struct TextView {
  public var start: UnsafePointer<UInt8>
  public var count: Int

  @inlinable
  public init(start: UnsafePointer<UInt8>, count: Int) {
    self.start = start
    self.count = count
  }

  /// The empty text. Its address is valid but nothing may be read from it.
  @inlinable
  public static var empty: TextView {
    TextView(start: TextView.nowhere, count: 0)
  }

  @usableFromInline
  nonisolated(unsafe) static let nowhere = UnsafePointer(UnsafeMutablePointer<UInt8>.allocate(capacity: 1))

  @inlinable
  public var bytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: start, count: count)
  }

  /// A copy as a `String`; invalid UTF-8 is repaired, so use it for messages, never for values.
  public var description: String {
    String(decoding: bytes, as: UTF8.self)
  }
}

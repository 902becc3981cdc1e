import Glibc

/// A file open for reading, to be sent as a body. The descriptor belongs to it and is closed with it.
public final class OpenFile: Sendable {
  let descriptor: Int32
  /// In bytes, when it was opened.
  public let size: Int

  /// Takes over `descriptor`, which must be of a regular file of `size` bytes.
  public init(descriptor: Int32, size: Int) {
    self.descriptor = descriptor
    self.size = size
  }

  deinit { close(descriptor) }

  /// The whole content; nil when it cannot be read or is shorter than `size`.
  public func read() -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = 0
      while count < size, let base = buffer.baseAddress {
        let received = pread(descriptor, base + count, size - count, off_t(count))
        guard received > 0 else { return }
        count += received
      }
    }
    return bytes.count == size ? bytes : nil
  }
}

import CZlib

/// Bytes as gzip (RFC 1952).
enum Gzip {
  /// What is shorter gains nothing: it fits in a packet or two as it is.
  static let minimumBytes = 1024
  /// Answers are compressed on the threads that send them: at this level at about 100 MB a second.
  private static let level: Int32 = 4

  /// nil when memory is exhausted.
  static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    guard streampulse_gzip_begin(&stream, level) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, UInt(bytes.count)))
    return bytes.withUnsafeBufferPointer { input -> [UInt8]? in
      // zlib only reads what its pointer to input, which is not const, leads to.
      stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.avail_in = UInt32(clamping: input.count)
      guard Int(stream.avail_in) == input.count else { return nil }
      var isWhole = false
      let output = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
        stream.next_out = buffer.baseAddress
        stream.avail_out = UInt32(clamping: buffer.count)
        isWhole = deflate(&stream, Z_FINISH) == Z_STREAM_END
        count = isWhole ? Int(stream.total_out) : 0
      }
      return isWhole ? output : nil
    }
  }

  /// Whether `Accept-Encoding` lets an answer be gzip, and does not want it plain rather (RFC 9110, section 12.5.3).
  static func isAccepted(_ header: String) -> Bool {
    let names = WeightedNames(header)
    let weight = names["gzip"] ?? names["x-gzip"] ?? names["*"] ?? 0
    return weight > 0 && weight >= names["identity"] ?? 0
  }

  /// Whether a type of text can be expected to shrink.
  static func isWorthwhile(contentType: String) -> Bool {
    let type = contentType.prefix { $0 != ";" }
    return type.hasPrefix("text/") && type != "text/event-stream" || type.hasSuffix("json") || type.hasSuffix("+xml")
      || type == "application/javascript"
  }
}

import CZlib
import CZstd

/// How the bytes of an answer are packed (RFC 9110, section 8.4), by its name on the wire. Without one they are as they are.
enum ContentCoding: String, Hashable, CaseIterable {
  /// RFC 8878. Before gzip: it is smaller, and takes half of the time.
  case zstd
  /// RFC 1952.
  case gzip

  /// What is shorter gains nothing: it fits in a packet or two as it is.
  static let minimumBytes = 1024
  /// Answers are compressed on the threads that send them: at this level at about 100 MB a second.
  private static let gzipLevel: Int32 = 4
  private static let zstdLevel: Int32 = 3

  /// What a client prefers of what there is, by its `Accept-Encoding`; nil: none, or it wants the bytes plain rather (section
  /// 12.5.3).
  init?(accept header: String) {
    let names = WeightedNames(header)
    let weights = Self.allCases.map { coding in
      (coding, names[coding.rawValue] ?? (coding == .gzip ? names["x-gzip"] : nil) ?? names["*"] ?? 0)
    }
    guard let best = weights.map(\.1).max(), best > 0, best >= names["identity"] ?? 0,
      let coding = weights.first(where: { $0.1 == best })?.0
    else { return nil }
    self = coding
  }

  /// nil when memory is exhausted.
  func packed(_ bytes: [UInt8]) -> [UInt8]? {
    switch self {
    case .zstd: Self.zstd(bytes)
    case .gzip: Self.gzip(bytes)
    }
  }

  private static func zstd(_ bytes: [UInt8]) -> [UInt8]? {
    var isWhole = false
    let output = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, count in
      let result = ZSTD_compress(buffer.baseAddress, buffer.count, bytes, bytes.count, zstdLevel)
      isWhole = ZSTD_isError(result) == 0
      count = isWhole ? result : 0
    }
    return isWhole ? output : nil
  }

  private static func gzip(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    guard streampulse_gzip_begin(&stream, gzipLevel) == Z_OK else { return nil }
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

  /// Whether a type of text can be expected to shrink.
  static func isWorthwhile(contentType: String) -> Bool {
    let type = contentType.prefix { $0 != ";" }
    return type.hasPrefix("text/") && type != "text/event-stream" || type.hasSuffix("json") || type.hasSuffix("+xml")
      || type == "application/javascript"
  }
}

/// What a file that holds no line of its format looks like, told from its first bytes.
public enum FileLook: Equatable, Sendable {
  case empty
  /// By the name of the program that packed it.
  case packed(String)
  case utf16
  case json
  /// With a `#Fields:` header, as IIS writes.
  case w3c
  case other

  /// How many of the first bytes are enough.
  public static let byteCount = 64

  public init(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes.prefix(Self.byteCount))
    if bytes.isEmpty {
      self = .empty
    } else if let packer = Self.packer(bytes) {
      self = .packed(packer)
    } else {
      self = Self.isUTF16(bytes) ? .utf16 : Self.text(bytes)
    }
  }

  /// Completes “the file …”, with what to do.
  ///
  /// - Parameter format: what its lines should be, e.g. "CSV".
  public func description(expected format: String) -> String {
    switch self {
    case .empty: "is empty"
    case .packed(let packer): "is packed by \(packer): unpack it first"
    case .utf16: "is UTF-16 text: convert it to UTF-8 first"
    case .json: "holds JSON, not lines in \(format)"
    case .w3c: "is in W3C extended format, not in \(format)"
    case .other: "has no line in \(format)"
    }
  }

  private static let packers: [(name: String, magic: [UInt8])] = [
    ("gzip", [0x1f, 0x8b]), ("bzip2", [0x42, 0x5a, 0x68]), ("xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]),
    ("zstd", [0x28, 0xb5, 0x2f, 0xfd]), ("lz4", [0x04, 0x22, 0x4d, 0x18]), ("zip", [0x50, 0x4b, 0x03, 0x04]),
  ]

  private static func packer(_ bytes: [UInt8]) -> String? {
    packers.first { bytes.starts(with: $0.magic) }?.name
  }

  /// By its byte order mark, or by every second byte of ASCII text being 0.
  private static func isUTF16(_ bytes: [UInt8]) -> Bool {
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) { return true }
    guard bytes.count >= 4, bytes.contains(where: { $0 != 0 }) else { return false }
    let (even, odd) = (stride(from: 0, to: bytes.count, by: 2), stride(from: 1, to: bytes.count, by: 2))
    return even.allSatisfy { bytes[$0] == 0 } || odd.allSatisfy { bytes[$0] == 0 }
  }

  private static func text(_ bytes: [UInt8]) -> FileLook {
    var text = bytes[...]
    if text.starts(with: [0xef, 0xbb, 0xbf]) { text = text.dropFirst(3) }
    text = text.drop { [0x09, 0x0a, 0x0d, 0x20].contains($0) }
    if let first = text.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return .json }
    let headers = ["#Software:", "#Version:", "#Fields:", "#Date:"]
    return headers.contains { text.starts(with: $0.utf8) } ? .w3c : .other
  }
}

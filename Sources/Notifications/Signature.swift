import CCrypto

/// HMAC-SHA256 (RFC 2104).
func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
  var code = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
  _ = HMAC(EVP_sha256(), key, Int32(clamping: key.count), message, message.count, &code, nil)
  return code
}

/// How messages are signed: as the specification Standard Webhooks 1.0 has it.
enum Signature {
  /// What stands in front of a secret that is written in Base64.
  private static let prefix = "whsec_"

  /// - Parameters:
  ///   - secret: `whsec_` and Base64, or any other text, whose bytes are the key then.
  ///   - seconds: since 1970 UTC.
  /// - Returns: `v1,` and the code in Base64, of `KEY.SECONDS.BODY`.
  static func text(of body: [UInt8], key: String, seconds: Int64, secret: String) -> String {
    let bytes = secret.hasPrefix(prefix) ? Base64.decode(secret.dropFirst(prefix.count)) : nil
    return "v1," + Base64.encode(hmacSHA256(Array("\(key).\(seconds).".utf8) + body, key: bytes ?? Array(secret.utf8)))
  }
}

/// RFC 4648, section 4.
enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      var bits = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - part.count))
      for index in 0..<4 {
        text.append(index <= part.count ? digits[Int(bits >> 18 & 63)] : UInt8(ascii: "="))
        bits <<= 6
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// nil for what is none.
  static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    for digit in text.utf8 where digit != UInt8(ascii: "=") {
      guard let value = digits.firstIndex(of: digit) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }
}

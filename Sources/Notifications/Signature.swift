import CCrypto
import Hexadecimal

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

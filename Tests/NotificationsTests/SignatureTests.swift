import Hexadecimal
import Testing

@testable import Notifications

@Suite struct SignatureTests {
  /// RFC 4231, test case 2.
  @Test("HMAC-SHA256 is that of RFC 4231")
  func hmac() {
    let code = hmacSHA256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
    #expect(Base64.encode(code) == "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=")
  }

  /// The example of the Standard Webhooks specification.
  @Test("a signature is that of Standard Webhooks")
  func standardWebhooks() {
    let signature = Signature.text(
      of: Array(#"{"test": 2432232314}"#.utf8), key: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330,
      secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test("Base64 is that of RFC 4648", arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar"])
  func base64(text: String) {
    let known = [
      "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=", "foobar": "Zm9vYmFy",
    ]
    #expect(Base64.encode(Array(text.utf8)) == known[text])
    #expect(Base64.decode(known[text] ?? "") == Array(text.utf8))
    #expect(Base64.decode("*") == nil)
  }
}

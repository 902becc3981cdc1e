import CTLS
import Glibc

/// What a server proves with who it is: a certificate, those above it, and its key.
///
/// Unchecked: OpenSSL counts a context's references under a lock of its own, and nothing is changed after `init`.
public final class TLSIdentity: @unchecked Sendable {
  /// OpenSSL's context for sessions.
  let context: OpaquePointer
  /// When the first of its certificates ends, in seconds since 1970.
  public let expiry: Int64

  /// Reads both files, PEM: the server's own certificate first, behind it those that lead to an authority, and the key
  /// without a passphrase.
  ///
  /// - Parameter now: in seconds since 1970.
  public init(certificateFile: String, keyFile: String, now: Int64) throws(TLSIdentityError) {
    let certificates = try Self.read(certificateFile, .certificate)
    let key = try Self.read(keyFile, .key)
    guard let context = streampulse_tls_context() else {
      throw TLSIdentityError(.certificate, "OpenSSL cannot be used", hint: "free some memory")
    }
    do throws(TLSIdentityError) {
      expiry = try Self.use(certificates, of: certificateFile, in: context, now: now)
      try Self.use(key, of: keyFile, for: certificateFile, in: context)
    } catch {
      SSL_CTX_free(context)
      throw error
    }
    self.context = context
  }

  deinit { SSL_CTX_free(context) }

  /// More is no certificate.
  private static let maximumFileBytes = 1 << 20

  private static func read(_ path: String, _ part: TLSIdentityError.Part) throws(TLSIdentityError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT {
        throw TLSIdentityError(part, "there is no file \(path)", hint: "write the path of a PEM file")
      }
      throw TLSIdentityError(
        part, "\(path) cannot be read: \(String(cString: strerror(errno)))",
        hint: "let the user of this process read it")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= maximumFileBytes else {
      throw TLSIdentityError(part, "\(path) is no file of at most 1 MiB", hint: "write the path of a PEM file")
    }
    guard let bytes = OpenFile(descriptor: dup(descriptor), size: Int(status.st_size)).read() else {
      throw TLSIdentityError(part, "\(path) changed while it was read", hint: "try again")
    }
    return bytes
  }

  private static func withBytes<Value>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Value) -> Value? {
    bytes.withUnsafeBytes { bytes in
      guard let source = streampulse_tls_bytes(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
      defer { BIO_free(source) }
      return body(source)
    }
  }

  /// - Returns: when the first of them ends.
  private static func use(
    _ bytes: [UInt8], of path: String, in context: OpaquePointer, now: Int64
  ) throws(TLSIdentityError) -> Int64 {
    let certificates = withBytes(bytes) { source -> [OpaquePointer] in
      var found: [OpaquePointer] = []
      while let certificate = streampulse_tls_read_certificate(source) { found.append(certificate) }
      return found
    }
    // Counted by the context, where it takes them.
    defer { for certificate in certificates ?? [] { X509_free(certificate) } }
    guard let certificates, let own = certificates.first else {
      throw TLSIdentityError(
        .certificate, "\(path) holds no certificate in PEM form",
        hint: "it begins with -----BEGIN CERTIFICATE-----; openssl x509 -inform der makes it of another form")
    }
    var expiry = Int64.max
    for certificate in certificates {
      let begin = streampulse_tls_seconds(X509_get0_notBefore(certificate))
      let end = streampulse_tls_seconds(X509_get0_notAfter(certificate))
      let name = certificate == own ? "the certificate in \(path)" : "a certificate behind the first one in \(path)"
      guard now < end else {
        throw TLSIdentityError(.certificate, "\(name) expired on \(day(end))", hint: "renew it")
      }
      guard now >= begin else {
        throw TLSIdentityError(
          .certificate, "\(name) is not valid before \(day(begin))", hint: "look at the clock of this machine")
      }
      expiry = min(expiry, end)
    }
    ERR_clear_error()
    guard SSL_CTX_use_certificate(context, own) == 1 else {
      throw TLSIdentityError(
        .certificate, "the certificate in \(path) cannot be used: \(reason())",
        hint: "make one with a key of RSA 2048 bits or more, or of ECDSA P-256")
    }
    for certificate in certificates.dropFirst() {
      X509_up_ref(certificate)
      if streampulse_tls_add_to_chain(context, certificate) != 1 {
        X509_free(certificate)
        throw TLSIdentityError(
          .certificate, "a certificate behind the first one in \(path) cannot be used: \(reason())",
          hint: "leave in it what leads from the server's own certificate to an authority")
      }
    }
    return expiry
  }

  private static func use(
    _ bytes: [UInt8], of path: String, for certificatePath: String, in context: OpaquePointer
  ) throws(TLSIdentityError) {
    var isEncrypted: Int32 = 0
    guard let key = withBytes(bytes, { streampulse_tls_read_key($0, &isEncrypted) }) ?? nil else {
      guard isEncrypted == 0 else {
        throw TLSIdentityError(
          .key, "the key in \(path) needs a passphrase", hint: "write it without one: openssl pkey -in FILE -out FILE")
      }
      throw TLSIdentityError(
        .key, "\(path) holds no private key in PEM form", hint: "it begins with -----BEGIN PRIVATE KEY-----")
    }
    defer { EVP_PKEY_free(key) }
    ERR_clear_error()
    guard SSL_CTX_use_PrivateKey(context, key) == 1, SSL_CTX_check_private_key(context) == 1 else {
      throw TLSIdentityError(
        .key, "the key in \(path) does not belong to the certificate in \(certificatePath)",
        hint: "the server's own certificate is the first one in its file")
    }
  }

  private static func reason() -> String {
    streampulse_tls_reason().map { String(cString: $0) } ?? "OpenSSL does not say why"
  }

  private static func day(_ seconds: Int64) -> String {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : String(number) }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  }
}

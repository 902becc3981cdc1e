import CTLS

/// The TLS of one connection: the owner of OpenSSL's session over a non-blocking socket. For one thread.
struct TLSSession: ~Copyable {
  enum Progress {
    /// How many bytes; of a handshake: it is done.
    case done(Int)
    /// It goes on when the socket has something to read, or room to write.
    case waits
    /// The client says nothing more.
    case ended
    case failed
  }

  private let session: OpaquePointer

  /// nil: there is no memory.
  init?(_ identity: TLSIdentity, descriptor: Int32) {
    guard let session = streampulse_tls_session(identity.context, descriptor) else { return nil }
    self.session = session
  }

  deinit { SSL_free(session) }

  func handshake() -> Progress { Self.progress(streampulse_tls_handshake(session)) }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Progress {
    Self.progress(streampulse_tls_read(session, buffer.baseAddress, Int32(clamping: buffer.count)))
  }

  /// After `waits` it has to be called with the same bytes, wherever they are by then.
  func write(_ bytes: UnsafeRawBufferPointer) -> Progress {
    Self.progress(streampulse_tls_write(session, bytes.baseAddress, Int32(clamping: bytes.count)))
  }

  /// Says that nothing more is sent, if the socket takes that at once.
  func sayEnd() {
    ERR_clear_error()
    SSL_shutdown(session)
  }

  private static func progress(_ result: Int32) -> Progress {
    if result > 0 { return .done(Int(result)) }
    return switch Int(result) {
    case streampulse_tls_waits: .waits
    case streampulse_tls_ended: .ended
    default: .failed
    }
  }
}

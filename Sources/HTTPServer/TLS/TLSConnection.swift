import CMicrohttpd
import Glibc

/// One client behind TLS: its socket, and a pair of sockets of which the server has the other end.
///
///     client ═TLS═ descriptor ── TLSConnection ── inner ──pair──▶ intake and event loops
///
/// Nothing is read from one side while the other has not taken what came before, so that it holds 16 KiB each way at most,
/// and who does not read is noticed where every other such client is. For the thread of one `TLSRelay`.
final class TLSConnection {
  enum Step {
    /// Nothing can be moved until something happens to one of the sockets.
    case waits
    /// There is more, and others have their turn first.
    case goesOn
    /// The handshake is done: `connectServer` is to follow.
    case isAgreed
    /// It speaks something else: HTTP, perhaps.
    case isNotTLS
    case ended
  }

  private enum Phase {
    case handshaking
    case relaying
    /// All is said; what still comes is thrown away until the client has ended, too.
    case lingering
  }

  private static let handshakeByte: UInt8 = 22
  private static let roundsAtOnce = 8
  /// For a client to take what is left when the server has ended, and to end itself.
  private static let farewellMilliseconds: Int64 = 10_000
  private static let lingerMilliseconds: Int64 = 2_000
  /// Of each end of the pair: by default the kernel would take 200 KiB for a client that does not read.
  private static let kernelBufferBytes: Int32 = 64 * 1024

  let descriptor: Int32
  let peer: Peer
  /// Which of those that had the descriptor it is.
  let serial: UInt64
  /// Monotonic milliseconds; nil: there is none.
  private(set) var deadline: Int64?
  /// Our end of the pair; -1 before there is one.
  private(set) var inner: Int32 = -1
  /// Whether it is in the relay's list of those that have more to move.
  var isQueued = false
  /// Whether anything has come.
  private(set) var hasSpoken = false
  private let session: TLSSession
  private let arrivals = LastArrival()
  private var phase = Phase.handshaking
  private var inbound = PendingBytes()
  private var outbound = PendingBytes()
  private var hasClientEnded = false
  private var isClientEndTold = false
  private var isServerDeaf = false
  private var hasServerEnded = false

  /// Takes over `descriptor`, also when it fails: there is no memory.
  init?(_ descriptor: Int32, _ peer: Peer, serial: UInt64, identity: TLSIdentity, deadline: Int64) {
    guard let session = TLSSession(identity, descriptor: descriptor) else {
      close(descriptor)
      return nil
    }
    self.session = session
    (self.descriptor, self.peer, self.serial, self.deadline) = (descriptor, peer, serial, deadline)
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit {
    for descriptor in [descriptor, inner] where descriptor >= 0 { close(descriptor) }
  }

  /// Whether the handshake is still under way.
  var isHandshaking: Bool { phase == .handshaking }

  /// Makes the pair.
  ///
  /// - Returns: the server's end, with whose it is; nil: there are no descriptors.
  func connectServer() -> (descriptor: Int32, peer: Peer)? {
    var ends: (Int32, Int32) = (-1, -1)
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let made = withUnsafeMutableBytes(of: &ends) {
      socketpair(AF_UNIX, type, 0, $0.baseAddress?.assumingMemoryBound(to: Int32.self))
    }
    guard made == 0 else { return nil }
    for end in [ends.0, ends.1] {
      var bytes = Self.kernelBufferBytes
      setsockopt(end, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }
    inner = ends.0
    phase = .relaying
    deadline = nil
    var peer = peer
    peer.arrivals = arrivals
    return (ends.1, peer)
  }

  /// Moves what can be moved, either way.
  ///
  /// - Parameter buffer: 16 KiB, for the time of the call.
  func advance(_ buffer: UnsafeMutableRawBufferPointer, _ now: Int64) -> Step {
    switch phase {
    case .handshaking: return shakeHands(buffer)
    case .lingering: return drain(buffer) ? .waits : .ended
    case .relaying: break
    }
    for _ in 0..<Self.roundsAtOnce {
      guard let hasReceived = receive(buffer, now) else { return .ended }
      guard let hasSent = send(buffer) else { return .ended }
      if hasServerEnded, outbound.isEmpty {
        session.sayEnd()
        return linger(now)
      }
      if hasServerEnded, deadline == nil { deadline = now + Self.farewellMilliseconds }
      if !hasReceived, !hasSent { return .waits }
    }
    return .goesOn
  }

  /// Says something to a client that does not speak TLS, and ends.
  func refuse(_ answer: [UInt8], _ now: Int64) -> Step {
    _ = answer.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
    return linger(now)
  }

  private func shakeHands(_ buffer: UnsafeMutableRawBufferPointer) -> Step {
    if !hasSpoken {
      let count = recv(descriptor, buffer.baseAddress, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
      guard count == 1 else { return count < 0 && (errno == EAGAIN || errno == EINTR) ? .waits : .ended }
      hasSpoken = true
      if buffer[0] != Self.handshakeByte { return .isNotTLS }
    }
    switch session.handshake() {
    case .done: return .isAgreed
    case .waits: return .waits
    case .ended, .failed: return .ended
    }
  }

  /// From the client to the server.
  ///
  /// - Returns: whether anything has moved; nil: the connection is broken.
  private func receive(_ buffer: UnsafeMutableRawBufferPointer, _ now: Int64) -> Bool? {
    var hasMoved = false
    if inbound.isEmpty, !hasClientEnded {
      switch session.read(into: buffer) {
      case .done(let count):
        arrivals.note(now)
        hasMoved = true
        // Of a server that is about to end, nobody wants to know.
        if !isServerDeaf, !hasServerEnded { inbound.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
      case .waits: break
      case .ended: hasClientEnded = true
      case .failed: return nil
      }
    }
    if !inbound.isEmpty {
      let sent = inbound.withBytes { Glibc.send(inner, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) }
      if sent > 0 {
        inbound.remove(sent)
        hasMoved = true
      } else if errno != EAGAIN, errno != EINTR {
        // What it has said before it closed its end is still there to be read.
        isServerDeaf = true
        inbound.removeAll()
      }
    }
    if hasClientEnded, inbound.isEmpty, !isClientEndTold {
      isClientEndTold = true
      shutdown(inner, Int32(SHUT_WR))
    }
    return hasMoved
  }

  /// From the server to the client. As `receive`.
  private func send(_ buffer: UnsafeMutableRawBufferPointer) -> Bool? {
    var hasMoved = false
    if outbound.isEmpty, !hasServerEnded {
      let count = recv(inner, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        outbound.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        hasMoved = true
      } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
        hasServerEnded = true
      }
    }
    guard !outbound.isEmpty else { return hasMoved }
    switch outbound.withBytes({ session.write($0) }) {
    case .done(let count):
      outbound.remove(count)
      return true
    case .waits: return hasMoved
    case .ended, .failed: return nil
    }
  }

  private func linger(_ now: Int64) -> Step {
    phase = .lingering
    deadline = now + Self.lingerMilliseconds
    if inner >= 0 { close(inner) }
    inner = -1
    shutdown(descriptor, Int32(SHUT_WR))
    // To close with bytes unread would reset the connection and take back what was said last.
    return .goesOn
  }

  /// False at the end of what comes.
  private func drain(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
    for _ in 0..<Self.roundsAtOnce {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      if count == 0 { return false }
      if count < 0 { return errno == EAGAIN || errno == EINTR }
    }
    return true
  }
}

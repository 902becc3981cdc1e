import CMicrohttpd
import Glibc
import Synchronization

/// What a socket may use, and how it is found out that its client has gone.
public struct WebSocketOptions: Sendable, Equatable {
  /// Of one message of the client; more closes the socket with 1009.
  public var maximumMessageBytes = 16 * 1024
  /// What a client may have left unread when a further message is sent to it; with more it is dropped. What waits is this
  /// and one message at most.
  public var maximumPendingBytes = 64 * 1024
  /// A client that takes nothing of what waits for it is dropped after this time.
  public var stallMilliseconds: Int64 = 10_000
  /// Between two pings. A client of which nothing has come for twice as long is taken for gone.
  public var pingMilliseconds: Int64 = 15_000
  /// How long the first message may take.
  public var firstMessageMilliseconds: Int64 = 10_000

  public init() {}
}

/// Whose a socket is. Called on the thread of all sockets, which must not block.
public protocol WebSocketOwner: AnyObject, Sendable {
  /// A whole message has come, which is UTF-8.
  func received(_ message: [UInt8])
  /// The socket is closed, whoever has ended it; comes last, and once.
  func closed()
}

/// What a connection becomes when the answer to its handshake has been sent.
struct PendingSocket: Sendable {
  let options: WebSocketOptions
  /// Called on the thread of all sockets.
  let opened: @Sendable (WebSocket) -> any WebSocketOwner
}

/// One client's connection that speaks in messages. Usable from any thread.
///
/// Unchecked: what is not behind the mutex or constant belongs to the thread of `WebSocketLoop`. `upgrade` is
/// libmicrohttpd's handle, valid until that thread gives the descriptor back, after which the phase is `closed`.
public final class WebSocket: @unchecked Sendable {
  private enum Phase {
    case open
    /// A close frame is sent or waits; whoever has not answered it at that time is closed.
    case closing(deadline: Int64)
    /// Nothing is sent any more; the loop is to give the descriptor back.
    case doomed
    case closed
  }

  private struct State {
    var phase = Phase.open
    var outbox: [UInt8] = []
    var head = 0
    /// Since when nothing of the outbox has been taken; nil while it is empty.
    var stalledSince: Int64?
  }

  /// For the client to answer a close frame.
  private static let closingMilliseconds: Int64 = 2_000
  /// The kernel's buffer for what is sent: by default it grows to megabytes for a client that does not read.
  private static let kernelBufferBytes: Int32 = 128 * 1024

  let descriptor: Int32
  private let upgrade: OpaquePointer
  private let options: WebSocketOptions
  private let loop: WebSocketLoop
  private let state = Mutex(State())

  private let opened: @Sendable (WebSocket) -> any WebSocketOwner
  /// From `open` to `finish`.
  private var owner: (any WebSocketOwner)?
  private var reader: WebSocketReader
  private var lastReceived: Int64
  private var nextPing: Int64
  private var hasSpoken = false

  /// - Parameter received: what has come behind the handshake.
  init(
    descriptor: Int32, upgrade: OpaquePointer, received: [UInt8], _ pending: PendingSocket, loop: WebSocketLoop
  ) {
    self.descriptor = descriptor
    self.upgrade = upgrade
    options = pending.options
    opened = pending.opened
    self.loop = loop
    reader = WebSocketReader(maximumMessageBytes: options.maximumMessageBytes)
    reader.feed(received)
    lastReceived = WebSocketLoop.now()
    nextPing = lastReceived + options.pingMilliseconds
    // Without effect where it is one end of a pair behind TLS.
    var (bytes, on) = (Self.kernelBufferBytes, Int32(1))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  // MARK: - Any thread

  /// Sends a message, or lets it wait for the client. False: the socket is closed, or is now because its client does not
  /// read fast enough.
  @discardableResult
  public func send(text: [UInt8]) -> Bool { write(WebSocketFrame.bytes(.text, text), isLast: false) }

  /// Says why and ends the connection.
  public func close(_ close: WebSocketClose) { _ = write(WebSocketFrame.close(close), isLast: true) }

  public var isClosed: Bool {
    state.withLock { if case .open = $0.phase { false } else { true } }
  }

  /// What the client has not taken yet, in bytes, without what the kernel holds.
  public var pendingByteCount: Int { state.withLock { $0.outbox.count - $0.head } }

  private func write(_ frame: [UInt8], isLast: Bool) -> Bool {
    state.withLock { state in
      guard case .open = state.phase else { return false }
      let pending = state.outbox.count - state.head
      if isLast { state.phase = .closing(deadline: WebSocketLoop.now() + Self.closingMilliseconds) }
      guard pending <= options.maximumPendingBytes else {
        doom(&state, isDropped: true)
        return false
      }
      var sent = 0
      if pending == 0 {
        sent = Glibc.send(descriptor, frame, frame.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        if sent < 0 {
          guard errno == EAGAIN || errno == EINTR else {
            doom(&state)
            return false
          }
          sent = 0
        }
      }
      guard sent < frame.count else { return true }
      if pending == 0 {
        state.stalledSince = WebSocketLoop.now()
        loop.watch(descriptor, forWriting: true)
      }
      state.outbox += frame[sent...]
      return true
    }
  }

  /// - Parameter isDropped: nor is the kernel to go on offering what it holds.
  private func doom(_ state: inout State, isDropped: Bool = false) {
    switch state.phase {
    case .open, .closing:
      if isDropped {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
      }
      state.phase = .doomed
      state.outbox = []
      state.head = 0
      loop.end(self)
    case .doomed, .closed: break
    }
  }

  // MARK: - The loop's thread

  func open() {
    owner = opened(self)
    receive(from: nil)
  }

  func handle(isReadable: Bool, isWritable: Bool, isHungUp: Bool, _ buffer: UnsafeMutableRawBufferPointer) {
    if isWritable { flush() }
    if isReadable {
      receive(from: buffer)
    } else if isHungUp {
      state.withLock { doom(&$0) }
    }
  }

  /// Once a second.
  func tick(_ now: Int64) {
    let isOpen = state.withLock { state in
      switch state.phase {
      case .open:
        if let since = state.stalledSince, now - since >= options.stallMilliseconds { doom(&state, isDropped: true) }
      case .closing(let deadline):
        if now >= deadline { doom(&state) }
      case .doomed, .closed: break
      }
      if case .open = state.phase { return true }
      return false
    }
    guard isOpen else { return }
    if now - lastReceived >= 2 * options.pingMilliseconds {
      state.withLock { doom(&$0) }
    } else if !hasSpoken, now - lastReceived >= options.firstMessageMilliseconds {
      close(.policy("the first message must come within \(options.firstMessageMilliseconds / 1000) s"))
    } else if now >= nextPing {
      nextPing = now + options.pingMilliseconds
      _ = write(WebSocketFrame.bytes(.ping, []), isLast: false)
    }
  }

  /// Gives the descriptor back, which libmicrohttpd closes.
  func finish() {
    let isFirst = state.withLock { state in
      if case .closed = state.phase { return false }
      state = State(phase: .closed)
      return true
    }
    guard isFirst else { return }
    owner?.closed()
    owner = nil
    streampulse_http_close_upgraded(upgrade)
  }

  private func flush() {
    state.withLock { state in
      let pending = state.outbox.count - state.head
      guard pending > 0 else { return }
      let head = state.head
      let sent = state.outbox.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress.map { $0 + head }, pending, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      }
      guard sent > 0 else {
        if sent < 0, errno != EAGAIN, errno != EINTR { doom(&state) }
        return
      }
      state.head += sent
      state.stalledSince = WebSocketLoop.now()
      guard state.head == state.outbox.count else { return }
      state.outbox = []
      state.head = 0
      state.stalledSince = nil
      loop.watch(descriptor, forWriting: false)
    }
  }

  private func receive(from buffer: UnsafeMutableRawBufferPointer?) {
    if let buffer {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0 else {
        if count == 0 || (errno != EAGAIN && errno != EINTR) { state.withLock { doom(&$0) } }
        return
      }
      lastReceived = WebSocketLoop.now()
      // What comes behind a close frame is thrown away.
      guard !isClosed || isClosing else { return }
      reader.feed(buffer[..<count])
    }
    do throws(WebSocketClose) {
      while let event = try reader.next() { handle(event) }
    } catch {
      close(error)
      reader = WebSocketReader(maximumMessageBytes: options.maximumMessageBytes)
    }
  }

  private func handle(_ event: WebSocketReader.Event) {
    switch event {
    case .text(let message):
      hasSpoken = true
      if !isClosed { owner?.received(message) }
    case .ping(let payload): _ = write(WebSocketFrame.bytes(.pong, payload), isLast: false)
    case .pong: break
    case .close(let payload):
      if isClosing {
        state.withLock { doom(&$0) }
      } else {
        _ = write(WebSocketFrame.bytes(.close, payload), isLast: true)
        // The server ends the connection first (section 7.1.1), as soon as its frame has left.
        state.withLock { if $0.outbox.isEmpty { doom(&$0) } }
      }
    }
  }

  private var isClosing: Bool {
    state.withLock { if case .closing = $0.phase { true } else { false } }
  }
}

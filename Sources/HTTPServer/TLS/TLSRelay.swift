import CMicrohttpd
import Glibc
import Synchronization

/// Accepts clients that speak TLS, and relays what they say in it to the intake, which judges and bounds them like all
/// others: neither it nor the event loops know of TLS.
///
/// libmicrohttpd's own TLS would read the first request where the intake cannot see it, and keeps its certificate for life.
/// Here every connection begins with the identity that is in use then; those that are open go on with theirs.
///
/// Unchecked: everything but the constants, the mutexes and the atomics belongs to the thread in `run`.
final class TLSRelay: @unchecked Sendable {
  /// Takes over the server's end of a connection.
  typealias Deliver = @Sendable (_ descriptor: Int32, _ peer: Peer) -> Void

  private static let maximumEvents = 128
  private static let acceptedAtOnce = 16
  private static let tickMilliseconds: Int64 = 250
  private static let bufferBytes = 16 * 1024
  /// For answers that have been given to reach their clients when the server stops.
  private static let farewellMilliseconds: Int64 = 1_000

  private let listener: Int32
  private let poll: Int32
  private let wake = WakeUp()
  private let identity: Mutex<TLSIdentity>
  private let headTimeoutMilliseconds: Int64
  private let maximumHandshakes: Int
  private let refusal: @Sendable () -> [UInt8]
  private let strain: StrainCount
  private let isClosed = Atomic<Bool>(false)
  private let isStopping = Atomic<Bool>(false)

  /// By both of their descriptors.
  private var connections: [Int32: TLSConnection] = [:]
  /// Those that have more to move.
  private var busy: [TLSConnection] = []
  /// In the order of arrival; may name some that are gone or have agreed.
  private var handshakes: [(descriptor: Int32, serial: UInt64)] = []
  private var nextSerial: UInt64 = 0
  private var handshakeCount = 0
  private var nextTick: Int64 = 0

  /// - Parameters:
  ///   - listener: stays the caller's; other relays may have the same.
  ///   - maximumHandshakes: beyond them, the one that has taken longest goes.
  ///   - refusal: the answer to what is not TLS.
  init(
    listener: Int32, identity: TLSIdentity, headTimeoutSeconds: Int, maximumHandshakes: Int,
    refusal: @escaping @Sendable () -> [UInt8], strain: StrainCount
  ) throws(HTTPServerError) {
    self.listener = listener
    self.identity = Mutex(identity)
    headTimeoutMilliseconds = Int64(headTimeoutSeconds) * 1000
    self.maximumHandshakes = maximumHandshakes
    self.refusal = refusal
    self.strain = strain
    poll = streampulse_poll_create()
    guard poll >= 0, wake.descriptor >= 0, streampulse_poll_add(poll, listener) == 0,
      streampulse_poll_add(poll, wake.descriptor) == 0
    else {
      throw .system(call: "epoll", errorNumber: errno)
    }
  }

  deinit {
    if poll >= 0 { close(poll) }
  }

  /// For connections that come from now on. Any thread.
  func use(_ next: TLSIdentity) { identity.withLock { $0 = next } }

  /// No connection comes any more, and those that have not agreed yet end. Any thread.
  func closeEntrance() {
    isClosed.store(true, ordering: .sequentiallyConsistent)
    wake.raise()
  }

  /// `run` returns when what was answered has been sent. To be called when the server has closed all its ends.
  func stop() {
    isStopping.store(true, ordering: .sequentiallyConsistent)
    wake.raise()
  }

  /// Works until `stop`.
  func run(_ deliver: Deliver) {
    // OpenSSL writes to sockets that may be closed; what comes of it, it says.
    var pipe = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, nil)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferBytes, alignment: 16)
    defer { buffer.deallocate() }
    var events = [streampulse_poll_event](repeating: streampulse_poll_event(), count: Self.maximumEvents)
    var isOpen = true
    var end: Int64?
    while true {
      let patience = busy.isEmpty ? Int32(Self.tickMilliseconds) : 0
      let count = streampulse_poll_wait(poll, &events, Int32(events.count), patience)
      let arrived = events.prefix(Int(max(0, count)))
      let now = WebSocketLoop.now()
      for event in arrived where event.descriptor != listener && event.descriptor != wake.descriptor {
        // A descriptor that another connection has got meanwhile is looked at in vain, which does no harm.
        if let connection = connections[event.descriptor] { advance(connection, buffer, now, deliver) }
      }
      let goingOn = busy
      busy = []
      for connection in goingOn { connection.isQueued = false }
      for connection in goingOn where connections[connection.descriptor] === connection {
        advance(connection, buffer, now, deliver)
      }
      if arrived.contains(where: { $0.descriptor == wake.descriptor }) {
        wake.clear()
      }
      if isOpen, isClosed.load(ordering: .sequentiallyConsistent) {
        isOpen = false
        _ = streampulse_poll_remove(poll, listener)
        for connection in connections.values where connection.isHandshaking { drop(connection) }
      }
      // Last, as in the intake.
      if isOpen, arrived.contains(where: { $0.descriptor == listener }) { accept(buffer, now, deliver) }
      if now >= nextTick { tick(now) }
      guard isStopping.load(ordering: .sequentiallyConsistent) else { continue }
      let deadline = end ?? now + Self.farewellMilliseconds
      end = deadline
      if connections.isEmpty || now >= deadline { break }
    }
    connections = [:]
    busy = []
  }

  // MARK: - On the thread

  private func accept(_ buffer: UnsafeMutableRawBufferPointer, _ now: Int64, _ deliver: Deliver) {
    for _ in 0..<Self.acceptedAtOnce {
      guard let (descriptor, peer) = Peer.accepted(by: listener) else {
        if errno == EMFILE || errno == ENFILE, !dropOldestHandshake() { usleep(10_000) }
        return
      }
      if handshakeCount >= maximumHandshakes { _ = dropOldestHandshake() }
      let identity = identity.withLock { $0 }
      guard
        let connection = TLSConnection(
          descriptor, peer, serial: nextSerial, identity: identity, deadline: now + headTimeoutMilliseconds)
      else { continue }
      connections[descriptor] = connection
      handshakeCount += 1
      handshakes.append((descriptor, nextSerial))
      nextSerial += 1
      guard streampulse_poll_add_both_edges(poll, descriptor) == 0 else {
        drop(connection)
        continue
      }
      advance(connection, buffer, now, deliver)
    }
  }

  private func advance(
    _ connection: TLSConnection, _ buffer: UnsafeMutableRawBufferPointer, _ now: Int64, _ deliver: Deliver
  ) {
    let (wasHandshaking, inner) = (connection.isHandshaking, connection.inner)
    var step = connection.advance(buffer, now)
    switch step {
    case .isAgreed: step = connect(connection, deliver) ? .goesOn : .ended
    case .isNotTLS:
      strain.count { $0.count(.notTLS) }
      step = connection.refuse(refusal(), now)
    case .ended where wasHandshaking: strain.count { $0.count(.malformed) }
    case .ended, .waits, .goesOn: break
    }
    if wasHandshaking, !connection.isHandshaking { handshakeCount -= 1 }
    // It has closed its end of the pair.
    if inner >= 0, connection.inner < 0 { connections[inner] = nil }
    switch step {
    case .goesOn where !connection.isQueued:
      connection.isQueued = true
      busy.append(connection)
    case .ended: drop(connection)
    case .goesOn, .waits, .isAgreed, .isNotTLS: break
    }
  }

  /// Gives the server its end; false: there are no descriptors.
  private func connect(_ connection: TLSConnection, _ deliver: Deliver) -> Bool {
    guard let (end, peer) = connection.connectServer() else { return false }
    connections[connection.inner] = connection
    guard streampulse_poll_add_both_edges(poll, connection.inner) == 0 else {
      close(end)
      return false
    }
    deliver(end, peer)
    return true
  }

  private func drop(_ connection: TLSConnection) {
    guard connections[connection.descriptor] === connection else { return }
    if connection.isHandshaking { handshakeCount -= 1 }
    connections[connection.descriptor] = nil
    if connection.inner >= 0 { connections[connection.inner] = nil }
    // Closed with its last reference.
    if connection.isQueued { busy.removeAll { $0 === connection } }
  }

  private func dropOldestHandshake() -> Bool {
    for (index, place) in handshakes.enumerated() {
      guard let connection = handshaking(place) else { continue }
      handshakes.removeFirst(index + 1)
      drop(connection)
      strain.count { $0.displaced += 1 }
      return true
    }
    handshakes = []
    return false
  }

  private func handshaking(_ place: (descriptor: Int32, serial: UInt64)) -> TLSConnection? {
    guard let connection = connections[place.descriptor], connection.serial == place.serial, connection.isHandshaking
    else { return nil }
    return connection
  }

  private func tick(_ now: Int64) {
    nextTick = now + Self.tickMilliseconds
    for (descriptor, connection) in connections
    where descriptor == connection.descriptor && connection.deadline.map({ now >= $0 }) == true {
      if connection.isHandshaking {
        strain.count { if connection.hasSpoken { $0.late += 1 } else { $0.silent += 1 } }
      }
      drop(connection)
    }
    if handshakes.count > 2 * handshakeCount + 1024 {
      handshakes = handshakes.filter { handshaking($0) != nil }
    }
  }
}

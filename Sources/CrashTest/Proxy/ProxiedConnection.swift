import Glibc

/// A client's connection and the one to the server that it is passed on to. Used on the proxy's thread.
final class ProxiedConnection {
  enum Condition {
    case open
    /// Both sides have ended in order.
    case ended
    case failed
    case cut
  }

  let client: Int32
  let server: Int32
  var pendingCut: PendingCut?
  private var toServer = Direction()
  private var toClient = Direction()

  init(client: Int32, server: Int32) {
    self.client = client
    self.server = server
  }

  var eventsOfClient: Int16 { events(reads: toServer, writes: toClient) }
  var eventsOfServer: Int16 { events(reads: toClient, writes: toServer) }

  /// Reads and writes what can be without waiting.
  func move() -> Condition {
    var condition = pass(&toServer, client, server, .toServer)
    if condition == .open { condition = pass(&toClient, server, client, .toClient) }
    return condition == .open && toServer.isOver && toClient.isOver ? .ended : condition
  }

  /// Closes both sockets unless it stays open; without order when it did not end in order.
  func close(after condition: Condition) {
    for socket in [client, server] {
      switch condition {
      case .open: break
      case .ended: Glibc.close(socket)
      case .failed, .cut: resetSocket(socket)
      }
    }
  }

  private func events(reads: Direction, writes: Direction) -> Int16 {
    (reads.canRead ? Int16(POLLIN) : 0) | (writes.isPending ? Int16(POLLOUT) : 0)
  }

  private func pass(
    _ flow: inout Direction, _ source: Int32, _ target: Int32, _ direction: ConnectionCut.Direction
  ) -> Condition {
    if flow.canRead {
      switch flow.read(source) {
      case .failed: return .failed
      case .nothing: break
      case .bytes(let count):
        guard let passed = pendingCut?.admit(count, direction), passed < count else { break }
        // What is admitted still leaves; the rest never does.
        flow.keep(passed)
        _ = flow.write(target)
        return .cut
      }
    }
    return flow.write(target) ? .open : .failed
  }
}

/// What flows one way.
private struct Direction {
  enum Reading {
    case bytes(Int)
    case nothing
    case failed
  }

  private static let capacity = 64 * 1024

  private var buffer = [UInt8](repeating: 0, count: Direction.capacity)
  private var start = 0
  private var end = 0
  private var hasEnded = false
  private var isShutDown = false

  /// Read only into an empty buffer: a slow reader slows the writer down.
  var canRead: Bool { !hasEnded && start == end }
  var isPending: Bool { start < end }
  /// The source has ended, and its last byte was passed on.
  var isOver: Bool { isShutDown }

  mutating func read(_ source: Int32) -> Reading {
    let count = recv(source, &buffer, buffer.count, 0)
    if count > 0 {
      start = 0
      end = count
      return .bytes(count)
    }
    if count == 0 {
      hasEnded = true
      return .nothing
    }
    return isTransient(errno) ? .nothing : .failed
  }

  /// Forgets what is behind the first bytes.
  mutating func keep(_ count: Int) {
    end = min(end, start + count)
  }

  /// False when the target takes nothing any more.
  mutating func write(_ target: Int32) -> Bool {
    while start < end {
      let count = buffer[start..<end].withUnsafeBytes { send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count >= 0 else { return isTransient(errno) }
      start += count
    }
    if hasEnded, !isShutDown {
      isShutDown = true
      shutdown(target, Int32(SHUT_WR))
    }
    return true
  }
}

private func isTransient(_ code: Int32) -> Bool {
  code == EAGAIN || code == EINTR
}

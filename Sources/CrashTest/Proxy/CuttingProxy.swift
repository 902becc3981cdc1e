import Glibc
import Threads

/// Passes TCP connections on to a port of this machine, and cuts them on demand at a certain byte.
///
/// One thread serves all connections; what one side sends waits in a small buffer until the other takes it.
public final class CuttingProxy: Sendable {
  private struct State: Sendable {
    var isClosing = false
    /// Demanded and not yet taken up by the thread.
    var cut: PendingCut?
    var demanded = 0
    /// The demands that have cut a connection.
    var effective: Set<Int> = []
    var connections = 0
  }

  /// Where clients connect, on 127.0.0.1.
  public let port: Int
  private let state = Monitor(State())
  private let listener: Int32
  private let thread: WorkerThread

  /// Listens on a free port. Whether somebody listens on `target` matters only when a client connects.
  public init(to target: Int) throws {
    let (listener, port) = try listenOnFreePort()
    self.listener = listener
    self.port = port
    let state = state
    thread = try WorkerThread(name: "proxy") { CuttingProxy.run(state, listener, target: target) }
  }

  deinit {
    close()
    Glibc.close(listener)
  }

  /// Cuts each connection that is open now, or the next one when there is none, when the byte has come.
  public func cut(_ cut: ConnectionCut) {
    state.update { state in
      state.demanded += 1
      state.cut = PendingCut(cut, number: state.demanded)
    }
  }

  /// How many demands have cut a connection, and how many connections they have cut.
  public var cuts: (demands: Int, connections: Int) { state.read { ($0.effective.count, $0.connections) } }

  /// Ends all connections and the thread.
  public func close() {
    state.update { $0.isClosing = true }
    thread.join()
  }

  // MARK: The thread

  /// How long a demand of another thread waits, at most.
  private static let pollMilliseconds: Int32 = 20
  private static let maxConnections = 256

  private static func run(_ state: Monitor<State>, _ listener: Int32, target: Int) {
    var connections: [ProxiedConnection] = []
    defer { for connection in connections { connection.close(after: .failed) } }
    var descriptors: [pollfd] = []
    while !state.read({ $0.isClosing }) {
      descriptors.removeAll(keepingCapacity: true)
      let takesMore = connections.count < maxConnections
      descriptors.append(pollfd(fd: listener, events: takesMore ? Int16(POLLIN) : 0, revents: 0))
      for connection in connections {
        descriptors.append(pollfd(fd: connection.client, events: connection.eventsOfClient, revents: 0))
        descriptors.append(pollfd(fd: connection.server, events: connection.eventsOfServer, revents: 0))
      }
      guard poll(&descriptors, nfds_t(descriptors.count), pollMilliseconds) > 0 else { continue }
      // Before anything moves: what is sent after the demand is counted.
      if !connections.isEmpty, let cut = state.update({ state in state.cut.take() }) {
        for connection in connections { connection.pendingCut = cut }
      }
      connections.removeAll { connection in
        let condition = connection.move()
        if condition == .cut, let cut = connection.pendingCut {
          state.update { state in
            state.effective.insert(cut.number)
            state.connections += 1
          }
        }
        connection.close(after: condition)
        return condition != .open
      }
      if descriptors[0].revents != 0, let accepted = acceptConnection(listener, target: target) {
        connections.append(accepted)
      }
    }
  }

  private static func acceptConnection(_ listener: Int32, target: Int) -> ProxiedConnection? {
    let client = accept(listener, nil, nil)
    guard client >= 0 else { return nil }
    _ = fcntl(client, F_SETFD, FD_CLOEXEC)
    _ = fcntl(client, F_SETFL, O_NONBLOCK)
    guard let server = startConnecting(to: target) else {
      resetSocket(client)
      return nil
    }
    return ProxiedConnection(client: client, server: server)
  }
}

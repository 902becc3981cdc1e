import CMicrohttpd
import Glibc
import Synchronization
import Threads

/// The thread that reads from all sockets, writes what could not be sent at once, and finds out which clients have gone.
///
/// Unchecked: the descriptors are constant, the rest is behind the mutex or belongs to the thread.
final class WebSocketLoop: @unchecked Sendable {
  private struct State {
    var sockets: [Int32: WebSocket] = [:]
    /// Not yet seen by the thread.
    var newcomers: [WebSocket] = []
    var ending: [WebSocket] = []
    var isStopping = false
    var isStopped = false
    var thread: WorkerThread?
  }

  private static let maximumEvents = 128
  private static let tickMilliseconds: Int64 = 1_000
  /// For clients to answer close frames when the server stops.
  private static let farewellMilliseconds: Int64 = 500

  private let poll: Int32
  private let wake = WakeUp()
  private let state = Mutex(State())

  /// nil: there is no room for its descriptors.
  init?() {
    poll = streampulse_poll_create()
    guard poll >= 0, wake.descriptor >= 0, streampulse_poll_add(poll, wake.descriptor) == 0 else { return nil }
  }

  deinit {
    if poll >= 0 { close(poll) }
  }

  static func now() -> Int64 { Clock.monotonic() / 1000 }

  var count: Int { state.withLock { $0.sockets.count } }

  // MARK: - Any thread

  /// Begins with the first socket. False: it cannot.
  func start() -> Bool {
    state.withLock { state in
      guard !state.isStopping else { return false }
      if state.thread == nil { state.thread = try? WorkerThread(name: "websockets") { self.run() } }
      return state.thread != nil
    }
  }

  /// Takes a socket over; after a stop it is ended at once.
  func adopt(_ socket: WebSocket) {
    let isTaken = state.withLock { state in
      guard !state.isStopped else { return false }
      state.sockets[socket.descriptor] = socket
      state.newcomers.append(socket)
      return true
    }
    if isTaken { wake.raise() } else { socket.finish() }
  }

  /// The thread is to end that socket.
  func end(_ socket: WebSocket) {
    state.withLock { $0.ending.append(socket) }
    wake.raise()
  }

  func watch(_ descriptor: Int32, forWriting: Bool) { streampulse_poll_watch(poll, descriptor, forWriting ? 1 : 0, 0) }

  /// Says to all that the server stops, and returns when all have ended.
  func stop() {
    let thread = state.withLock { state in
      state.isStopping = true
      return state.thread
    }
    closeAll()
    wake.raise()
    thread?.join()
  }

  /// Begins to end all that are open.
  func closeAll() {
    for socket in state.withLock({ Array($0.sockets.values) }) { socket.close(.goingAway) }
  }

  // MARK: - The thread

  private func run() {
    var events = [streampulse_poll_event](repeating: streampulse_poll_event(), count: Self.maximumEvents)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * 1024, alignment: 16)
    defer { buffer.deallocate() }
    var nextTick = Self.now() + Self.tickMilliseconds
    var deadline: Int64?
    while true {
      let count = streampulse_poll_wait(poll, &events, Int32(events.count), Int32(deadline == nil ? 1000 : 50))
      for event in events.prefix(Int(max(0, count))) {
        if event.descriptor == wake.descriptor {
          wake.clear()
          continue
        }
        // One that was ended in this round is still in the table, and its descriptor is not used again before it is.
        guard let socket = state.withLock({ $0.sockets[event.descriptor] }) else { continue }
        socket.handle(
          isReadable: event.is_readable != 0, isWritable: event.is_writable != 0, isHungUp: event.is_hung_up != 0,
          buffer)
      }
      begin()
      finish()
      let now = Self.now()
      if now >= nextTick {
        nextTick = now + Self.tickMilliseconds
        for socket in state.withLock({ Array($0.sockets.values) }) { socket.tick(now) }
      }
      let (isStopping, isEmpty) = state.withLock { ($0.isStopping, $0.sockets.isEmpty) }
      guard isStopping else { continue }
      let end = deadline ?? now + Self.farewellMilliseconds
      deadline = end
      if isEmpty || now >= end { break }
    }
    let left = state.withLock { state in
      state.isStopped = true
      defer { state.sockets = [:] }
      return Array(state.sockets.values)
    }
    for socket in left { release(socket) }
  }

  private func begin() {
    let newcomers = state.withLock { state in
      defer { state.newcomers = [] }
      return state.newcomers
    }
    for socket in newcomers {
      guard streampulse_poll_watch(poll, socket.descriptor, 0, 1) == 0 else {
        end(socket)
        continue
      }
      socket.open()
    }
  }

  private func finish() {
    while true {
      let ending = state.withLock { state in
        defer { state.ending = [] }
        return state.ending
      }
      guard !ending.isEmpty else { return }
      for socket in ending {
        // Another may have the descriptor by the time that a second call comes.
        let isHere = state.withLock { state in
          guard state.sockets[socket.descriptor] === socket else { return false }
          state.sockets[socket.descriptor] = nil
          return true
        }
        if isHere { release(socket) }
      }
    }
  }

  private func release(_ socket: WebSocket) {
    _ = streampulse_poll_remove(poll, socket.descriptor)
    socket.finish()
  }
}

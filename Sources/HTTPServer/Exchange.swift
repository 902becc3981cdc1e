import CMicrohttpd
import Synchronization

/// What a request is answered with.
enum Answer {
  case response(PreparedResponse)
  case stream(PreparedResponse, StreamChannel)
  /// The connection goes on as a WebSocket.
  case upgrade(PreparedResponse, PendingSocket)
}

/// One request and its answer, from the first line to the last byte. libmicrohttpd holds one reference in the request's
/// context pointer.
///
/// Unchecked: the plain variables are touched only on the thread of the connection's event loop, by the callbacks of
/// `ServerCore`; everything else is behind the mutex or constant. `connection` is valid until `finish`, and used only
/// by that thread or, to resume, while the connection is suspended, when nobody else can end it.
final class Exchange: @unchecked Sendable {
  let connection: OpaquePointer
  /// As it came in the request line.
  let target: [UInt8]
  let open: OpenConnection?
  private let state = Mutex(ExchangeState<Answer>())
  private let channel = Mutex<StreamChannel?>(nil)

  /// Set by the first call of the access handler.
  var hasHead = false
  /// It began before a stop, which therefore waits for it.
  var isInFlight = false
  var isHandled = false
  var isRegistered = false
  var body: [UInt8] = []
  /// Bytes received beyond the bound and thrown away.
  var discardedBytes = 0
  /// What the connection becomes when its answer has been sent.
  var pendingSocket: PendingSocket?
  /// The connection has left the places of connections for those of streams, and comes back with the request's end.
  var isStreaming = false

  init(connection: OpaquePointer, target: [UInt8]) {
    self.connection = connection
    self.target = target
    open = OpenConnection.of(connection)
  }

  /// Any thread. False: there is an answer already.
  func answer(_ answer: Answer) -> Bool {
    state.withLock { state in
      switch state.answer(answer) {
      case .none: return true
      case .resume:
        // Within the lock, so that whoever has held it after an answer knows that the connection is resumed.
        // libmicrohttpd calls back from its own threads, without locks of its own.
        MHD_resume_connection(connection)
        return true
      case .refuse: return false
      }
    }
  }

  /// The connection's thread.
  func takeAnswer() -> Answer? { state.withLock { $0.take() } }

  /// The connection's thread, in the access handler: the answer, or nil when the connection was suspended instead.
  func takeAnswerOrSuspend() -> Answer? {
    state.withLock { state in
      switch state.suspend() {
      case .suspend:
        MHD_suspend_connection(connection)
        return nil
      case .send(let answer): return answer
      case .none: return nil
      }
    }
  }

  /// The connection's thread: the answer is a stream that must learn of the connection's end.
  func streams(through channel: StreamChannel) { self.channel.withLock { $0 = channel } }

  /// Any thread. Without effect when the answer is no stream.
  func closeStream() { channel.withLock { $0 }?.close() }

  /// The connection's thread: nothing of the request may be touched afterwards.
  func finish() {
    state.withLock { $0.finish() }
    channel.withLock { $0.take() }?.finish()
  }
}

import CMicrohttpd
import Synchronization

/// The bytes between a stream's producer and its connection.
///
/// Unchecked: all mutable state is behind the mutex. `connection` is used by the connection's thread in `read`, and by
/// a producer only to resume it while it is suspended, when nobody else can end it.
final class StreamChannel: @unchecked Sendable {
  private struct State {
    var bytes: [UInt8] = []
    var head = 0
    /// Nothing more will be sent.
    var isClosed = false
    var isSuspended = false
  }

  private let connection: OpaquePointer
  private let capacity: Int
  private let state = Mutex(State())

  init(connection: OpaquePointer, capacity: Int) {
    self.connection = connection
    self.capacity = capacity
  }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  var pendingByteCount: Int { state.withLock { $0.bytes.count - $0.head } }

  /// Any thread. False: the stream is closed, or is now because its client does not read fast enough.
  func send(_ bytes: [UInt8]) -> Bool {
    state.withLock { state in
      guard !state.isClosed else { return false }
      if state.bytes.count - state.head + bytes.count > capacity {
        state.bytes = []
        state.head = 0
        state.isClosed = true
      } else {
        state.bytes.append(contentsOf: bytes)
      }
      resumeIfSuspended(&state)
      return !state.isClosed
    }
  }

  /// Any thread. What was sent before is still delivered.
  func close() {
    state.withLock { state in
      state.isClosed = true
      resumeIfSuspended(&state)
    }
  }

  /// The connection's thread, in the content reader: bytes copied, or -1 at the end. Suspends when there is nothing.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    state.withLock { state in
      let available = state.bytes.count - state.head
      if available > 0 {
        let count = min(available, buffer.count)
        buffer.copyBytes(from: state.bytes[state.head..<(state.head + count)])
        state.head += count
        if state.head == state.bytes.count {
          state.bytes.removeAll(keepingCapacity: state.bytes.count <= 64 * 1024)
          state.head = 0
        }
        return count
      }
      // MHD_CONTENT_READER_END_OF_STREAM, a cast that Swift does not import.
      if state.isClosed { return -1 }
      state.isSuspended = true
      MHD_suspend_connection(connection)
      return 0
    }
  }

  /// The connection's thread: the connection is gone.
  func finish() {
    state.withLock { state in
      state.isClosed = true
      state.isSuspended = false
      state.bytes = []
      state.head = 0
    }
  }

  private func resumeIfSuspended(_ state: inout State) {
    guard state.isSuspended else { return }
    state.isSuspended = false
    MHD_resume_connection(connection)
  }
}

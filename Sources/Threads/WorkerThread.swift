import Glibc
import Synchronization

/// The system had no room for another thread.
public struct ThreadError: Error, CustomStringConvertible {
  public var name: String
  /// From `pthread_create`, usually `EAGAIN`.
  public var errorNumber: Int32

  public var description: String {
    "cannot start the thread \(name): \(String(cString: strerror(errorNumber)))"
  }
}

/// A thread for work that blocks, which never belongs on Swift's cooperative pool.
public final class WorkerThread: Sendable {
  public let name: String
  private let handle: pthread_t
  private let isJoined = Mutex(false)

  /// Starts a thread that runs `body` and then ends.
  ///
  /// - Parameter name: what the thread is called in `top` and debuggers; at most 15 bytes of it are shown.
  public init(name: String, _ body: @escaping @Sendable () -> Void) throws(ThreadError) {
    self.name = name
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var handle = pthread_t()
    let code = pthread_create(&handle, nil, runWorkerThread, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw ThreadError(name: name, errorNumber: code)
    }
    self.handle = handle
  }

  deinit {
    // Nobody waited for it: let the system reclaim it when it ends.
    if !isJoined.withLock({ $0 }) { pthread_detach(handle) }
  }

  /// Waits until the thread has ended. Called from any other thread, any number of times.
  public func join() {
    isJoined.withLock { joined in
      guard !joined else { return }
      pthread_join(handle, nil)
      joined = true
    }
  }
}

private final class Start: Sendable {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

/// The new thread's first function; takes over the reference that `WorkerThread.init` retained.
private func runWorkerThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
  nameThisThread(start.name)
  start.body()
  return nil
}

/// Best effort: a thread without a name works as well.
private func nameThisThread(_ name: String) {
  let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
  guard file >= 0 else { return }
  let bytes = Array(name.utf8.prefix(15))
  _ = write(file, bytes, bytes.count)
  close(file)
}

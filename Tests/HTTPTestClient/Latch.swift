import Threads

/// Opened by one thread, awaited by others for at most a minute.
public final class Latch: Sendable {
  private let openings = Monitor(0)

  public init() {}

  public func open() { openings.update { $0 += 1 } }

  /// False after a minute in vain. Each `open` lets one waiter through.
  public func wait() -> Bool {
    openings.wait(timeoutMilliseconds: 60_000) { openings in
      guard openings > 0 else { return nil }
      openings -= 1
      return true
    } ?? false
  }
}

/// Runs `body` on a thread of its own, as an application's workers would.
public func onThread(_ body: @escaping @Sendable () -> Void) {
  do throws(ThreadError) {
    _ = try WorkerThread(name: "test", body)
  } catch {
    preconditionFailure("\(error)")
  }
}

/// What of a service has been started, to be ended in the reverse order: all of it in the end, or what there is of it
/// when a later part cannot be started. A process never leaves threads of its own behind that way.
public final class StartedParts: Sendable {
  private struct Part: Sendable {
    var stop: @Sendable () -> Void
    var end: @Sendable () -> Void
  }

  private let parts: Monitor<[Part]>

  public init() {
    parts = Monitor([])
  }

  /// Notes how a part is ended that has just been started.
  ///
  /// - Parameters:
  ///   - stop: asks it to end, and returns at once.
  ///   - end: returns when it has ended.
  public func add(stop: @escaping @Sendable () -> Void = {}, end: @escaping @Sendable () -> Void) {
    parts.update { $0.append(Part(stop: stop, end: end)) }
  }

  /// Starts a thread whose work `stop` ends.
  public func startThread(
    _ name: String, stop: @escaping @Sendable () -> Void, run body: @escaping @Sendable () -> Void
  ) throws(ThreadError) {
    let thread = try WorkerThread(name: name, body)
    add(stop: stop, end: { thread.join() })
  }

  /// Asks all parts to end, and waits for one after the other, the last first. Doing it again does nothing.
  public func stop() {
    for part in parts.read({ $0 }).reversed() { part.stop() }
    while let part = parts.update({ $0.popLast() }) { part.end() }
  }
}

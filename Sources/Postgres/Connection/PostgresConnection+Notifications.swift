import CLibPQ
import Glibc
import Threads

/// What another session said with `NOTIFY`.
public struct PostgresNotification: Hashable, Sendable {
  public var channel: String
  public var payload: String
  public var backendPID: Int32
}

extension PostgresConnection {
  /// Waits for notifications on the channels that were listened to with `LISTEN`.
  ///
  /// - Returns: all that are there, as soon as there is one; empty when the time is up.
  public func waitForNotification(timeoutMilliseconds: Int) throws(PostgresError) -> [PostgresNotification] {
    let began = Clock.monotonicMilliseconds()
    while true {
      let arrived = takeNotifications()
      if !arrived.isEmpty { return arrived }
      let left = max(0, timeoutMilliseconds - (Clock.monotonicMilliseconds() - began))
      let ready = try wait(for: Int16(POLLIN), milliseconds: left)
      guard ready != 0 else { return [] }
      if PQconsumeInput(handle) == 0 { throw failure() }
    }
  }

  private func takeNotifications() -> [PostgresNotification] {
    var notifications: [PostgresNotification] = []
    while let notification = PQnotifies(handle) {
      defer { PQfreemem(notification) }
      notifications.append(
        PostgresNotification(
          channel: String(cString: notification.pointee.relname),
          payload: String(cString: notification.pointee.extra), backendPID: notification.pointee.be_pid))
    }
    return notifications
  }
}

/// Cancels what runs on a connection, from any thread.
///
/// `@unchecked Sendable`: a `PGcancel` is made once and only read afterwards; `PQcancel` is thread-safe.
public final class Canceller: @unchecked Sendable {
  private let handle: OpaquePointer?

  init(_ connection: OpaquePointer) {
    handle = PQgetCancel(connection)
  }

  deinit {
    PQfreeCancel(handle)
  }

  /// Asks the server to stop the statement that runs, whose error then has `isStatementCancelled`. Does nothing when
  /// none runs. Blocks for a connection of its own to the server.
  ///
  /// - Returns: whether the request was sent.
  @discardableResult
  public func cancel() -> Bool {
    var message = [CChar](repeating: 0, count: 256)
    return PQcancel(handle, &message, Int32(message.count)) == 1
  }

  /// The same on a thread of its own, which nobody waits for: asking a server that hangs would hang, too.
  public func cancelInBackground() {
    _ = try? WorkerThread(name: "cancel") { [self] in cancel() }
  }
}

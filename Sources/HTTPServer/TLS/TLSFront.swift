import Glibc
import Synchronization
import Threads

/// What of a server speaks TLS: as many relays as there are event loops, each on a thread of its own, which share the
/// listening socket.
final class TLSFront: Sendable {
  private let listener: Mutex<Int32>
  private let relays: [TLSRelay]
  private let identity: Mutex<TLSIdentity>
  private let threads = Mutex<[WorkerThread]>([])

  /// Takes over `listener`, also when it fails.
  init(
    listener: Int32, identity: TLSIdentity, configuration: HTTPConfiguration, maximumHandshakes: Int,
    counted: StrainCount
  ) throws(HTTPServerError) {
    self.listener = Mutex(listener)
    self.identity = Mutex(identity)
    let count = max(1, configuration.threads)
    let refusals = Refusals(configuration)
    var relays: [TLSRelay] = []
    for _ in 0..<count {
      do throws(HTTPServerError) {
        relays.append(
          try TLSRelay(
            listener: listener, identity: identity, headTimeoutSeconds: configuration.headTimeoutSeconds,
            maximumHandshakes: max(1, maximumHandshakes / count), refusal: { refusals[.notTLS] }, strain: counted))
      } catch {
        close(listener)
        throw error
      }
    }
    self.relays = relays
  }

  /// - Parameter deliver: takes over the server's end of each connection; called on the relays' threads.
  func start(_ deliver: @escaping TLSRelay.Deliver) throws(ThreadError) {
    for relay in relays {
      let thread = try WorkerThread(name: "tls") { relay.run(deliver) }
      threads.withLock { $0.append(thread) }
    }
  }

  /// For connections that come from now on.
  func use(_ next: TLSIdentity) {
    identity.withLock { $0 = next }
    for relay in relays { relay.use(next) }
  }

  /// When the certificate in use ends, in seconds since 1970.
  var expiry: Int64 { identity.withLock { $0.expiry } }

  /// No connection comes any more: the port is free.
  func closeEntrance() {
    for relay in relays { relay.closeEntrance() }
    // The descriptor itself is in use until the threads have ended.
    listener.withLock { _ = shutdown($0, Int32(SHUT_RDWR)) }
  }

  /// Returns when what was answered has been sent, as far as the clients take it.
  func stop() {
    for relay in relays { relay.stop() }
    let threads = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in threads { thread.join() }
    listener.withLock { descriptor in
      if descriptor >= 0 { close(descriptor) }
      descriptor = -1
    }
  }

  deinit { stop() }
}

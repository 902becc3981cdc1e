import Glibc
import Synchronization

/// A connection that the event loops have.
final class OpenConnection: Sendable {
  let descriptor: Int32
  let address: AddressKey
  /// 0 while a request is being answered; else since when one is awaited, in monotonic milliseconds, or `justNow`.
  ///
  /// Written once at each end of a request, without a look at the clock: whoever sweeps knows what time it is.
  private let awaitingSince = Atomic<Int64>(OpenConnection.justNow)

  fileprivate static let justNow: Int64 = -1

  fileprivate init(descriptor: Int32, address: AddressKey) {
    self.descriptor = descriptor
    self.address = address
  }

  /// The connection's thread: a request has arrived as a whole.
  func isBusy() { awaitingSince.store(0, ordering: .relaxed) }

  /// The connection's thread: it has been answered.
  func awaits() { awaitingSince.store(Self.justNow, ordering: .relaxed) }

  /// nil while a request is being answered, or has just been.
  fileprivate var waitsSince: Int64? {
    let since = awaitingSince.load(ordering: .relaxed)
    return since > 0 ? since : nil
  }

  /// Notes that time for a wait that has just begun.
  fileprivate func stamp(_ now: Int64) {
    _ = awaitingSince.compareExchange(expected: Self.justNow, desired: now, ordering: .relaxed)
  }
}

/// Which connections are open, of whom, and which of them wait for a request: what decides who may have another.
final class ConnectionTable: Sendable {
  private struct Entry {
    let connection: OpenConnection
    /// When bytes came, where the socket does not say it.
    let arrivals: LastArrival?
    /// Since when a next request has been arriving bit by bit.
    var headSince: Int64?
    /// Its end is under way.
    var isClosing = false
    /// Has one of the reserved places, whatever is asked for on it later.
    var isReserved = false
    /// Is answered with a stream, or is a WebSocket: its owner counts it.
    var isStream = false
  }

  private struct State {
    var entries: [Int32: Entry] = [:]
    var counts: [AddressKey: Int] = [:]
    var closing = 0
    var reserved = 0
    var streams = 0
  }

  enum Admission {
    case admitted
    case refused(HeadFault)
  }

  /// What is kept free for requests of `HTTPConfiguration.reservedPaths`.
  static let reserve = 32

  private let maximum: Int
  private let maximumPerAddress: Int
  private let headTimeoutMilliseconds: Int64
  private let state = Mutex(State())

  init(_ configuration: HTTPConfiguration) {
    maximum = configuration.maximumConnections
    maximumPerAddress = configuration.maximumConnectionsPerAddress
    headTimeoutMilliseconds = Int64(configuration.headTimeoutSeconds) * 1000
  }

  var count: Int { state.withLock { $0.entries.count } }

  /// Takes a connection that is about to be handed to an event loop. Where there is no room, the connection that has
  /// waited longest for a next request has to go: a client may lose such a one at any time (RFC 9112, section 9.5).
  func admit(_ descriptor: Int32, _ address: AddressKey, isReserved: Bool, arrivals: LastArrival? = nil) -> Admission {
    state.withLock { state in
      let isReserved = isReserved && state.reserved < Self.reserve
      if !isReserved, state.counts[address, default: 0] >= maximumPerAddress {
        guard Self.closeIdlest(&state, of: address) else { return .refused(.addressFull) }
      }
      // Those that are in reserved places, and streams, take none of the others.
      if !isReserved, state.entries.count - state.closing - state.reserved - state.streams >= maximum {
        guard Self.closeIdlest(&state, of: nil) else { return .refused(.full) }
      }
      state.entries[descriptor] = Entry(
        connection: OpenConnection(descriptor: descriptor, address: address), arrivals: arrivals, isReserved: isReserved
      )
      state.reserved += isReserved ? 1 : 0
      state.counts[address, default: 0] += 1
      return .admitted
    }
  }

  /// Of an admitted descriptor, as long as it is not removed.
  func connection(_ descriptor: Int32) -> OpenConnection? {
    state.withLock { $0.entries[descriptor]?.connection }
  }

  /// The descriptor is about to be closed.
  func remove(_ descriptor: Int32) {
    state.withLock { state in
      guard let entry = state.entries.removeValue(forKey: descriptor) else { return }
      state.reserved -= entry.isReserved ? 1 : 0
      state.streams -= entry.isStream ? 1 : 0
      if entry.isClosing {
        state.closing -= 1
      } else if !entry.isStream {
        Self.discount(entry.connection.address, &state)
      }
    }
  }

  /// The connection is answered with a stream, or becomes a WebSocket, and gives its place to another. False: its end is
  /// under way.
  func becomesStream(_ descriptor: Int32) -> Bool {
    state.withLock { state in
      guard let entry = state.entries[descriptor], !entry.isClosing else { return false }
      guard !entry.isStream else { return true }
      state.entries[descriptor]?.isStream = true
      state.entries[descriptor]?.isReserved = false
      state.reserved -= entry.isReserved ? 1 : 0
      state.streams += 1
      Self.discount(entry.connection.address, &state)
      return true
    }
  }

  /// Its stream has ended, and it is a connection like any other.
  func endsStream(_ descriptor: Int32) {
    state.withLock { state in
      guard let entry = state.entries[descriptor], entry.isStream else { return }
      state.entries[descriptor]?.isStream = false
      state.streams -= 1
      state.counts[entry.connection.address, default: 0] += 1
    }
  }

  /// Ends connections whose next request's head takes too long. To be called about once a second.
  ///
  /// - Returns: how many.
  func sweep(now: Int64) -> Int {
    state.withLock { state in
      var late = 0
      for (descriptor, entry) in state.entries where !entry.isClosing && !entry.isStream {
        guard let since = entry.connection.waitsSince else {
          entry.connection.stamp(now)
          state.entries[descriptor]?.headSince = nil
          continue
        }
        guard let began = entry.headSince else {
          if Self.hasReceived(entry, since: since, now: now) { state.entries[descriptor]?.headSince = now }
          continue
        }
        guard now - began >= headTimeoutMilliseconds else { continue }
        Self.close(descriptor, &state)
        late += 1
      }
      return late
    }
  }

  private static func closeIdlest(_ state: inout State, of address: AddressKey?) -> Bool {
    var idlest: (descriptor: Int32, since: Int64)?
    for (descriptor, entry) in state.entries where !entry.isClosing && !entry.isStream {
      guard address == nil || entry.connection.address == address, let since = entry.connection.waitsSince else {
        continue
      }
      if let idlest, idlest.since <= since { continue }
      idlest = (descriptor, since)
    }
    guard let idlest else { return false }
    close(idlest.descriptor, &state)
    return true
  }

  /// The event loop sees the end and closes the descriptor, which stays ours until then.
  private static func close(_ descriptor: Int32, _ state: inout State) {
    guard let entry = state.entries[descriptor], !entry.isClosing else { return }
    state.entries[descriptor]?.isClosing = true
    state.closing += 1
    state.entries[descriptor]?.isReserved = false
    state.reserved -= entry.isReserved ? 1 : 0
    discount(entry.connection.address, &state)
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  private static func discount(_ address: AddressKey, _ state: inout State) {
    let left = state.counts[address, default: 1] - 1
    state.counts[address] = left > 0 ? left : nil
  }

  /// Whether data has come since that time: of a connection that waits for a request, the beginning of one.
  private static func hasReceived(_ entry: Entry, since: Int64, now: Int64) -> Bool {
    if let arrivals = entry.arrivals { return arrivals.time > since }
    var info = tcp_info()
    var length = socklen_t(MemoryLayout<tcp_info>.size)
    guard getsockopt(entry.connection.descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0 else {
      return false
    }
    // The kernel counts in ticks of up to 10 ms.
    return now - Int64(info.tcpi_last_data_recv) > since + 20
  }
}

import CMicrohttpd
import Glibc
import Synchronization

/// Accepts connections, and gives a connection to the event loops when the whole head of its first request is there.
///
/// Whoever connects and says nothing, or says it byte by byte, holds nothing but a descriptor here, for a bounded time, and
/// is the first to go when there are too many of them. Bytes are looked at and left where they are (`MSG_PEEK`), so that
/// libmicrohttpd reads them again.
///
/// Unchecked: everything but the constants, the mutex and the atomics belongs to the thread in `run`.
final class Intake: @unchecked Sendable {
  /// Takes over a descriptor with its peer's address; false: it has been closed.
  typealias HandOver = (_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Bool

  private struct Newcomer {
    var descriptor: Int32
    var peer: Peer
  }

  private struct Waiting {
    var peer: Peer
    /// Monotonic milliseconds.
    var deadline: Int64
    /// Refused already: what still comes is thrown away, so that the client gets to read why.
    var isRefused = false
    /// Which of those that had the descriptor it is, to tell it from an older one in `order`.
    var serial: UInt64
  }

  private static let maximumEvents = 128
  private static let acceptedAtOnce = 64
  private static let tickMilliseconds: Int64 = 250
  /// For a refused client to read the answer.
  private static let refusalMilliseconds: Int64 = 2_000
  private static let reportIntervalMilliseconds: Int64 = 10_000

  /// -1 once it is closed.
  private var listener: Int32
  private let poll: Int32
  private let wake = WakeUp()
  private let configuration: HTTPConfiguration
  private let table: ConnectionTable
  private let refusals: Refusals
  private let maximumWaiting: Int
  private let report: (@Sendable (HTTPStrain) -> Void)?
  private let isStopping = Atomic<Bool>(false)
  private let counted: StrainCount
  /// Connections that come from elsewhere than the listener.
  private let newcomers = Mutex<[Newcomer]?>([])
  private let waitingCount = Atomic<Int>(0)

  private var waiting: [Int32: Waiting] = [:]
  /// In the order of arrival; may name some that are gone.
  private var order: [(descriptor: Int32, serial: UInt64)] = []
  private var orderHead = 0
  private var nextSerial: UInt64 = 0
  private var buffer: [UInt8]
  private var nextTick: Int64 = 0
  private var nextSweep: Int64 = 0
  private var nextReport: Int64 = 0
  private var reported = HTTPStrain()

  /// Takes over `listener`, also when it fails.
  ///
  /// - Parameter listener: -1: connections come by `take` alone.
  init(
    listener: Int32, configuration: HTTPConfiguration, table: ConnectionTable, maximumWaiting: Int,
    counted: StrainCount,
    report: (@Sendable (HTTPStrain) -> Void)?
  ) throws(HTTPServerError) {
    self.listener = listener
    self.configuration = configuration
    self.table = table
    self.report = report
    refusals = Refusals(configuration)
    self.maximumWaiting = maximumWaiting
    self.counted = counted
    buffer = [UInt8](repeating: 0, count: configuration.maximumHeadBytes + 1)
    poll = streampulse_poll_create()
    guard poll >= 0, wake.descriptor >= 0, streampulse_poll_add(poll, wake.descriptor) == 0,
      listener < 0 || streampulse_poll_add(poll, listener) == 0
    else {
      throw .system(call: "epoll", errorNumber: errno)
    }
  }

  deinit {
    for descriptor in [listener, poll] where descriptor >= 0 { close(descriptor) }
  }

  /// Connections whose first request has not arrived yet.
  var waitingConnections: Int { waitingCount.load(ordering: .relaxed) }

  /// What had to be done so far.
  var strain: HTTPStrain { counted.now }

  /// Any thread: `run` returns soon.
  func stop() {
    isStopping.store(true, ordering: .sequentiallyConsistent)
    wake.raise()
  }

  /// Any thread: takes over a connection as if it had been accepted.
  func take(_ descriptor: Int32, _ peer: Peer) {
    let isTaken = newcomers.withLock { newcomers in
      newcomers?.append(Newcomer(descriptor: descriptor, peer: peer))
      return newcomers != nil
    }
    if isTaken { wake.raise() } else { close(descriptor) }
  }

  /// Works until `stop`, then closes all that it has, the listening socket last, so that the port is free.
  func run(_ handOver: HandOver) {
    var events = [streampulse_poll_event](repeating: streampulse_poll_event(), count: Self.maximumEvents)
    while !isStopping.load(ordering: .sequentiallyConsistent) {
      let count = streampulse_poll_wait(poll, &events, Int32(events.count), Int32(Self.tickMilliseconds))
      let now = Self.now()
      let arrived = events.prefix(Int(max(0, count)))
      for event in arrived where event.descriptor != listener && event.descriptor != wake.descriptor {
        advance(event.descriptor, isHungUp: event.is_hung_up != 0, now, handOver)
      }
      // Last: a new connection may get the descriptor of one that is dropped here, and none of its events.
      if arrived.contains(where: { $0.descriptor == listener }) { accept(now, handOver) }
      if arrived.contains(where: { $0.descriptor == wake.descriptor }) {
        wake.clear()
        for newcomer in takeNewcomers(leaving: []) { receive(newcomer.descriptor, newcomer.peer, now, handOver) }
      }
      if now >= nextTick { tick(now) }
    }
    for descriptor in waiting.keys + takeNewcomers(leaving: nil).map(\.descriptor) { close(descriptor) }
    waiting = [:]
    waitingCount.store(0, ordering: .relaxed)
    // Also where a child that is being started still has a copy of the descriptor.
    if listener >= 0 {
      shutdown(listener, Int32(SHUT_RDWR))
      close(listener)
    }
    listener = -1
  }

  // MARK: - On the thread

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  private func accept(_ now: Int64, _ handOver: HandOver) {
    for _ in 0..<Self.acceptedAtOnce {
      guard let (descriptor, peer) = Peer.accepted(by: listener) else {
        // Out of descriptors: the oldest that has said nothing makes room. Without one, it is tried again at once, as
        // epoll goes on to report the listener: not faster than this.
        if errno == EMFILE || errno == ENFILE, !dropOldest() { usleep(10_000) }
        return
      }
      receive(descriptor, peer, now, handOver)
    }
  }

  /// - Parameter next: nil: none is taken from now on.
  private func takeNewcomers(leaving next: [Newcomer]?) -> [Newcomer] {
    newcomers.withLock { newcomers in
      defer { newcomers = next }
      return newcomers ?? []
    }
  }

  private func receive(_ descriptor: Int32, _ peer: Peer, _ now: Int64, _ handOver: HandOver) {
    let entry = Waiting(
      peer: peer, deadline: now + Int64(configuration.headTimeoutSeconds) * 1000, serial: nextSerial)
    nextSerial += 1
    // Most clients send at once; those need no place.
    if look(descriptor, entry, isNew: true, isHungUp: false, now, handOver) { return }
    if waiting.count >= maximumWaiting { _ = dropOldest() }
    keep(descriptor, entry)
  }

  private func advance(_ descriptor: Int32, isHungUp: Bool, _ now: Int64, _ handOver: HandOver) {
    guard let entry = waiting[descriptor] else { return }
    if entry.isRefused {
      if isHungUp || !drain(descriptor) { drop(descriptor) }
    } else {
      _ = look(descriptor, entry, isNew: false, isHungUp: isHungUp, now, handOver)
    }
  }

  /// True: the connection needs no further look, or one that is arranged for.
  private func look(
    _ descriptor: Int32, _ entry: Waiting, isNew: Bool, isHungUp: Bool, _ now: Int64, _ handOver: HandOver
  ) -> Bool {
    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_PEEK | MSG_DONTWAIT))
    guard count > 0 else {
      if count < 0, errno == EAGAIN || errno == EINTR { return false }
      drop(descriptor)
      return true
    }
    let (scan, isReserved) = buffer.withUnsafeBufferPointer { buffer in
      let bytes = UnsafeBufferPointer(rebasing: buffer[..<count])
      let scan = HeadScan(
        bytes, maximumTargetBytes: configuration.maximumTargetBytes, maximumHeadBytes: configuration.maximumHeadBytes)
      guard case .complete(let path) = scan else { return (scan, false) }
      return (scan, configuration.reservedPaths.contains { bytes[path].elementsEqual($0.utf8) })
    }
    switch scan {
    case .incomplete:
      guard isHungUp else { return false }
      drop(descriptor)
    case .refused(let fault): refuse(descriptor, entry, fault, now)
    case .complete:
      switch table.admit(descriptor, entry.peer.key, isReserved: isReserved, arrivals: entry.peer.arrivals) {
      case .admitted:
        if !isNew { release(descriptor) }
        let isTaken = entry.peer.withAddress { handOver(descriptor, $0, $1) }
        if !isTaken { table.remove(descriptor) }
      case .refused(let fault): refuse(descriptor, entry, fault, now)
      }
    }
    return true
  }

  private func keep(_ descriptor: Int32, _ entry: Waiting) {
    waiting[descriptor] = entry
    order.append((descriptor, entry.serial))
    waitingCount.store(waiting.count, ordering: .relaxed)
    // With the first look behind it: epoll reports at once what has come since.
    if streampulse_poll_add_edge(poll, descriptor) != 0 { drop(descriptor) }
  }

  /// Lets go of a descriptor that somebody else takes.
  private func release(_ descriptor: Int32) {
    guard waiting.removeValue(forKey: descriptor) != nil else { return }
    _ = streampulse_poll_remove(poll, descriptor)
    waitingCount.store(waiting.count, ordering: .relaxed)
  }

  private func drop(_ descriptor: Int32) {
    release(descriptor)
    close(descriptor)
  }

  /// The one that has waited longest; false: there is none.
  private func dropOldest() -> Bool {
    while orderHead < order.count {
      let (descriptor, serial) = order[orderHead]
      orderHead += 1
      guard waiting[descriptor]?.serial == serial else { continue }
      drop(descriptor)
      counted.count { $0.displaced += 1 }
      return true
    }
    return false
  }

  /// Says why and lets the client read it.
  private func refuse(_ descriptor: Int32, _ entry: Waiting, _ fault: HeadFault, _ now: Int64) {
    counted.count { $0.count(fault) }
    let answer = refusals[fault]
    _ = answer.withUnsafeBytes { bytes in
      send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
    shutdown(descriptor, Int32(SHUT_WR))
    // To close now, with bytes unread, would reset the connection and take the answer back.
    guard drain(descriptor) else { return drop(descriptor) }
    if waiting[descriptor] == nil {
      if waiting.count >= maximumWaiting { _ = dropOldest() }
      keep(descriptor, entry)
    }
    waiting[descriptor]?.isRefused = true
    waiting[descriptor]?.deadline = now + Self.refusalMilliseconds
  }

  /// Throws away what has come; false at the end of it.
  private func drain(_ descriptor: Int32) -> Bool {
    // Bounded for each look: a client that sends without end is cut off by its deadline.
    for _ in 0..<64 {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count == 0 { return false }
      if count < 0 { return errno == EAGAIN || errno == EINTR }
    }
    return true
  }

  private func tick(_ now: Int64) {
    nextTick = now + Self.tickMilliseconds
    for (descriptor, entry) in waiting where now >= entry.deadline {
      if entry.isRefused {
        drop(descriptor)
      } else if recv(descriptor, &buffer, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 1 {
        refuse(descriptor, entry, .late, now)
      } else {
        // It has asked for nothing, and gets nothing: browsers open connections in advance.
        drop(descriptor)
        counted.count { $0.silent += 1 }
      }
    }
    if orderHead > 1024, orderHead * 2 > order.count {
      order.removeFirst(orderHead)
      orderHead = 0
    }
    if order.count - orderHead > 2 * waiting.count + 1024 {
      order = order.dropFirst(orderHead).filter { waiting[$0.descriptor]?.serial == $0.serial }
      orderHead = 0
    }
    if now >= nextSweep {
      nextSweep = now + 1000
      let late = table.sweep(now: now)
      if late > 0 { counted.count { $0.late += late } }
    }
    if now >= nextReport { tell(now) }
  }

  /// What is new of what an operator should know, once in a while.
  private func tell(_ now: Int64) {
    let strain = strain
    guard let report, strain.isWorse(than: reported) else { return }
    nextReport = now + Self.reportIntervalMilliseconds
    report(strain.since(reported))
    reported = strain
  }
}

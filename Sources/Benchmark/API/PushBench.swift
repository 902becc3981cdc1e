import Glibc
import Threads

/// What 1,000 subscribers on WebSockets cost who hear of nothing, and how soon one change has reached the last of them.
struct PushBench {
  let workspace: Workspace
  let rounds: Int
  private static let subscribers = 1_000
  private static let changesPerRound = 10

  func run() throws -> BenchReport {
    let broker = try Broker(workspace, cluster: nil, partitions: 3)
    let database = try Database(workspace)
    defer { database.close() }
    let places = String(2 * PushBench.subscribers)
    let api = try APIServer(
      workspace, broker, database, ["API_MAX_STREAMS": places, "API_MAX_STREAMS_PER_ADDRESS": places])
    // What the first requests leave behind is not the subscribers'.
    let warm = try SubscriberSockets(port: api.port, count: 10)
    try raise(database)
    _ = try warm.waitForOneEach(seconds: 10)
    try pause(seconds: 1)
    let before = api.program.usage.residentBytes
    let sockets = try SubscriberSockets(port: api.port, count: PushBench.subscribers)
    try pause(seconds: 1)
    let megabytes = Double(api.program.usage.residentBytes - before) / 1e6
    var medians: [Double] = []
    var worst = 0.0
    for _ in 0..<rounds {
      var milliseconds: [Double] = []
      for _ in 0..<PushBench.changesPerRound {
        try Interruption.check()
        let start = monotonicSeconds()
        try raise(database)
        milliseconds.append((try sockets.waitForOneEach(seconds: 10) - start) * 1000)
        _ = try warm.waitForOneEach(seconds: 10)
        // Longer than the least time between two results.
        try pause(seconds: 0.3)
      }
      medians.append(median(milliseconds))
      worst = max(worst, milliseconds.max() ?? .nan)
    }
    let after = Double(api.program.usage.residentBytes - before) / 1e6
    try api.program.stop()
    return BenchReport(
      [
        Figure(bench: "push to 1,000", unit: "ms", ours: medians, goal: .atMost(250)),
        Figure(bench: "idle subscribers", unit: "MB for 1,000", ours: [megabytes], goal: .atMost(50)),
      ],
      notes: [
        """
        push: from the beginning of a transaction that changes an alert to the last byte at the last of 1,000 WebSockets, \
        read on the same cores; \(rounds * PushBench.changesPerRound) changes, the slowest took \
        \(rounded(worst, places: 1)) ms; \(rounded(after, places: 1)) MB after them
        """
      ])
  }

  /// One change: the time of the only alert, which is raised when it is not there.
  private func raise(_ database: Database) throws {
    _ = try database.query(
      """
      INSERT INTO alerts (alert_type, severity, message, metric_name, metric_value, threshold_value, aggregate, key,
                          window_start, window_end)
      VALUES ('bench', 'INFO', 'a change', 'n', 0, 0, 'bench', '{}', to_timestamp(0), to_timestamp(60))
      ON CONFLICT (alert_type, key, window_start) DO UPDATE SET metric_value = alerts.metric_value + 1
      """)
  }
}

/// WebSockets that have subscribed to the alerts and got them, read from this thread.
private final class SubscriberSockets {
  private let connections: [HTTPConnection]
  private var polled: [pollfd]

  init(port: UInt16, count: Int) throws {
    DescriptorLimit.raise(for: count)
    connections = try (0..<count).map { _ in try HTTPConnection(port: port) }
    polled = connections.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    for connection in connections {
      try connection.send(Self.handshake)
      try connection.readHead(beginning: "HTTP/1.1 101")
      try connection.send(Self.subscription)
    }
    _ = try waitForOneEach(seconds: 30)
  }

  private static let handshake = Array(
    """
    GET /api/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
    """.utf8)

  /// A masked text frame; with a mask of zeros the payload is as it is.
  private static let subscription: [UInt8] = {
    let payload = Array(#"{"subscribe":"a","alerts":true}"#.utf8)
    return [0x81, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload
  }()

  /// Reads from all of them until each has got one message, and returns when that was.
  func waitForOneEach(seconds: Double) throws -> Double {
    var left = connections.count
    for index in polled.indices { polled[index].fd = connections[index].descriptor }
    let end = monotonicSeconds() + seconds
    while left > 0 {
      guard monotonicSeconds() < end, poll(&polled, nfds_t(polled.count), 1000) >= 0 else {
        throw BenchmarkError.timeout("a message at each of \(connections.count) subscribers")
      }
      for index in polled.indices where polled[index].revents != 0 {
        polled[index].revents = 0
        guard try connections[index].receiveText() else { continue }
        // Passed over by poll.
        polled[index].fd = -1
        left -= 1
      }
    }
    return monotonicSeconds()
  }
}

/// How many sockets this process may have.
private enum DescriptorLimit {
  static func raise(for sockets: Int) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    let wanted = min(limit.rlim_max, limit.rlim_cur + rlim_t(sockets))
    limit.rlim_cur = wanted
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}

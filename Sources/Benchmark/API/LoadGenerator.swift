import Glibc

/// What the clients saw.
struct LoadResult {
  var requestsPerSecond: Double
  /// Milliseconds from a request's last byte to its answer's.
  var p50: Double
  var p99: Double
}

/// Asks one server for one thing on many connections, each with one request under way, from this thread.
struct LoadGenerator {
  var port: UInt16
  var target: String
  var connections = 64
  /// Sent with every request; nil: none is.
  var token: String?
  /// What every answer must begin with.
  var beginning: [UInt8]

  func run(seconds: Double) throws -> LoadResult {
    let clients = try (0..<connections).map { _ in try HTTPConnection(port: port) }
    let request = HTTPConnection.request(target, token: token)
    var sockets = clients.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    var sentAt = [Double](repeating: 0, count: connections)
    var milliseconds: [Double] = []
    milliseconds.reserveCapacity(Int(seconds * 60_000))
    let start = monotonicSeconds()
    for (index, client) in clients.enumerated() {
      sentAt[index] = monotonicSeconds()
      try client.send(request)
    }
    var now = start
    while now < start + seconds {
      try Interruption.check()
      guard poll(&sockets, nfds_t(sockets.count), 5000) > 0 else {
        throw BenchmarkError.timeout("an answer to GET \(target)")
      }
      now = monotonicSeconds()
      for index in sockets.indices where sockets[index].revents != 0 {
        guard try clients[index].receive() else { continue }
        milliseconds.append((now - sentAt[index]) * 1000)
        let isRight = try clients[index].takeBody { $0.starts(with: beginning) }
        guard isRight else { throw BenchmarkError.wrongAnswer("GET \(target) has another answer than before") }
        sentAt[index] = now
        try clients[index].send(request)
      }
    }
    return LoadResult(
      requestsPerSecond: Double(milliseconds.count) / (now - start), p50: percentile(0.5, of: milliseconds),
      p99: percentile(0.99, of: milliseconds))
  }
}
